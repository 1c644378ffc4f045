"""Addresses of the job ledger, under the administration."""

from django.urls import path

from bpmc_portal.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.list_, name="list"),
    path("<int:job_id>/lam-lai/", views.requeue, name="requeue"),
]
