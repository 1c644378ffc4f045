"""Fill an empty database with the small ministry of the tests, committed, and print what a client needs as JSON.

python -m tests.faults.small_world      (in the environment of the portal)
"""

import json
import os

import django


def main() -> None:
    """Migrate, build the world, and print {"tokens": {username: token}, "body": a whole correct intake}."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")
    django.setup()
    # Django's models can be imported only now.
    from django.core.management import call_command
    from django.db import transaction
    from knox.models import AuthToken

    from tests import world as worlds

    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        world = worlds.build()
        tokens = {
            name: AuthToken.objects.create(world.users[name])[1] for name in ("lan", "lan2", "minh", "binh")
        }
    papers = ("01", "original"), ("02", "copy"), ("03", "copy")
    body = {
        "procedure": world.procedure.key,
        "office": world.office.code,
        "channel": "desk",
        "applicant": {
            "kind": "citizen",
            "identity_number": worlds.TU_CCCD,
            "name": "Trần Thị Tư",
            "phone": "0912345678",
        },
        "components": [{"component": code, "provided_as": form} for code, form in papers],
    }
    print(json.dumps({"tokens": tokens, "body": body}))


if __name__ == "__main__":
    main()
