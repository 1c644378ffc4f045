"""Blobs in an S3-compatible store, through django-storages. Imported only when BLOB_STORE names a bucket."""

import logging
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from digitization.storage import StoreUnavailable

log = logging.getLogger(__name__)

# One thread and parts of 8 MB: a stack of 200 MB goes through a worker without swelling it.
_PART = 8 * 1024 * 1024
_PATIENCE = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"max_attempts": 3, "mode": "standard"},
    s3={"addressing_style": "path"},
    # The client sends a checksum with the bytes, and the store refuses bytes that do not match it.
    request_checksum_calculation="when_supported",
)
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class Bucket:
    """One bucket: `s3://bucket/prefix?endpoint=https://…&region=…`; the keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError("BLOB_STORE must read s3://bucket/prefix?endpoint=https://…")
        asked = parse_qs(parts.query)
        self.storage: Any = S3Storage(
            bucket_name=parts.netloc,
            location=unquote(parts.path.strip("/")),
            endpoint_url=asked.get("endpoint", [None])[0],
            region_name=asked.get("region", ["us-east-1"])[0],
            client_config=_PATIENCE,
            transfer_config=TransferConfig(
                use_threads=False, multipart_chunksize=_PART, multipart_threshold=2 * _PART
            ),
            default_acl=None,
            file_overwrite=True,
            object_parameters={"ContentType": "application/octet-stream"},
        )

    def keep(self, file: Path, sha256: str, size: int) -> None:
        """Upload the file and ask the store whether it has all of it. Raises StoreUnavailable."""
        try:
            with file.open("rb") as content:
                self.storage.save(_name_of(sha256), File(content))
            stored = self._object(sha256).content_length
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise _translated(error, sha256) from error
        if stored != size:
            log.error("the store has %s of the %s bytes of %s", stored, size, sha256)
            raise StoreUnavailable

    def open(self, sha256: str) -> BinaryIO:
        """Open the object as a stream."""
        try:
            body: BinaryIO = self._object(sha256).get()["Body"]
        except (BotoCoreError, ClientError) as error:
            raise _translated(error, sha256) from error
        return body

    def size(self, sha256: str) -> int:
        """Return the length of the object."""
        try:
            return int(self._object(sha256).content_length)
        except (BotoCoreError, ClientError) as error:
            raise _translated(error, sha256) from error

    def delete(self, sha256: str) -> None:
        """Delete the object."""
        try:
            self._object(sha256).delete()
        except (BotoCoreError, ClientError) as error:
            raise _translated(error, sha256) from error

    def _object(self, sha256: str) -> Any:
        name = _name_of(sha256)
        return self.storage.bucket.Object(f"{self.storage.location}/{name}".lstrip("/"))


def _name_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _translated(error: Exception, sha256: str) -> Exception:
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _ABSENT:
        return FileNotFoundError(sha256)
    log.error("the store refuses %s: %s", sha256, error)
    return StoreUnavailable()
