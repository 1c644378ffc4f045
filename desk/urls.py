"""Addresses of the hall and of the counters."""

from django.urls import path

from desk.views import appointments, bar, counters, hall, hall_kiosk, hall_ticket, live

app_name = "desk"
urlpatterns = [
    path("bang/<str:office>/", hall.board, name="board"),
    path("giong-noi/<str:name>.mp3", hall.voice, name="voice"),
    path("kiosk/<str:office>/", hall_kiosk.kiosk, name="kiosk"),
    path("so/", hall.find_ticket, name="find_ticket"),
    path("so/<str:token>/", hall_ticket.ticket, name="ticket"),
    path("so/<str:token>/lui/", hall_ticket.put_back, name="ticket_defer"),
    path("so/<str:token>/huy/", hall_ticket.cancel, name="ticket_cancel"),
    path("so/<str:token>/phieu/", hall_ticket.slip, name="ticket_slip"),
    path("so/<str:token>/phieu.pdf", hall_ticket.slip_pdf, name="ticket_pdf"),
    path("quay/", counters.counters, name="counters"),
    path("quay/in-thu/", counters.print_test, name="print_test"),
    path("quay/thanh-goi/", bar.bar, name="bar"),
    path("quay/thanh-goi/<slug:act>/", bar.act, name="bar_act"),
    path("quay/<int:number>/mo/", counters.open_counter, name="open_counter"),
    path("quay/<int:number>/dong/", counters.close_counter, name="close_counter"),
    path("quay/<int:number>/nghi/", counters.pause_counter, name="pause_counter"),
    path("quay/<int:number>/tiep-tuc/", counters.resume_counter, name="resume_counter"),
    path("lich-hen/", appointments.appointments, name="appointments"),
    path("lich-hen/den/", appointments.check_in, name="appointment_check_in"),
    path("lich-hen/<int:pk>/huy/", appointments.cancel, name="appointment_cancel"),
    path("dieu-hanh/hang-doi/", live.live, name="live"),
]
