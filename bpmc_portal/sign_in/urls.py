"""Addresses of signing in. The namespace is `accounts`, as in the access table."""

from django.urls import path

from bpmc_portal.sign_in import views

app_name = "accounts"
urlpatterns = [
    path("dang-nhap/", views.sign_in, name="sign_in"),
    path("dang-nhap/ma-xac-thuc/", views.sign_in_code, name="sign_in_code"),
    path("dang-nhap/ghi-danh/", views.enrol, name="enrol"),
    path("dang-nhap/ma-du-phong/", views.recovery_codes, name="recovery_codes"),
    path("dang-nhap/tiep/", views.home, name="home"),
    path("dang-xuat/", views.sign_out, name="sign_out"),
]
