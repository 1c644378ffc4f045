"""The payment gateway over HTTP: the messages INIT, CONFIRM and QUERY, their checksum, and one call. No database here.

Field names are those of the incumbents' adapters (docs/decisions/0018); each side signs the fields joined by "|" and the shared
secret with SHA-256. MaLoi "00" is success everywhere. The other codes are agreed with the simulator until the operator's own list is known.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from bpmc_portal.lib.vietnamese import LOCAL_ZONE

VERSION = "1.0.6"
TIMEOUT = 10.0  # seconds; a try of a job may take ten times as long
LARGEST_ANSWER = 65_536

SUCCESS, UNKNOWN_REFERENCE, WRONG_AMOUNT, NOT_YET, WRONG_CHECKSUM, FAULT = "00", "01", "02", "03", "97", "99"

SIGNED: dict[str, tuple[str, ...]] = {
    "init": (
        "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan", "MaThietBi",
        "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
    ),
    "init_answer": ("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "UrlThanhToan", "ThoiGianGD"),
    "confirm": (
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
        "ThongTinGiaoDich",
    ),
    "confirm_answer": ("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD"),
    "query": ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"),
}  # fmt: skip
SIGNED["query_answer"] = SIGNED["confirm"]


class Silent(Exception):
    """No answer that can be trusted came back: the money may or may not have moved, so the other side must be asked."""


@dataclass(frozen=True)
class Order:
    """What INIT says about one amount: reference, amount in đồng, words for the payer, and the block that the receipt prints."""

    reference: str
    amount: int
    words: str
    receipt: Mapping[str, Any]
    language: str = "vi"


def is_offered() -> bool:
    """Say whether this deployment has a gateway."""
    return bool(settings.GATEWAY_URL and settings.GATEWAY_PARTNER and settings.GATEWAY_SECRET)


def sign(kind: str, message: Mapping[str, Any]) -> str:
    """Return the checksum of a message: SHA-256 over its fields in the order of the protocol and the secret, joined by "|"."""
    parts = [str(message.get(name, "")) for name in SIGNED[kind]]
    return hashlib.sha256("|".join([*parts, settings.GATEWAY_SECRET]).encode()).hexdigest()


def is_genuine(kind: str, message: Mapping[str, Any]) -> bool:
    """Say whether the checksum is right, in constant time; without a secret nothing is."""
    given = str(message.get("MaXacThuc", ""))
    return bool(settings.GATEWAY_SECRET) and hmac.compare_digest(
        given.lower().encode(), sign(kind, message).encode()
    )


def init_of(order: Order, *, at: datetime) -> dict[str, Any]:
    """Return the signed INIT of one amount."""
    message = {
        "LoaiBanTin": "INIT", "PhienBan": VERSION, "MaDoiTac": settings.GATEWAY_PARTNER, "MaThamChieu": order.reference,
        "SoTien": str(order.amount), "LoaiHinhThanhToan": "1", "MaKenhThanhToan": "WEB", "MaThietBi": "", "NgonNgu": order.language,
        "MaTienTe": "VND", "MaNganHang": "", "ThongTinGiaoDich": order.words, "ThoiGianGD": stamp(at), "Ip": "",
        "ThongTinBienLai": dict(order.receipt),
    }  # fmt: skip
    return {**message, "MaXacThuc": sign("init", message)}


def query_of(reference: str, *, at: datetime) -> dict[str, Any]:
    """Return the signed QUERY about a reference."""
    message = {
        "LoaiBanTin": "QUERY", "PhienBan": VERSION, "MaDoiTac": settings.GATEWAY_PARTNER, "MaThamChieu": reference, "ThoiGianGD": stamp(at),
    }  # fmt: skip
    return {**message, "MaXacThuc": sign("query", message)}


def answer_of(message: Mapping[str, Any], code: str, *, at: datetime) -> dict[str, str]:
    """Return our signed answer to a CONFIRM."""
    answer = {
        "LoaiBanTin": "CONFIRM", "MaLoi": code, "MaDoiTac": settings.GATEWAY_PARTNER,
        "MaThamChieu": str(message.get("MaThamChieu", ""))[:40], "ThoiGianGD": stamp(at),
    }  # fmt: skip
    return {**answer, "MaXacThuc": sign("confirm_answer", answer)}


def stamp(at: datetime) -> str:
    """Return an instant as the protocol writes it: yyyyMMddHHmmss, Vietnamese time."""
    return at.astimezone(LOCAL_ZONE).strftime("%Y%m%d%H%M%S")


def call(message: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message and return the genuine answer. Raises Silent for everything else: time-out, refusal, nonsense, wrong checksum."""
    address = urlsplit(settings.GATEWAY_URL)
    door = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = door(address.netloc, timeout=TIMEOUT)
    body = json.dumps(message, ensure_ascii=False).encode()
    try:
        connection.request(
            "POST", address.path or "/", body, {"Content-Type": "application/json; charset=utf-8"}
        )
        response = connection.getresponse()
        answer = json.loads(response.read(LARGEST_ANSWER))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise Silent(type(error).__name__) from error
    finally:
        connection.close()
    kind = f"{str(message['LoaiBanTin']).lower()}_answer"
    if not isinstance(answer, dict) or not is_genuine(kind, answer):
        raise Silent("checksum")
    if answer.get("MaThamChieu") != message["MaThamChieu"]:
        raise Silent("reference")
    return answer
