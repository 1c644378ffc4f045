"""Addresses of dossiers, for the people who handle them and for those who ask."""

from django.urls import path

from dossiers.views import (
    detail,
    find,
    receipts,
    receive,
    receive_aids,
    receive_drafts,
    return_results,
    shift_report,
    track,
    worklist,
)

app_name = "dossiers"
urlpatterns = [
    path("tiep-nhan/", receive.receive, name="receive"),
    path("tiep-nhan/thu-tuc/", receive_aids.find_procedures, name="receive_procedures"),
    path("tiep-nhan/tim-nguoi/", receive_aids.find_people, name="receive_people"),
    path("tiep-nhan/nguoi-nop/", receive_aids.find_person, name="receive_person"),
    path("tiep-nhan/hen-tra/", receive_aids.show_due, name="receive_due"),
    path("tiep-nhan/nhap/", receive_drafts.keep, name="receive_draft"),
    path("tiep-nhan/tep/", receive_drafts.take_file, name="receive_file"),
    path("tiep-nhan/<str:code>/xong/", receive.received, name="received"),
    path("tra-ket-qua/", return_results.return_results, name="return_results"),
    path("tra-ket-qua/buu-chinh/", return_results.post_returns, name="post_returns"),
    path("tra-ket-qua/<str:code>/xong/", return_results.results_returned, name="results_returned"),
    path("tra-ket-qua/<str:code>/giay-bien-nhan/", return_results.return_slip, name="return_slip"),
    path("tra-cuu/", track.track, name="track"),
    path("t/<str:token>/", track.tracked, name="tracked"),
    path("tim/", find.find, name="find"),
    path("ca-truc/", shift_report.shift_report, name="shift_report"),
    path("ca-truc/in/", shift_report.shift_print, name="shift_print"),
    path("viec/", worklist.worklist, name="worklist"),
    path("ho-so/<str:code>/", detail.detail, name="detail"),
    path("ho-so/<str:code>/viec/<slug:action>/", detail.act, name="act"),
    path("ho-so/<str:code>/giay-tiep-nhan/", receipts.receipt, name="receipt"),
    path("ho-so/<str:code>/in-lai/", receipts.reprint, name="reprint"),
]
