"""Document codes: pure grammar. Parts stand in columns and are never parsed back from the text, because they contain dots.

TT 01/2023/TT-VPCP Điều 10: "mã số kết quả số hóa". The official figure was not obtained; the default template is an incumbent
system's reading, kept as a row (CodeScheme) that the ministry can replace.
"""

import re

COMPONENT_TEMPLATE = "{owner}.{origin}.{type}.{nn:02d}"
RESULT_TEMPLATE = "{owner}.{type}.{origin}.{nn:02d}"

_PARTS = re.compile(r"\{(owner|origin|type|nn(?::0\dd)?)\}")


def render(template: str, *, owner: str, origin: str, type_code: str, nn: int) -> str:
    """Return the code. The owner part stays empty when the holder has no identifier (TT 01/2023 Điều 10).

    `origin` is the procedure's code for a component and the number and symbol for a result.
    """
    return template.format(owner=owner, origin=origin, type=type_code, nn=nn)


def problem_with(template: str) -> str | None:
    """Return a Vietnamese sentence when a template cannot serve, None when it can."""
    rest = _PARTS.sub("", template)
    if "{" in rest or "}" in rest:
        return "Mẫu chỉ được dùng các phần {owner}, {origin}, {type}, {nn:02d}."
    if "{nn" not in template or "{owner}" not in template or "{type}" not in template:
        return "Mẫu phải có đủ {owner}, {type} và {nn:02d} để mã không trùng."
    return None
