"""Addresses of the public catalogue. The home page is wired in bpmc_portal/urls.py."""

from django.urls import path

from procedures import views

app_name = "procedures"
urlpatterns = [
    path("", views.list_, name="list"),
    path("<str:code>/", views.detail, name="detail"),
]
