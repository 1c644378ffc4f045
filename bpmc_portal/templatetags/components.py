"""The components of the interface as inclusion tags; their arguments stand in the docstring of mc.py. A builtin library."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
    Textarea,
)
from django.template.context import RequestContext
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bpmc_portal.lib import vietnamese

register = template.Library()

Row = Mapping[str, object] | object
Values = dict[str, Any]

FIELD_ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    "date": {"inputmode": "numeric", "autocomplete": "off", "data-date": "", "class": "in w-date"},
    "phone": {"type": "tel", "inputmode": "tel", "autocomplete": "tel", "class": "in w-phone"},
    "code": {"autocomplete": "off", "spellcheck": "false", "class": "in w-code"},
}


def shaped(rows: Iterable[Row] | None, **defaults: object) -> list[Values]:
    """Read the named keys of each dict or object, so that a template finds them all."""
    return [
        {
            key: row.get(key, value) if isinstance(row, Mapping) else getattr(row, key, value)
            for key, value in defaults.items()
        }
        for row in rows or ()
    ]


@register.inclusion_tag("components/btn.html")
def btn(
    label: str,
    kind: str = "",
    icon: str = "",
    key: str = "",
    size: str = "",
    href: str = "",
    type: str = "submit",
    name: str = "",
    value: str = "",
    main: bool = False,
    block: bool = False,
    confirm: str = "",
    disabled: bool = False,
    form: str = "",
    formaction: str = "",
    dialog: str = "",
) -> Values:
    classes = [
        "btn",
        f"btn-{kind}" if kind else "",
        f"btn-{size}" if size else "",
        "btn-block" if block else "",
    ]
    return {**locals(), "css": " ".join(filter(None, classes)), "type": "button" if dialog else type}


@register.inclusion_tag("components/card_header.html")
def card_header(
    title: str, hint: str = "", state: str = "", state_text: str = "", id: str = "", level: int = 2
) -> Values:
    return {**locals(), "number": ""}


@register.inclusion_tag("components/card_header.html")
def step_header(
    number: int, title: str, hint: str = "", state: str = "", state_text: str = "", id: str = ""
) -> Values:
    return {**locals(), "level": 2}


def field_type(bound: BoundField) -> str:
    """Name the drawing a widget needs: choices, tick, file, select, area or input."""
    widget = bound.field.widget
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        ((RadioSelect, CheckboxSelectMultiple), "choices"),
        (CheckboxInput, "tick"),
        (FileInput, "file"),
        (Select, "select"),
        (Textarea, "area"),
    )
    return next((name for classes, name in kinds if isinstance(widget, classes)), "input")


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    hint: str = "",
    mark: str = "",
    label: str = "",
    kind: str = "",
    width: str = "",
    autofocus: bool = False,
) -> Values:
    shape = field_type(bound)
    help_text = hint or str(bound.help_text or "")
    described = [f"{bound.auto_id}_helptext"] if help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes: dict[str, Any] = dict(FIELD_ATTRIBUTES.get(kind, {}))
    if shape not in {"choices", "tick"}:
        attributes.setdefault("class", f"in w-{width}" if width else "in")
    if shape != "choices":
        attributes |= {"aria-describedby": " ".join(described)} if described else {}
        attributes |= {"aria-invalid": "true"} if bound.errors else {}
        attributes |= {"autofocus": True} if autofocus else {}
    return {
        "bound": bound,
        "shape": shape,
        "control": bound.as_widget(attrs=attributes) if shape != "choices" else "",
        "text": label or bound.label,
        "hint": help_text,
        "mark": mark,
        "described": " ".join(described),
        "errors": bound.errors,
        "required": bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm | None, extra: Iterable[Row] | None = None) -> Values:
    items: list[Values] = []
    if form is not None and form.is_bound:
        items += [{"id": "", "text": text} for text in form.non_field_errors()]
        items += [{"id": first_id(bound), "text": text} for bound in form for text in bound.errors]
    return {"items": items + shaped(extra, id="", text="")}


def first_id(bound: BoundField) -> str:
    """Find the id of the first control: a group of choices has no control with the field's own id."""
    return f"{bound.auto_id}_0" if field_type(bound) == "choices" else bound.auto_id


@register.inclusion_tag("components/timeline.html")
def timeline(events: Iterable[Row], label: str = "") -> Values:
    rows = shaped(events, when="", title="", who="", text="", kind="", internal=False, public=False)
    for row in rows:
        if isinstance(row["when"], datetime):
            row["when"] = vietnamese.format_datetime(row["when"])
    return {"events": rows, "label": label}


@register.inclusion_tag("components/progress_steps.html")
def progress_steps(steps: Iterable[Row], label: str = "") -> Values:
    return {"steps": shaped(steps, state="todo", title="", when="", note=""), "label": label}


@register.inclusion_tag("components/identity_bar.html")
def identity_bar(
    code: str,
    title: str,
    person: str = "",
    note: str = "",
    state: str = "",
    state_text: str = "",
    previous: str = "",
    next: str = "",
    position: str = "",
) -> Values:
    return locals()


@register.inclusion_tag("components/paper_row.html")
def paper_row(
    number: int,
    name: str,
    note: str = "",
    source: str = "",
    source_note: str = "",
    pages: int = 0,
    bad_pages: Sequence[int] | None = None,
    state: str = "",
    state_text: str = "",
    current: bool = False,
    href: str = "",
) -> Values:
    bad = set(bad_pages or ())
    thumbs = [page in bad for page in range(1, min(pages, 4) + 1)]
    return {**locals(), "thumbs": thumbs, "more": max(pages - 4, 0)}


@register.inclusion_tag("components/filter_bar.html")
def filter_bar(
    filters: Iterable[Row],
    chips: Iterable[Row] | None = None,
    action: str = "",
    hidden: Mapping[str, str] | None = None,
    autosubmit: bool = True,
) -> Values:
    rows = shaped(filters, name="", label="", options=(), value="", kind="select")
    for row in rows:
        row["options"] = [
            (str(value), label, str(value) == str(row["value"])) for value, label in row["options"]
        ]
    hidden_rows = list((hidden or {}).items())
    return {
        "filters": rows,
        "chips": shaped(chips, label="", url=""),
        "action": action,
        "hidden": hidden_rows,
        "autosubmit": autosubmit,
    }


@register.inclusion_tag("components/pagination.html")
def pagination(shown: str = "", previous: str = "", next: str = "", label: str = "") -> Values:
    return {**locals(), "label": label or _("Phân trang")}


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, text: str = "", icon: str = "inbox", href: str = "", action: str = "") -> Values:
    return locals()


@register.inclusion_tag("components/toast.html", takes_context=True)
def toast(
    context: RequestContext, text: str, undo: str = "", seconds: int = 10, still: bool = False
) -> Values:
    token = context.get("csrf_token", "")
    return {"text": text, "undo": undo, "seconds": seconds, "still": still, "csrf_token": token}


@register.inclusion_tag("components/save_state.html")
def save_state(state: str = "", at: str = "", text: str = "") -> Values:
    icons = {"": "", "saving": "loader-circle", "saved": "check", "failed": "wifi-off"}
    return {**locals(), "icon_name": icons[state]}


@register.inclusion_tag("components/conn_badge.html")
def conn_badge(since: str = "", hidden: bool = False) -> Values:
    return locals()


@register.inclusion_tag("components/kpi_tile.html")
def kpi_tile(
    label: str, value: str, unit: str = "", note: str = "", kind: str = "", href: str = ""
) -> Values:
    return locals()


@register.inclusion_tag("components/qr_card.html")
def qr_card(text: str, title: str = "", note: str = "") -> Values:
    return locals()


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(items: Iterable[Row]) -> Values:
    return {"items": shaped(items, label="", url="")}


@register.inclusion_tag("components/facts.html")
def facts(items: Iterable[Row]) -> Values:
    return {"items": shaped(items, label="", value="", code=False)}


@register.inclusion_tag("components/description_list.html")
def description_list(items: Iterable[Row]) -> Values:
    return {"items": shaped(items, label="", value="", note="")}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Row], label: str) -> Values:
    return {"items": shaped(items, label="", url="", count=None, current=False), "label": label}


@register.inclusion_tag("components/combo.html")
def combo(
    name: str,
    label: str,
    url: str,
    value: str = "",
    text: str = "",
    hint: str = "",
    placeholder: str = "",
    min: int = 2,
    required: bool = False,
    form_id: str = "",
    key: str = "",
) -> Values:
    return {**locals(), "id": f"{form_id or 'id'}_{name}"}


@register.inclusion_tag("components/key_bar.html")
def key_bar(keys: Iterable[Row]) -> Values:
    return {"keys": shaped(keys, key="", label="")}


@register.inclusion_tag("components/messages_list.html", takes_context=True)
def messages_list(context: RequestContext) -> Values:
    kinds = {"success": "ok", "warning": "warn", "error": "late"}
    rows = [
        {"text": message, "kind": kinds.get(message.level_tag, "info")}
        for message in context.get("messages") or ()
    ]
    return {"rows": rows}


@register.inclusion_tag("components/nav_items.html", takes_context=True)
def nav_links(context: RequestContext, items: Iterable[Row] | None = None) -> Values:
    source = items if items is not None else context.get("nav_items")
    return {"items": shaped(source, url="", label="", icon="", current=False, count=None)}


@register.inclusion_tag("components/error_page.html", takes_context=True)
def error_page(context: RequestContext, status: int, title: str, text: str, step: str = "") -> Values:
    """Prefer the sentence and code of `error` (errors.DomainError) over the page's own general words."""
    error = context.get("error")
    return {
        "status": getattr(error, "status", status),
        "title": title,
        "text": getattr(error, "sentence", "") or text,
        "step": step,
        "code": getattr(error, "code", ""),
        "request_id": getattr(context.get("request"), "request_id", ""),
    }


def back_of(context: RequestContext) -> str:
    """Return where a switch of the tools bar comes back to: the page it stands on, or home when that answers a form."""
    request = context.get("request")
    return request.get_full_path() if request is not None and request.method == "GET" else "/"


@register.inclusion_tag("components/view_toggle.html", takes_context=True)
def view_toggle(context: RequestContext) -> Values:
    request = context.get("request")
    return {
        "back": back_of(context),
        "large": request is not None and request.COOKIES.get("mc_view") == "large",
    }


@register.inclusion_tag("components/language_switch.html", takes_context=True)
def language_switch(context: RequestContext) -> Values:
    return {"back": back_of(context), "language": get_language() or "vi"}
