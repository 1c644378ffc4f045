"""Addresses of dossiers, for the people who handle them and for those who ask."""

from django.urls import path

from dossiers.views import detail, receipts, receive, track, worklist

app_name = "dossiers"
urlpatterns = [
    path("tiep-nhan/", receive.receive, name="receive"),
    path("tiep-nhan/thu-tuc/", receive.find_procedures, name="receive_procedures"),
    path("tiep-nhan/nguoi-nop/", receive.find_person, name="receive_person"),
    path("tiep-nhan/hen-tra/", receive.show_due, name="receive_due"),
    path("tiep-nhan/<str:code>/xong/", receive.received, name="received"),
    path("tra-cuu/", track.track, name="track"),
    path("t/<str:token>/", track.tracked, name="tracked"),
    path("viec/", worklist.worklist, name="worklist"),
    path("ho-so/<str:code>/", detail.detail, name="detail"),
    path("ho-so/<str:code>/viec/<slug:action>/", detail.act, name="act"),
    path("ho-so/<str:code>/giay-tiep-nhan/", receipts.receipt, name="receipt"),
    path("ho-so/<str:code>/in-lai/", receipts.reprint, name="reprint"),
]
