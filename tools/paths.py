"""Where things stand in a clone, and the environment every child process gets."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


def data_dir() -> Path:
    """Return the absolute data directory: DATA_DIR, or `.data` in the clone."""
    return (ROOT / os.environ.get("DATA_DIR", ".data")).resolve()


def child_env(extra: Mapping[str, str] | None = None, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return our environment plus `extra`, less `without`.

    PYTHONDONTWRITEBYTECODE never passes on: without .pyc files each start of Django costs a second more.
    """
    dropped = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", *without}
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**env, **(extra or {})}
