"""One module a family of indicators; importing this package registers them all."""

from reporting.indicators import waiting

__all__ = ["waiting"]
