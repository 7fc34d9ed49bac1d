"""The box that finds everything (搜索 F4): cases by whom or which number, items, regions; answers in groups."""

import unicodedata
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Header
from fastapi.responses import HTMLResponse

from catalog.regions import search as search_regions
from domain.errors import BadInput
from domain.identifiers import IdentifierError, check_name, normalise_phone
from domain.terms import Role
from runtime.container import face_key
from storage.cases.case_list import CaseFilter, case_list, lines_of, read_cases
from storage.cases.faces import CaseMarkRow, cases_marked, marks_for
from storage.cases.within import by_case_within, cases_within
from storage.keyset import narrowed
from storage.people.users import LoggedIn
from web.foundation.context import Context, Ctx
from web.pages.rendering import render
from web.pages.visitors import CaseVisitor
from web.views.case_lines import lines_shown

router = APIRouter(include_in_schema=False)

_CASES: Final = 8
_OTHERS: Final = 5
_NUMBER_BEGINS: Final = 8


@router.get("/search")
def search_page(person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """Where the box leads without scripts, before anything was asked."""
    return render(ctx, "frame/search.html", person, said="搜索", q="")


@router.post("/search")
def search(
    person: CaseVisitor,
    ctx: Ctx,
    q: Annotated[str, Form(max_length=60)] = "",
    fragment: Annotated[str, Header(alias="HX-Request")] = "",
) -> HTMLResponse:
    """What `q` finds, as a part for the box or as a page. In a body, for a name or a phone belongs in no address."""
    found = found_by(ctx, person, q)
    if fragment:
        return render(ctx, "frame/found.html", person, boxed=True, **found)
    return render(ctx, "frame/search.html", person, boxed=False, q=q, said=f"找“{q.strip()}”", **found)


def found_by(ctx: Context, person: LoggedIn, q: str) -> dict[str, Any]:
    """`{cases, items, regions}`, the best of each; people only masked."""
    text = unicodedata.normalize("NFKC", q).strip()
    if not text:
        return {"cases": [], "items": [], "regions": []}
    starts = person.role is Role.CLERK
    return {
        "cases": _cases(ctx, person, text),
        "items": [_item(item, starts) for item in ctx.search.find(text)[:_OTHERS]],
        "regions": [] if text.isdecimal() else search_regions(text, _OTHERS),
    }


def _cases(ctx: Context, person: LoggedIn, text: str) -> list[dict[str, Any]]:
    key = face_key(ctx.settings)
    marks = marks_for(key, name=_name(text), number="".join(text.split()).upper(), phone=_phone(text))
    with ctx.database.read() as session:
        if text.isascii() and text[:_NUMBER_BEGINS].isdecimal() and len(text) >= _NUMBER_BEGINS:
            listed = narrowed(case_list(CaseFilter(q=text.upper())), cases_within(person))
            begun = read_cases(session, listed, size=_CASES).rows
        else:
            begun = []
        known = [line.case_no for line in begun]
        theirs = by_case_within(person, CaseMarkRow.case_no)
        numbers = [number for number in cases_marked(session, marks, _CASES, theirs) if number not in known]
        lines = [*begun, *lines_of(session, numbers)][:_CASES]
        return lines_shown(session, ctx, lines)


def _item(item: Any, starts: bool) -> dict[str, str]:
    href, does = (f"/window/new?item={item.code}", "新办") if starts else (f"/cases?q={item.name}", "看办件")
    return {"name": item.name, "department": item.department, "kind": item.kind, "href": href, "does": does}


def _name(text: str) -> str:
    try:
        return check_name(text)
    except (IdentifierError, BadInput):
        return text


def _phone(text: str) -> str:
    try:
        return normalise_phone(text)
    except IdentifierError:
        return ""
