"""A small public-key world of real processes: a root and an issuing authority, a revocation list over HTTP, an RFC 3161 server."""
