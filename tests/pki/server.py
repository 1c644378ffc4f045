"""One small HTTP server, run as a process: GET /ca.crl gives the revocation list, POST /tsa is an RFC 3161 server behind `openssl ts`.

Run as `python server.py PORT FOLDER`; FOLDER holds ca.crl, tsa.pem, tsa.key and root.pem.
"""

import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = t
[t]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Handler(BaseHTTPRequestHandler):
    """Lists and stamps."""

    folder = Path()

    def do_GET(self) -> None:
        """Give the revocation list."""
        self._answer((self.folder / "ca.crl").read_bytes(), "application/pkix-crl")

    def do_POST(self) -> None:
        """Stamp a request."""
        query = self.rfile.read(int(self.headers["Content-Length"]))
        with tempfile.TemporaryDirectory() as name:
            asked, given = Path(name) / "q", Path(name) / "r"
            asked.write_bytes(query)
            subprocess.run(
                [
                    "openssl",
                    "ts",
                    "-reply",
                    "-config",
                    self.folder / "tsa.cnf",
                    "-queryfile",
                    asked,
                    "-out",
                    given,
                ],
                check=True,
                capture_output=True,
            )
            self._answer(given.read_bytes(), "application/timestamp-reply")

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[2])
    (Handler.folder / "tsa.cnf").write_text(CONFIG.format(folder=Handler.folder))
    (Handler.folder / "serial").write_text("01")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
