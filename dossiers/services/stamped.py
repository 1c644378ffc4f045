"""What the access copy of a paper says of the dossier that brought it: digitization does not know dossiers."""

from digitization.models import Document
from digitization.stamping import tells_dossier
from dossiers.models import Component, Result


@tells_dossier
def dossier_of(document: Document) -> str:
    """Return the code of the dossier in which the paper came first, or whose result it is; "" for none."""
    brought = (
        Component.objects.filter(document=document).order_by("pk").values_list("dossier__code", flat=True)
    )
    issued = Result.objects.filter(document=document).order_by("pk").values_list("dossier__code", flat=True)
    return brought.first() or issued.first() or ""
