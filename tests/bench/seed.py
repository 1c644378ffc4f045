"""What the benchmark puts into a portal, and what its clients send. Runs in a process of its own (prepare.py)."""

import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken

from bpmc_portal.accounts.models import User
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import local_date
from dossiers import tracking
from dossiers.demo.people import settle
from dossiers.models import Dossier
from procedures import catalogue
from procedures.bundled import import_bundled

PAPERS = 4
CLERK, OFFICER = "lan", "minh"


def bare() -> dict[str, Any]:
    """Migrate, load the bundled catalogue and settle the people, without any dossier."""
    call_command("migrate", interactive=False, verbosity=0)
    import_bundled()
    with transaction.atomic():
        settle()
    return {}


def fill(dossiers: int) -> None:
    """Migrate, load the bundled catalogue, settle the demo's people, and load a history up to yesterday."""
    call_command("migrate", interactive=False, verbosity=0)
    import_bundled()
    with transaction.atomic():
        settle()
    yesterday = (local_date() - timedelta(days=1)).isoformat()
    call_command(
        "load_history",
        "--dossiers",
        str(dossiers),
        "--from",
        "2021-01-01",
        "--to",
        yesterday,
        "--seed",
        "1",
        stdout=sys.stderr,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def clients(count: int) -> dict[str, Any]:
    """Return tokens, a session with its second factor passed, tracking tokens of random dossiers, and `count` intakes."""
    rng = random.Random(count)
    # A year after its return a dossier can no longer be tracked.
    lately = Q(returned_at=None) | Q(returned_at__gt=timezone.now() - timedelta(days=300))
    codes = list(Dossier.objects.filter(lately).order_by("?").values_list("code", flat=True)[:2000])
    users = {name: User.objects.get(username=name) for name in (CLERK, OFFICER)}
    return {
        "tokens": {name: AuthToken.objects.create(user)[1] for name, user in users.items()},
        "cookie": f"{settings.SESSION_COOKIE_NAME}={_session(users[OFFICER])}",
        "tracking": [tracking.token_of(code, 1) for code in codes],
        "searches": _searches(rng),
        "intakes": [_intake(rng, number) for number in range(count)],
    }


def pages() -> dict[str, int]:
    """Return how many buffer pages the SELECTs of one warm request of each kind touch."""
    given = clients(2)
    touched = {}
    for name, (method, path, headers, body) in _calls(given).items():
        client = Client(headers={"host": "127.0.0.1", **headers})
        send = getattr(client, method)
        options = {"data": body, "content_type": "application/json"} if body else {}
        if send(path, **options).status_code >= 400:
            raise RuntimeError(f"{name}: {path}")
        again = (
            {"data": given["intakes"][1], "content_type": "application/json"}
            if name == "receive"
            else options
        )
        seen: list[tuple[str, Any]] = []
        with connection.execute_wrapper(_noting(seen)):
            send(path, **again)
        touched[name] = sum(
            _buffers(sql, params) for sql, params in seen if sql.lstrip().upper().startswith("SELECT")
        )
    return touched


def _calls(given: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, str], Any]]:
    token = given["tracking"][0]
    return {
        "receive": (
            "post",
            "/api/v1/dossiers/",
            {"authorization": f"Token {given['tokens'][CLERK]}"},
            given["intakes"][0],
        ),
        "tracked_page": ("get", f"/t/{token}/", {}, None),
        "tracking": ("post", "/api/v1/tracking/", {}, {"token": token}),
        "worklist_page": ("get", "/viec/?muc=dang-xu-ly", {"cookie": given["cookie"]}, None),
        "worklist": (
            "get",
            "/api/v1/dossiers/?status=received,processing",
            {"authorization": f"Token {given['tokens'][OFFICER]}"},
            None,
        ),
        "search": ("get", "/tim/?q=nguyen+van", {"cookie": given["cookie"], "hx-request": "true"}, None),
    }


def _noting(seen: list[tuple[str, Any]]) -> Callable[..., Any]:
    def note(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return run(sql, params, many, context)

    return note


def _buffers(sql: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _session(user: User) -> str:
    device, _created = TOTPDevice.objects.get_or_create(user=user, name="bench")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session["seen_at"] = timezone.now().isoformat()
    session.create()
    return str(session.session_key)


def _searches(rng: random.Random) -> list[str]:
    """Return what people type: the commonest names, a keyboard left on TELEX, nonsense, and what they read off real papers."""
    rows = Dossier.objects.order_by("?").values_list(
        "code", "code", "phone", "applicant_name", "applicant__identity_number"
    )[:200]
    read_off = [(code, end[-4:], phone, names.fold(name), number) for code, end, phone, name, number in rows]
    typed = [rng.choice([text for text in texts if text]) for texts in read_off]
    return [*typed, *["nguyen van", "NGUYỄN", "nguyeenx", "tran thi", "cong ty", "zzqqy"] * 10]


def _intake(rng: random.Random, number: int) -> dict[str, Any]:
    """Return a whole intake with four papers for a citizen nobody has met."""
    held = catalogue.current()
    fit = [
        (procedure, case)
        for procedure in held.each()
        if (version := procedure.version_on(local_date())) and version.limit and procedure.row.is_active
        for case in version.cases.values()
        if len(case.components) >= PAPERS
        and sum(each.is_mandatory for each in case.components.values()) <= PAPERS
    ]
    procedure, case = rng.choice(fit)
    papers = sorted(case.components.values(), key=lambda each: not each.is_mandatory)[:PAPERS]
    birth = date(1960, 1, 1) + timedelta(days=rng.randrange(12_000))
    return {
        "procedure": procedure.row.code,
        "case": case.row.code,
        "office": held.office(None).row.code,
        "channel": "desk",
        "applicant": {
            "kind": "citizen",
            "identity_number": f"0010{birth.year % 100:02d}{number:06d}",
            "name": "Nguyễn Văn Minh",
            "birth_on": birth.isoformat(),
            "phone": f"09{rng.randrange(10**8):08d}",
            "address": "12 Ngô Quyền, Hà Nội",
        },
        "components": [{"component": each.code, "provided_as": "copy"} for each in papers],
        "return_method": "desk",
    }
