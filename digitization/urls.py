"""Pages of digitisation."""

from django.urls import path

from digitization.views import batches, codes, handoff, progress, register, transfers, verify

app_name = "digitization"
urlpatterns = [
    path("xac-minh/", verify.verify, name="verify"),
    path("so-hoa/ma/", codes.codes, name="codes"),
    path("so-hoa/so-cu/", register.listed, name="register"),
    path("so-hoa/so-cu/mau/", register.template, name="register_template"),
    path("so-hoa/so-cu/nhap/", register.imports, name="register_imports"),
    path("so-hoa/so-cu/nhap/<uuid:pk>/", register.import_page, name="register_import"),
    path("so-hoa/so-cu/nhap/<uuid:pk>/ghi/", register.import_apply, name="register_apply"),
    path("so-hoa/so-cu/<int:pk>/", register.result, name="register_result"),
    path("dieu-hanh/so-hoa/", progress.progress, name="progress"),
    path("so-hoa/tai-len/", transfers.begin, name="transfer_begin"),
    path("so-hoa/tai-len/<uuid:key>/", transfers.piece, name="transfer_piece"),
    path("so-hoa/tai-len/<uuid:key>/xong/", transfers.finish, name="transfer_finish"),
    path("so-hoa/chup/", handoff.open_page, name="handoff_open"),
    path("so-hoa/chup/<int:pk>/", handoff.files, name="handoff_files"),
    path("so-hoa/chup/<int:pk>/dong/", handoff.close, name="handoff_close"),
    path("chup/xong/", handoff.phone_done, name="phone_done"),
    path("chup/<str:token>/", handoff.phone, name="phone"),
    path("chup/<str:token>/tep/", handoff.phone_begin, name="phone_begin"),
    path("chup/<str:token>/tep/<uuid:key>/", handoff.phone_piece, name="phone_piece"),
    path("chup/<str:token>/tep/<uuid:key>/xong/", handoff.phone_finish, name="phone_finish"),
    path("so-hoa/gui/", batches.send, name="batch_send"),
    path("so-hoa/lo/", batches.progress, name="batch_list"),
    path("so-hoa/lo/<int:batch>/<int:number>/", batches.picture, name="batch_page"),
]
