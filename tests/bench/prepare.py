"""Fill a portal's empty database for the benchmark, make what its clients send, or count pages; prints JSON.

python -m tests.bench.prepare (fill DOSSIERS | clients COUNT | pages | hall | queue_up COUNT | empty BUT | ticket_cost)
in the environment of the portal
"""

import json
import os
import sys

import django


def main(verb: str, *numbers: str) -> None:
    """Call the function of that name in seed.py or hall_seed.py."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")
    django.setup()
    from tests.bench import hall_seed, seed  # need a configured Django

    print(json.dumps(getattr(seed if hasattr(seed, verb) else hall_seed, verb)(*map(int, numbers))))


if __name__ == "__main__":
    main(*sys.argv[1:])
