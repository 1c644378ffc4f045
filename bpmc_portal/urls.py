"""The site map: one include per app. Every name here has its row in bpmc_portal/access.py."""

from django.contrib import admin
from django.urls import include, path

from bpmc_portal import design_system, views
from procedures.views import home

handler400 = "bpmc_portal.errors.bad_request"
handler403 = "bpmc_portal.errors.permission_denied"
handler404 = "bpmc_portal.errors.page_not_found"
handler500 = "bpmc_portal.errors.server_error"

urlpatterns = [
    # First, because the polls of the hall are most of the requests and every pattern before them is tried.
    path("api/v1/", include(("bpmc_portal.api", "api"))),
    path("", home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("che-do-xem/", views.set_view, name="set_view"),
    path("ngon-ngu/", views.set_language, name="set_language"),
    path("he-thiet-ke/", design_system.index, name="design_system"),
    path("thu-tuc/", include("procedures.urls")),
    path("quy-trinh/", include("procedures.steps_urls")),
    path("", include("bpmc_portal.sign_in.urls")),
    path("", include("desk.urls")),
    path("", include("digitization.urls")),
    path("", include("dossiers.urls")),
    path("quan-tri/cong-viec/", include("bpmc_portal.jobs.urls")),
    path("quan-tri/", admin.site.urls),
]
