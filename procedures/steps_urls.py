"""Addresses of the administrator's pages of steps."""

from django.urls import path

from procedures import steps_views

app_name = "steps"
urlpatterns = [
    path("", steps_views.list_, name="list"),
    path("<str:key>/", steps_views.procedure, name="procedure"),
    path("<str:key>/nhap/", steps_views.draft, name="draft"),
    path("<str:key>/cong-bo/", steps_views.publish, name="publish"),
]
