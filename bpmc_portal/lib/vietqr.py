"""VietQR: the text of a QR code by which any Vietnamese bank's app fills in a transfer.

EMVCo Merchant-Presented Mode, as profiled by NAPAS for transfers to an account (service QRIBFTTA, format 1.5.2). Pure.
"""

import re

NAPAS = "A000000727"
TO_ACCOUNT = "QRIBFTTA"
DONG = "704"
PURPOSE_LENGTH = 25
_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}")


def payload(bin: str, account: str, *, amount: int | None = None, bill: str = "", purpose: str = "") -> str:
    """Return the text of the code: bank by its BIN (6 digits), account (at most 19 letters and digits), amount in đồng.

    With an amount the code is for one payment (point of initiation 12), without for any number (11). `purpose` is what the payee
    reads on the statement: plain letters without marks, at most 25 characters. Raises ValueError for what no bank would take.
    """
    if not _BIN.fullmatch(bin) or not _ACCOUNT.fullmatch(account):
        raise ValueError("a BIN has six digits, an account at most 19 letters and digits")
    if not purpose.isascii() or max(len(purpose), len(bill)) > PURPOSE_LENGTH:
        raise ValueError(
            "purpose and bill are at most 25 plain letters, or the reference would arrive cut short"
        )
    bank = _field("00", bin) + _field("01", account)
    parts = [
        _field("00", "01"),
        _field("01", "11" if amount is None else "12"),
        _field("38", _field("00", NAPAS) + _field("01", bank) + _field("02", TO_ACCOUNT)),
        _field("53", DONG),
        _field("54", str(amount)) if amount is not None else "",
        _field("58", "VN"),
    ]
    more = _field("01", bill) if bill else ""
    more += _field("08", purpose) if purpose else ""
    text = "".join(parts) + (_field("62", more) if more else "") + "6304"
    return text + crc16(text)


def crc16(text: str) -> str:
    """Return the CRC-16/CCITT-FALSE of an ASCII text as four capitals: polynomial 1021, start FFFF, not reflected."""
    register = 0xFFFF
    for byte in text.encode("ascii"):
        register ^= byte << 8
        for _bit in range(8):
            register = ((register << 1) ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return f"{register:04X}"


def _field(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"
