"""One cluster for all fault tests of a session; each test gets a database copied from the small world, and its own processes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from tests.faults.processes import Portal, own_servers, sql
from tools.servers import Throwaway


@dataclass(frozen=True)
class Prepared:
    """Servers with the small world in the database `world`, tokens by username, and a whole correct intake."""

    servers: Throwaway
    tokens: dict[str, str]
    body: dict[str, Any]


@pytest.fixture(scope="session")
def prepared() -> Iterator[Prepared]:
    """Build the world once, with every durability setting on."""
    with own_servers(durable=True) as servers:
        sql(servers.env["DATABASE_URL"], "CREATE DATABASE world")
        with Portal(servers, "world") as builder:
            given = json.loads(builder.run("tests.faults.small_world").splitlines()[-1])
            builder.sql(_PUT_RECEIPTS_OFF)
        yield Prepared(servers, given["tokens"], given["body"])


# Laying out a receipt takes a hundred times as long as giving codes, and is not what these tests are about.
_PUT_RECEIPTS_OFF = """
CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.not_before := now() + interval '1 day'; RETURN NEW; END $$;
CREATE TRIGGER put_off BEFORE INSERT ON jobs_job FOR EACH ROW WHEN (NEW.kind = 'dossiers.issue_receipt') EXECUTE FUNCTION put_off()
"""


@pytest.fixture
def portal(prepared: Prepared) -> Iterator[Portal]:
    """Return a portal with nothing started yet, on a fresh copy of the small world and an empty Redis."""
    address = prepared.servers.env["DATABASE_URL"]
    sql(address, "DROP DATABASE IF EXISTS portal WITH (FORCE)")
    sql(address, "CREATE DATABASE portal TEMPLATE world")
    with redis.Redis.from_url(prepared.servers.env["REDIS_URL"]) as doorbell:
        doorbell.flushall()
    with Portal(prepared.servers, "portal") as found:
        yield found
