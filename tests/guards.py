"""Guard-rails that are on for every test. Warnings (naive datetimes among them) are errors by pyproject.toml."""

import socket
from typing import Any

import pytest

__all__ = ["no_outbound_sockets"]

_LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def no_outbound_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that speaks to any machine but this one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in _LOCAL:
            raise AssertionError(f"a test must not reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
