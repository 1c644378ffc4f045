"""A payment gateway that speaks the protocol, as a process of its own: `python -m tests.gateway_simulator PORT`.

It knows nothing of our code: the checksum is written again here, from the protocol. What it does to the next orders is set by
POST /behave/ {"init": ok|silent|refused|forged, "query": unpaid|paid|unknown|silent, "callback": url, "confirm_first": bool}; it forgets
what it has seen before.
POST /pay/ {reference, amount?, number?, secret?} makes it send the CONFIRM and answers with what came back.
"""

import hashlib
import json
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET, PARTNER = "khoa-thu-nghiem", "MOTCUA"
INIT_ANSWER = ("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "UrlThanhToan", "ThoiGianGD")
CONFIRM = (
    "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
    "ThongTinGiaoDich",
)  # fmt: skip
NOW = "20261012090000"
orders: dict[str, dict[str, Any]] = {}
behaviour: dict[str, Any] = {}
seen: list[str] = []


def signed(names: tuple[str, ...], message: dict[str, Any], secret: str = SECRET) -> dict[str, Any]:
    """Return the message with its checksum."""
    text = "|".join([*(str(message.get(name, "")) for name in names), secret])
    return {**message, "MaXacThuc": hashlib.sha256(text.encode()).hexdigest()}


def report(kind: str, code: str, reference: str, amount: str, number: str) -> dict[str, Any]:
    """Return a CONFIRM, or the answer to a QUERY, which has the same fields."""
    return {
        "LoaiBanTin": kind, "MaLoi": code, "MaDoiTac": PARTNER, "MaThamChieu": reference, "SoTien": amount, "MaTienTe": "VND",
        "MaGiaoDich": number, "MaNganHang": "VCB", "ThoiGianGD": NOW, "ThongTinGiaoDich": "",
    }  # fmt: skip


def pay(given: dict[str, Any]) -> dict[str, Any]:
    """Send the CONFIRM of an order to the portal and return its answer."""
    reference = given["reference"]
    amount = str(given.get("amount") or orders.get(reference, {}).get("SoTien", "1"))
    message = report("CONFIRM", "00", reference, amount, given.get("number", f"GD-{reference}"))
    body = json.dumps(signed(CONFIRM, message, given.get("secret", SECRET))).encode()
    asked = urllib.request.Request(behaviour["callback"], body, {"Content-Type": "application/json"})  # noqa: S310  (the test says where)
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
        return dict(json.loads(answer.read()))


def init(message: dict[str, Any]) -> dict[str, Any] | None:
    """Open an order; None hangs up without a word."""
    mode, reference = behaviour.get("init", "ok"), message["MaThamChieu"]
    orders[reference] = message
    if behaviour.get("confirm_first"):
        pay({"reference": reference})
    if mode == "silent":
        return None
    answer = {
        "LoaiBanTin": "INIT", "MaLoi": "05" if mode == "refused" else "00", "MaDoiTac": PARTNER, "MaThamChieu": reference,
        "UrlThanhToan": f"https://cong.example.vn/tra/{reference}", "ThoiGianGD": NOW,
    }  # fmt: skip
    return signed(INIT_ANSWER, answer, "khoa-khac" if mode == "forged" else SECRET)


def query(message: dict[str, Any]) -> dict[str, Any] | None:
    """Say how an order stands."""
    mode, reference = behaviour.get("query", "unpaid"), message["MaThamChieu"]
    if mode == "silent":
        return None
    code = {"paid": "00", "unknown": "01"}.get(mode, "03")
    amount = orders.get(reference, {}).get("SoTien", "0")
    return signed(
        CONFIRM, report("QUERY", code, reference, amount, f"GD-{reference}" if code == "00" else "")
    )


class Door(BaseHTTPRequestHandler):
    """Takes the portal's messages and the test's orders."""

    def do_POST(self) -> None:
        """Answer one message."""
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/behave/":
            for memory in (behaviour, orders, seen):
                memory.clear()
            behaviour.update(message)
            answer: Any = {}
        elif self.path == "/pay/":
            answer = pay(message)
        elif self.path == "/seen/":
            answer = seen
        else:
            seen.append(f"{message['LoaiBanTin']} {message['MaThamChieu']}")
            answer = (init if message["LoaiBanTin"] == "INIT" else query)(message)
        if answer is None:
            self.close_connection = True
            return
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door)
    print(server.server_port, flush=True)
    server.serve_forever()
