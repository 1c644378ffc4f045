"""Log lines carry the request's id and never a tracking token."""

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
# A slash may stand encoded, in an address to come back to.
_TOKEN_PATH = re.compile(r"(/|%2F)(t|so|tickets)\1\d+")


class RequestIdFilter(logging.Filter):
    """Puts the request id on every log line and keeps tracking tokens out of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Decorate the record; never drops one."""
        record.request_id = request_id.get()
        message = record.getMessage()
        if _TOKEN_PATH.search(message):
            record.msg, record.args = _TOKEN_PATH.sub(r"/\2/…", message), None
        return True
