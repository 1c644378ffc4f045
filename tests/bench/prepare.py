"""Fill a portal's empty database for the benchmark, make what its clients send, or count pages; prints JSON.

python -m tests.bench.prepare (fill DOSSIERS | clients COUNT | pages)      in the environment of the portal
"""

import json
import os
import sys

import django


def main(verb: str, *numbers: str) -> None:
    """Call the function of that name in seed.py."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")
    django.setup()
    from tests.bench import seed  # needs a configured Django

    print(json.dumps(getattr(seed, verb)(*map(int, numbers))))


if __name__ == "__main__":
    main(*sys.argv[1:])
