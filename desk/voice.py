"""The spoken call, pure: which recorded clips make "Mời số A không một hai đến quầy số ba".

The same table stands in static/js/announce.js, which plays it; tests/browser/test_hall.py holds the two together. tools/voice.py
makes the clips, and a ministry may put its own recordings of the same names beside them (docs/decisions/0013-voice.md).
"""

LETTERS = {
    "a": "a", "b": "bê", "c": "xê", "d": "dê", "dd": "đê", "e": "e", "f": "ép phờ", "g": "giê", "h": "hát", "i": "i", "j": "dây",
    "k": "ca", "l": "e lờ", "m": "em mờ", "n": "en nờ", "o": "o", "p": "pê", "q": "quy", "r": "e rờ", "s": "ét xì", "t": "tê",
    "u": "u", "v": "vê", "w": "vê kép", "x": "ích xì", "y": "i dài", "z": "dét",
}  # fmt: skip
DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
CHIME = "chuong"
GUIDES = {
    "huong-dan": (
        "Xin chào. Ông bà hãy chạm vào việc cần làm. Sau đó chạm lấy số, hoặc chạm diện ưu tiên của mình. "
        "Máy sẽ in phiếu. Mời ông bà ngồi chờ gọi số."
    ),
    "huong-dan-en": (
        "Welcome. Please touch what you came for. Then touch take a number, or your priority group. "
        "Take your ticket and wait until your number is called."
    ),
}
# name of the file → what is said
CLIPS: dict[str, str] = {
    "moi-so": "mời số",
    "uu-tien": "ưu tiên",
    "den-quay-so": "đến quầy số",
    **{f"so-{value}": word for value, word in enumerate(DIGITS)},
    "muoi": "mười",
    "muoi-hang": "mươi",
    "mot-cuoi": "mốt",
    "lam": "lăm",
    **{f"chu-{name}": word for name, word in LETTERS.items()},
    **GUIDES,
}


def counter_clips(counter: int) -> list[str]:
    """Return the clips of a counter's number as people say it: 5 năm, 15 mười lăm, 21 hai mươi mốt; from 100 digit by digit."""
    tens, ones = divmod(counter, 10)
    if counter < 10 or counter > 99:
        return [f"so-{digit}" for digit in str(counter)]
    first = ["muoi"] if tens == 1 else [f"so-{tens}", "muoi-hang"]
    if ones == 0:
        return first
    if ones == 1 and tens > 1:
        return [*first, "mot-cuoi"]
    return [*first, "lam" if ones == 5 else f"so-{ones}"]


def ticket_clips(number: str) -> list[str]:
    """Return the clips of a ticket's number, sign by sign; what nobody can say is left out."""
    clips = []
    for sign in number.lower():
        name = f"so-{sign}" if sign.isdigit() else f"chu-{'dd' if sign == 'đ' else sign}"
        if name in CLIPS:
            clips.append(name)
    return clips


def call_clips(number: str, counter: int, *, priority_prefix: str = "") -> list[str]:
    """Return the clips of one call, in order; a number of the priority series is told to be one."""
    is_priority = bool(priority_prefix) and number.startswith(priority_prefix)
    return [
        "moi-so",
        *(["uu-tien"] if is_priority else []),
        *ticket_clips(number),
        "den-quay-so",
        *counter_clips(counter),
    ]
