"""What the payment gateway calls: its CONFIRM of a payment. Public by need; the checksum is the key."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from dossiers.services import online_payments


class ConfirmBody(serializers.Serializer[Any]):
    """A CONFIRM as the gateway sends it; MaXacThuc signs the other fields."""

    LoaiBanTin = serializers.CharField(required=False)
    MaLoi = serializers.CharField(required=False)
    MaDoiTac = serializers.CharField(required=False)
    MaThamChieu = serializers.CharField(required=False)
    SoTien = serializers.CharField(required=False)
    MaTienTe = serializers.CharField(required=False)
    MaGiaoDich = serializers.CharField(required=False)
    MaNganHang = serializers.CharField(required=False)
    ThoiGianGD = serializers.CharField(required=False)
    ThongTinGiaoDich = serializers.CharField(required=False)
    MaXacThuc = serializers.CharField(required=False)


class ConfirmAnswer(serializers.Serializer[Any]):
    """Our signed answer: MaLoi 00 taken, 01 unknown reference, 02 wrong amount, 97 wrong checksum, 99 try again."""

    LoaiBanTin = serializers.CharField()
    MaLoi = serializers.CharField()
    MaDoiTac = serializers.CharField(allow_blank=True)
    MaThamChieu = serializers.CharField(allow_blank=True)
    ThoiGianGD = serializers.CharField()
    MaXacThuc = serializers.CharField()


@extend_schema(request=ConfirmBody, responses=ConfirmAnswer, operation_id="payments_confirm")
@api_view(["POST"])
def confirm(request: Request) -> Response:
    """Take the gateway's word on one payment. Idempotent; always 200, the code in MaLoi is the protocol's."""
    given = request.data if isinstance(request.data, dict) else {}
    return Response(online_payments.confirmed(given, at=timezone.now()))
