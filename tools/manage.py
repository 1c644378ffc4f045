"""Run one `manage.py` command on the data directory of `make run`, whether the portal is up or not.

`python3 -m tools.manage due --received 2025-01-24T15:30 --days 5`
"""

import os
import sys

from tools import bootstrap
from tools.bootstrap import BootstrapError
from tools.paths import data_dir
from tools.processes import ServerError
from tools.run import CannotRun, port_number, settings
from tools.servers import Servers, run_with


def main(arguments: list[str]) -> int:
    try:
        python = bootstrap.ensure("run")
        data = data_dir()
        os.environ.update(settings(port_number(os.environ.get("PORT", "8000")), data))
        return run_with(Servers(data), [str(python), "manage.py", *arguments])
    except (BootstrapError, CannotRun, ServerError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
