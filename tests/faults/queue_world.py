"""Make the small world's desk a large one, or count its day again, inside a portal's environment; prints JSON.

python -m tests.faults.queue_world build COUNTERS | check
"""

import json
import os
import sys

import django


def build(counters: int) -> dict[str, object]:
    """Set up numbered counters with a clerk each; return {"tokens": [...], "services": [...]}."""
    from knox.models import AuthToken

    from bpmc_portal.accounts.models import Office, Role
    from bpmc_portal.accounts.permissions import appoint
    from desk.services.setup import establish
    from tests.world import START, user

    office = Office.objects.select_related("unit").get()
    establish(office, counters=counters)
    clerks = [user(f"quay{number}", f"Cán bộ quầy {number}") for number in range(1, counters + 1)]
    for clerk in clerks:
        appoint(clerk, unit=office.unit, role=Role.CLERK, office=office, starts_on=START)
    codes = office.services.order_by("position").values_list("code", flat=True)
    return {"tokens": [AuthToken.objects.create(clerk)[1] for clerk in clerks], "services": list(codes[:3])}


def check() -> dict[str, object]:
    """Fold what is left and compare with the recount; return {"differences": [...], "average": s, "visits": n, "unfolded": n}."""
    from bpmc_portal.accounts.models import Office
    from bpmc_portal.lib.vietnamese import local_date
    from desk import rollups
    from desk.models import Ticket, WaitDelta

    office, unfolded = Office.objects.get(), WaitDelta.objects.count()
    while rollups.fold():
        pass
    days = {*Ticket.objects.values_list("day", flat=True), local_date()}
    sums = rollups.of_days(office.pk, min(days), max(days))
    found = [line for day in sorted(days) for line in rollups.differences(office.pk, day)]
    return {"differences": found, "average": sums.average_wait_s, "visits": sums.visits, "unfolded": unfolded}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")
    django.setup()
    print(json.dumps(build(int(sys.argv[2])) if sys.argv[1] == "build" else check()))


if __name__ == "__main__":
    main()
