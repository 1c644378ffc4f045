"""Document codes: pure grammar. Parts stand in columns and are never parsed back from the text, because they contain dots.

TT 01/2023/TT-VPCP Điều 10: "mã số kết quả số hóa". The official figure was not obtained; the default template is an incumbent
system's reading, kept as a row (CodeScheme) that the ministry can replace.
"""

import re
from collections.abc import Iterable

COMPONENT_TEMPLATE = "{owner}.{origin}.{type}.{nn:02d}"
RESULT_TEMPLATE = "{owner}.{type}.{origin}.{nn:02d}"
# Parts of the longest code have 20 + 60 + 60 + 10 characters, and its column 160.
LONGEST_LITERALS = 10

_PART = re.compile(r"\{(owner|origin|type|nn(?::0\dd)?)\}")


def render(template: str, *, owner: str, origin: str, type_code: str, nn: int) -> str:
    """Return the code. The owner part stays empty when the holder has no identifier (TT 01/2023 Điều 10).

    `origin` is the procedure's code for a component and the number and symbol for a result.
    """
    return template.format(owner=owner, origin=origin, type=type_code, nn=nn)


def problem_with(template: str) -> str | None:
    """Return a Vietnamese sentence when a template cannot serve, None when it can."""
    literals = _PART.split(template)[::2]
    names = [name.split(":")[0] for name in _PART.split(template)[1::2]]
    if any(letter in text for text in literals for letter in "{}"):
        return "Mẫu chỉ được dùng các phần {owner}, {origin}, {type}, {nn:02d}."
    if not {"nn", "owner", "type"} <= set(names):
        return "Mẫu phải có đủ {owner}, {type} và {nn:02d} để mã không trùng."
    if len(names) != len(set(names)):
        return "Mỗi phần chỉ được đứng một lần trong mẫu."
    if any(not text or text[0].isalnum() or text[-1].isalnum() for text in literals[1:-1]):
        return (
            "Giữa hai phần phải có dấu ngăn, ví dụ dấu chấm, để hai giấy tờ khác nhau không ra cùng một mã."
        )
    if sum(map(len, literals)) > LONGEST_LITERALS:
        return f"Phần chữ cố định của mẫu dài quá {LONGEST_LITERALS} ký tự."
    return None


def example_of(template: str) -> str:
    """Return a code that a citizen's first paper would get."""
    return render(template, owner="001160000019", origin="1.005132", type_code="MC-GT0001", nn=1)


def may_clash(type_codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of type codes of which one is the other's end after a dot: only such two could meet in one text.

    An owner has no dot and `nn` counts within owner and type, so two codes are equal only where origin and type run into each
    other, as in "1.005" + "GT01" and "1" + "005.GT01".
    """
    known = set(type_codes)
    ends = ((code, code[at + 1 :]) for code in known for at, letter in enumerate(code) if letter == ".")
    return sorted((end, code) for code, end in ends if end in known)
