"""The map of the REST API. Every name has its row in bpmc_portal/access.py; this module only wires."""

from django.urls import path
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from desk import api as desk
from desk import api_blocks
from digitization import api as digitization
from dossiers import api as dossiers
from dossiers import api_documents, api_dossiers, api_payments, api_side
from procedures import api as procedures
from reporting import api as reporting


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]


class DocsView(SpectacularSwaggerView):
    """Swagger UI from our own files, with no inline script or style."""

    url_name = "api:schema"
    template_name = "api/docs.html"


urlpatterns = [
    path("offices/<str:office>/queue/", desk.queue, name="queue"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("procedures/", procedures.procedure_list, name="procedures"),
    path("procedures/<str:code>/", procedures.procedure_detail, name="procedure"),
    path("calendar/due/", procedures.calendar_due, name="due"),
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("dossiers/<str:code>/", api_dossiers.dossier_detail, name="dossier"),
    path("dossiers/<str:code>/events/", api_dossiers.dossier_events, name="dossier_events"),
    path("dossiers/<str:code>/due/", api_dossiers.dossier_due, name="dossier_due"),
    path("dossiers/<str:code>/receipt/", api_dossiers.dossier_receipt, name="dossier_receipt"),
    path("dossiers/<str:code>/actions/<str:action>/", dossiers.dossier_action, name="dossier_action"),
    path(
        "dossiers/<str:code>/papers/<int:position>/verdict/", api_side.dossier_verdict, name="dossier_verdict"
    ),
    path("dossiers/<str:code>/notes/", api_side.dossier_notes, name="dossier_notes"),
    path("dossiers/<str:code>/messages/", api_side.dossier_messages, name="dossier_messages"),
    path("documents/", digitization.document_upload, name="documents"),
    path("documents/<uuid:pk>/", api_documents.document_detail, name="document"),
    path("documents/<uuid:pk>/content/", api_documents.document_content, name="document_content"),
    path("holders/<str:identity_number>/documents/", api_documents.holder_documents, name="holder_documents"),
    path("offices/<str:office>/tickets/", desk.take, name="tickets"),
    path("offices/<str:office>/counters/<int:counter>/call-next/", desk.call_next, name="call_next"),
    path("tickets/<str:token>/", desk.ticket_detail, name="ticket"),
    path("tickets/<str:token>/<str:action>/", desk.ticket_act, name="ticket_act"),
    path("offices/<str:office>/number-blocks/", api_blocks.number_blocks, name="number_blocks"),
    path("offices/<str:office>/offline-tickets/", api_blocks.offline_tickets, name="offline_tickets"),
    path("plans/654/indicators/", reporting.indicators, name="indicators"),
    path("plans/654/indicators/<str:code>/rows/", reporting.indicator_rows, name="indicator_rows"),
    path("tracking/", dossiers.track, name="tracking"),
    path("payments/confirm/", api_payments.confirm, name="payments_confirm"),
]
