"""`make pins`: resolve requirements*.in into exact versions for Python 3.11, one consistent set."""

import subprocess
import sys

from tools import bootstrap
from tools.paths import ROOT, VENV, VENV_PYTHON

# In this order: each set is held to the versions of the first.
SETS = ("requirements", "requirements-dev", "requirements-embedded")


def main() -> int:
    bootstrap.ensure("run")
    subprocess.run([VENV_PYTHON, "-m", "pip", "install", "-q", bootstrap.UV], check=True)
    options = ["--quiet", "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
    for name in SETS:
        held = [] if name == SETS[0] else ["--constraint", f"{SETS[0]}.txt"]
        command = [str(VENV / "bin" / "uv"), "pip", "compile", "--custom-compile-command", "make pins"]
        subprocess.run([*command, *options, *held, f"{name}.in", "-o", f"{name}.txt"], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
