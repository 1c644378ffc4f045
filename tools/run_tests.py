"""`make test`: the whole suite on throw-away servers. Arguments go on to pytest (make test ARGS="-k …")."""

import os
import secrets
import sys

from tools import bootstrap, system_packages
from tools.bootstrap import BootstrapError
from tools.processes import ServerError
from tools.servers import Throwaway, run_with

# What a developer's shell may hold and the tests must not see.
FOREIGN = (
    "DEMO",
    "DEBUG",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "PROXY_COUNT",
    "PORT",
    "DATABASE_URL",
    "REDIS_URL",
)


def settings() -> dict[str, str]:
    """Return the environment of the tests, less the servers and DATA_DIR."""
    keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "TRACKING_KEY")}
    browser = system_packages.browser()
    return {**keys, **({"CHROMIUM_PATH": browser} if browser else {})}


def side_by_side(arguments: list[str]) -> list[str]:
    """Return pytest's options for two workers, or none where the caller decides or a debugger needs the terminal."""
    decided = any(
        part.startswith(("-n", "--pdb", "-s", "--numprocesses")) or part == "no:xdist" for part in arguments
    )
    return [] if decided or (os.cpu_count() or 1) < 2 else ["-n", "2", "--dist", "loadgroup"]


def in_test_world(command: list[str], durable: bool = False) -> int:
    """Run the interpreter of `.venv` with `command` on throw-away servers and data; return its exit code."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    try:
        python = bootstrap.ensure("test")
        system_packages.ensure("test")
        servers = Throwaway(durable=durable)
        os.environ.update({**settings(), "DATA_DIR": str(servers.data_dir / "portal")})
        return run_with(servers, [str(python), *command])
    except (BootstrapError, ServerError, system_packages.MissingPackages) as error:
        print(error, file=sys.stderr)
        return 1


def main(arguments: list[str]) -> int:
    return in_test_world(["-m", "pytest", *side_by_side(arguments), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
