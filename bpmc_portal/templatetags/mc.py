"""Template tags of the interface. A builtin library (settings.TEMPLATES): no `{% load %}`. Everything is shown at /he-thiet-ke/.

A tag, not an `{% include %}`, wherever an argument is optional, so that no template touches an undefined variable.
Every argument but the first few is a keyword. Rows are dicts or objects; a missing key counts as the default shown.
`kind` is one of "" ok warn late pause info. Icons: names in static/VENDORED.md.

Filters
  format_date · format_datetime · long_date · format_money · format_number      see bpmc_portal/lib/vietnamese.py
  initials                                                                      "Nguyễn Thu Hạnh" → "NH"

Small tags
  {% icon name cls="" label="" %}                         decorative unless it has a label
  {% tag text kind="" icon="" size="" %}                  icon=None for none; size "" or "lg"
  {% sla state text="" %}                                 state ok warn late pause done; words default to the state's own
  {% bar value max=100 label="" kind="" wide=False %}     progress bar, an SVG because inline style is refused
  {% qr_svg text label="" %}                              inline SVG, class qr, with <title>
  <a {% to path exact=False %}>                           href, and aria-current="page" when the request is there
  {% root_attributes %}                                   data-view (large print); for <html>

Blocks
  {% notice kind="info" title="" role="" %}…{% endnotice %}
  {% dialog id title %}…{% enddialog %}                   native <dialog>, opened by <button data-dialog-open="id">

Components (templatetags/components.py, templates/components/NAME.html)
  btn label kind="" icon="" key="" size="" href="" type="submit" name="" value="" main=False block=False confirm="" disabled=False
      form="" formaction="" dialog=""            kind "" 1 go danger ghost; main=True answers F9 and Ctrl+Enter; confirm asks first
  card_header title hint="" state="" state_text="" id="" level=2
  step_header number title hint="" state="" state_text="" id=""
  field bound hint="" mark="" label="" kind="" width="" autofocus=False
      bound is a BoundField; kind "" date phone code area, else taken from the widget; mark is a short remark right of the label;
      width "" date phone code
  error_summary form extra=None        extra: [{id, text}]; nothing when there is no error
  timeline events label=""             [{when, title, who, text, kind, internal, public}]; when is text or an aware datetime
  progress_steps steps label=""        [{state: done|current|todo, title, when, note}]
  identity_bar code title person="" note="" state="" state_text="" previous="" next="" position=""
  paper_row number name note="" source="" source_note="" pages=0 bad_pages=None state="" state_text="" current=False href=""
  filter_bar filters chips=None action="" hidden=None autosubmit=True
      filters [{name, label, options: [(value, label)], value, kind: select|search}]; chips [{label, url}] remove a filter
  pagination shown="" previous="" next="" label=""   keyset pages: addresses of the neighbours, "" at the ends
  empty_state title text="" icon="inbox" href="" action=""
  toast text undo="" seconds=10 still=False      undo is a URL that takes a POST; still=True for a sample in the page flow
  save_state state="" at="" text=""              state "" saving saved failed; draft.js finds it by [data-save-state]
  conn_badge since="" hidden=False
  kpi_tile label value unit="" note="" kind="" href=""
  qr_card text title="" note=""
  breadcrumbs items                              [{label, url}]; the last has no url
  facts items                                    [{label, value, code}]; code=True writes it as a code
  description_list items                         [{label, value, note}]
  tabs items label                               [{label, url, count, current}]
  combo name label url value="" text="" hint="" placeholder="" min=2 required=False form_id="" key=""
      posts NAME (chosen value) and NAME_text (what was typed; the server resolves it when there is no JavaScript).
      GET url?q=… answers JSON {"results": [{"value", "label", "note"}]} or HTML <li role="option" data-value>
  nav_links items=None                           [{url, label, icon, current, count}]; the context's nav_items by default
  key_bar keys                                   [{key, label}]
  messages_list                                  the messages framework
  error_page status title text step=""           body of templates/errors/*; prefers the sentence and code of `error`
  view_toggle · language_switch                  plain GET forms of the citizens' tools bar
"""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Final

import segno
from django import template
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bpmc_portal.lib import vietnamese

register = template.Library()

KIND_ICONS: Final = {
    "ok": "check",
    "warn": "triangle-alert",
    "late": "triangle-alert",
    "pause": "circle-pause",
    "info": "clock",
}
NOTICE_ICONS: Final = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "late": "circle-alert",
    "pause": "circle-pause",
}
SLA_ICONS: Final = {
    "ok": ("ok", "circle-check"),
    "warn": ("warn", "clock"),
    "late": ("late", "triangle-alert"),
    "pause": ("pause", "circle-pause"),
    "done": ("ok", "check"),
}


def sla_words(state: str) -> str:
    """Name a deadline state, the same words on every screen."""
    words = {
        "ok": _("Trong hạn"),
        "warn": _("Sắp đến hạn"),
        "late": _("Quá hạn"),
        "pause": _("Tạm dừng"),
        "done": _("Đã trả"),
    }
    return words[state]


@register.filter
def format_date(value: date | datetime | None) -> str:
    return vietnamese.format_date(value) if value else ""


@register.filter
def format_datetime(value: datetime | None) -> str:
    return vietnamese.format_datetime(value) if value else ""


@register.filter
def long_date(value: date | datetime | None) -> str:
    return vietnamese.long_date(value) if value else ""


@register.filter
def format_money(value: int | Decimal | None) -> str:
    return "" if value is None else vietnamese.format_money(value)


@register.filter
def format_number(value: int | float | Decimal | None) -> str:
    return "" if value is None else vietnamese.format_number(value)


@register.filter
def initials(name: str) -> str:
    """Take the first letters of the family name and the given name."""
    words = str(name).split()
    return "".join(word[0] for word in dict.fromkeys((*words[:1], *words[-1:]))).upper()


@register.simple_tag
def icon(name: str, cls: str = "", label: str = "") -> SafeString:
    href = f"{static('img/sprite.svg')}#i-{name}"
    if label:
        return format_html(
            '<svg class="i {}" role="img" aria-label="{}"><use href="{}"/></svg>', cls, label, href
        )
    return format_html('<svg class="i {}" aria-hidden="true"><use href="{}"/></svg>', cls, href)


@register.simple_tag
def tag(text: str, kind: str = "", icon: str | None = "", size: str = "") -> SafeString:
    name = KIND_ICONS.get(kind, "") if icon == "" else icon
    return format_html('<span class="tag {} {}">{}{}</span>', kind, size, small_icon(name), text)


def small_icon(name: str | None) -> SafeString:
    """Draw an icon inside a tag whose own argument is called `icon`."""
    return icon(name) if name else SafeString("")


@register.simple_tag
def sla(state: str, text: str = "", size: str = "") -> SafeString:
    kind, name = SLA_ICONS[state]
    return format_html(
        '<span class="tag {} {}">{}{}</span>', kind, size, icon(name), text or sla_words(state)
    )


@register.simple_tag
def bar(value: float, max: float = 100, label: str = "", kind: str = "", wide: bool = False) -> SafeString:
    width = round(100 * min(value / max, 1), 1) if max else 0
    drawing = format_html('<rect width="{}" height="6"/>', str(width))
    return format_html(
        '<svg class="bar {}{}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        kind,
        " wide" if wide else "",
        label or f"{vietnamese.format_number(value)} / {vietnamese.format_number(max)}",
        drawing,
    )


@register.simple_tag
def qr_svg(text: str, label: str = "") -> SafeString:
    out = BytesIO()
    # On a screen any mask reads well; weighing all eight would be a fifth of the tracking page. Paper takes the best one.
    segno.make_qr(text, error="m", mask=3, boost_error=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        svgclass="qr",
        lineclass=None,
        border=2,
        dark="#12202e",
    )
    drawing = out.getvalue().decode().strip()
    head, _gap, body = drawing.partition(">")
    title = format_html("<title>{}</title>", label or _("Mã QR"))
    # segno's drawing holds numbers only; the title is escaped above.
    return mark_safe(f'{head} role="img">{title}{body}')


@register.simple_tag(takes_context=True)
def to(context: RequestContext, path: str, exact: bool = False) -> SafeString:
    request = context.get("request")
    here = request.path if request else ""
    match = here == path if exact or path == "/" else here.startswith(path)
    return format_html('href="{}"{}', path, SafeString(' aria-current="page"') if match else "")


@register.simple_tag(takes_context=True)
def root_attributes(context: RequestContext) -> SafeString:
    request = context.get("request")
    large = request is not None and request.COOKIES.get("mc_view") == "large"
    return SafeString(' data-view="large"' if large else "")


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: str = "", role: str = "") -> SafeString:
    return format_html(
        '<div class="notice {}"{}>{}<div>{}{}</div></div>',
        kind,
        format_html(' role="{}"', role) if role else "",
        icon(NOTICE_ICONS.get(kind, "info")),
        format_html('<b class="t">{}</b>', title) if title else "",
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    return format_html(
        '<dialog id="{0}" aria-labelledby="{0}-t"><header><h2 id="{0}-t">{1}</h2>'
        '<button type="button" class="icon-btn" data-dialog-close aria-label="{2}">{3}</button></header>{4}</dialog>',
        id,
        title,
        _("Đóng"),
        icon("x"),
        content,
    )
