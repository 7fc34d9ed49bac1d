"""A page's form with what was typed before, and what a form says: both read from the page itself, as its scripts do.

So one place, the template, says which fields there are and of which kind: a draft, a form sent without scripts and a
page that comes back with errors need no second description.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import html
from lxml.html import HtmlElement

Pairs = Iterable[tuple[str, str]]

_OF_A_LICENCE = {f"licence.{member}" for member in ("type", "number", "issuer", "holder", "consent")} | {"checked"}
_DOCTYPE = "<!doctype html>"
_FEN = re.compile(r"(-?)([0-9]{1,12})(?:[.]([0-9]{1,2}))?")


def filled(page: str, form_id: str, pairs: Pairs, faults: Pairs = ()) -> str:
    """The page with these fields of its form filled in; what has no field there is left out.

    `faults`: (id of a field, sentence), set beside the field.
    """
    root: HtmlElement = html.document_fromstring(page)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    form = _form_in(root, form_id)
    for field in form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]"):
        _fill(field, given.get(field.get("name"), []))
    for upload in form.xpath(".//upload-field"):
        if held := given.get(f"{upload.get('data-name')}.sha256"):
            upload.set("data-held", held[0])
    for select in form.xpath(".//select[@data-licence]"):
        material = select.get("name").removesuffix("provided")
        told = {name.removeprefix(material): values[0] for name, values in given.items() if name.startswith(material)}
        if kept := {member: value for member, value in told.items() if member in _OF_A_LICENCE}:
            select.set("data-kept", json.dumps(kept, ensure_ascii=False))
    for place, sentence in faults:
        for field in form.xpath(".//*[@id=$id]", id=place):
            _mark(field, sentence)
    return str(html.tostring(root, encoding="unicode", doctype=_DOCTYPE))


def _mark(field: HtmlElement, sentence: str) -> None:
    field.set("aria-invalid", "true")
    note = html.Element("span")
    note.set("class", "fault")
    note.text = sentence
    holder = field.xpath("ancestor::*[contains(concat(' ', @class, ' '), ' field ')][1]") or field.xpath("..")
    holder[0].append(note)


def form_on(page: str, form_id: str) -> HtmlElement:
    """The form of a page, to look at."""
    return _form_in(html.document_fromstring(page), form_id)


def _form_in(root: Any, form_id: str) -> HtmlElement:
    return root.xpath("//form[@id=$id]", id=form_id)[0]


def _fill(field: HtmlElement, values: list[str]) -> None:
    if field.tag == "select":
        if values:
            for option in field.xpath(".//option"):
                _set(option, "selected", on=_value_of(option) == values[0])
    elif field.tag == "textarea":
        if values:
            field.text = values[0]
    elif field.get("type") == "checkbox":
        _set(field, "checked", on=field.get("value", "on") in values)
    elif field.get("type") not in ("file", "submit") and values:
        field.set("value", values[0])


def _set(field: HtmlElement, attribute: str, *, on: bool) -> None:
    if on:
        field.set(attribute, attribute)
    else:
        field.attrib.pop(attribute, None)


def _value_of(option: HtmlElement) -> str:
    return str(option.get("value", option.text_content().strip()))


def body_of(page: str, form_id: str) -> dict[str, Any]:
    """What the form says as it stands on the page: the body of `POST /cases`, as `values.js` makes it.

    Names with dots are members, numbers are places in a list; what is empty, disabled or for reading only is left out.
    """
    form = form_on(page, form_id)
    body: dict[str, Any] = {}
    for field in form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]"):
        skipped = field.get("data-plain") is not None or field.get("type") in ("file", "submit")
        if skipped or field.xpath("ancestor-or-self::*[@disabled]"):
            continue
        value = _read(field)
        if value is not None and value != "":
            _put(body, field.get("name").split("."), value)
    found = {name: _lists(value) for name, value in body.items() if not _is_empty(value)}
    if form.xpath(".//*[@data-field='form']//*[@required][not(ancestor-or-self::*[@disabled])]"):
        found.setdefault("form", {"answers": {}})
    return found


def _read(field: HtmlElement) -> Any:
    kind = field.get("data-as", "")
    if field.get("type") == "checkbox":
        on = field.get("checked") is not None
        if kind == "tick":
            value = field.get("value", "on")
            return (True if value == "true" else value) if on else None
        return on
    text = _text(field).strip()
    if kind == "number":
        return _number(text)
    if kind == "yesno":
        return {"true": True, "false": False}.get(text)
    if kind == "fen":
        return _fen(text)
    return text


def _text(field: HtmlElement) -> str:
    if field.tag == "textarea":
        return field.text or ""
    if field.tag == "select":
        options = field.xpath(".//option")
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return _value_of(chosen[-1]) if chosen else ""
    return str(field.get("value", ""))


def _number(text: str) -> float | int | str | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _fen(text: str) -> int | str:
    """Yuan as typed as whole fen; what is no sum stays text, so that it is refused with its sentence."""
    found = _FEN.fullmatch(re.sub(r"[,，\s]", "", text))
    if found is None:
        return text
    sign, yuan, part = found.groups()
    return int(f"{sign}{yuan}{(part or '').ljust(2, '0')}")


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    head, *rest = path
    if rest:
        _put(target.setdefault(head, {}), rest, value)
    else:
        target[head] = value


def _lists(value: Any) -> Any:
    """Members that are called 0, 1, … or s1, s5, … are a list; a material that was not brought is not in it."""
    if not isinstance(value, Mapping):
        return value
    members = {name: _lists(each) for name, each in value.items()}
    if members and all(re.fullmatch(r"s?[0-9]+", name) for name in members):
        rows = sorted(members.items(), key=lambda one: int(one[0].lstrip("s")))
        return [row for name, row in rows if not (name.startswith("s") and not row.get("provided"))]
    return members


def _is_empty(value: Any) -> bool:
    return isinstance(value, Mapping) and not value


def place_of(form: HtmlElement, field: str) -> str:
    """The id of the field of this name, or of the first that can be filled in of the group with it; "" for none."""
    if not field:
        return ""
    for each in form.xpath(".//*[@name=$name]", name=field):
        if each.get("type") != "hidden":
            return str(each.get("id", ""))
        box = each.xpath("../input[@role='combobox']/@id")
        if box:
            return str(box[0])
    inside = ".//*[@data-field=$name]//*[self::input[not(@type='hidden')] or self::select or self::textarea]/@id"
    if found := form.xpath(inside, name=field):
        return str(found[0])
    return place_of(form, field.rpartition(".")[0])
