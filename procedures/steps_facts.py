"""The facts of a dossier that a step's condition may look at, with the words for their values.

The dossier's own columns hold the same values; a test keeps the two lists equal, because procedures know nothing of dossiers. The
values of `case` are the codes of the version's own cases.
"""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Role
from procedures.models import StepCondition

Words = str | Promise

FACTS: Final[dict[str, dict[str, Words]]] = {
    StepCondition.CHANNEL: {"desk": _("Trực tiếp"), "online": _("Trực tuyến"), "post": _("Bưu chính")},
    StepCondition.RETURN_METHOD: {
        "desk": _("Tại Bộ phận Một cửa"),
        "post": _("Qua dịch vụ bưu chính công ích"),
        "electronic": _("Bản điện tử"),
    },
    StepCondition.COMPLEXITY: {
        "many_papers": _("Nhiều thành phần"),
        "large_files": _("Dung lượng lớn"),
        "hard_content": _("Nội dung phức tạp"),
        "needs_verification": _("Cần xác minh"),
    },
}
NAMES: Final[dict[str, Words]] = dict(StepCondition.choices)
# Whose work a step may be; the permission that each needs stands with the life cycle.
ROLES: Final = (Role.OFFICER, Role.LEADER, Role.REGISTRY)
