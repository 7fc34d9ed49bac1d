"""The item's form as a part of the new-case page (事项表单页面): rendered from its layout, for one situation."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from catalog.forms.choosing import for_situation
from catalog.forms.generic import form_of
from catalog.forms.model import FormDefinition, Section, When
from catalog.model import Catalogue
from domain.errors import NotFound
from domain.terms import IdType
from storage.people.users import LoggedIn
from web.foundation.context import Ctx
from web.pages.rendering import WINDOW, render, visitor

router = APIRouter(include_in_schema=False)

_MOST_ROWS = 8
"""Persons that the page offers to name; a longer list comes over the interface."""

Visitor = Annotated[LoggedIn, Depends(visitor(*WINDOW))]


@router.get("/window/form/{code}")
def item_form(
    code: str, person: Visitor, ctx: Ctx, situation: Annotated[str | None, Query(max_length=40)] = None
) -> HTMLResponse:
    """The fields of an item in a situation; nothing where there is no such item."""
    try:
        return render(ctx, "clerk/item_form.html", person, **form_values(ctx.catalogue, code, situation))
    except NotFound:
        return HTMLResponse("", 404)


def form_values(catalogue: Catalogue, code: str, situation: str | None) -> dict[str, Any]:
    """What the template needs: only what this situation asks, so that nothing has to be hidden.

    Raises:
        NotFound: there is no such item.
    """
    item = catalogue.get(code)
    if item is None:
        raise NotFound("没有这个事项", code="ITEM_UNKNOWN")
    definition = form_of(item)
    chosen = situation if definition.situation(situation) else None
    rules = [rule for rule in definition.applicant if rule.in_person and _here(rule.when, chosen)]
    return {
        "item": for_situation(item, definition, chosen),
        "definition": definition,
        "situation": chosen,
        "sections": [s for s in (_section(definition, section, chosen) for section in definition.sections) if s],
        "in_person": rules[0] if rules else None,
        "id_types": list(IdType),
    }


def _section(definition: FormDefinition, section: Section, situation: str | None) -> dict[str, Any] | None:
    """A section with what is asked in it; None where that is nothing."""
    fields = [field for field in section.fields if _here(field.when, situation)]
    party = definition.party(section.party)
    if party is not None and not _here(party.when, situation):
        party = None
    if not fields and party is None:
        return None
    rows = min(party.most, max(party.least, _MOST_ROWS)) if party else 0
    return {"title": section.title, "hint": section.hint, "fields": fields, "party": party, "rows": rows}


def _here(when: When | None, situation: str | None) -> bool:
    """Whether the situation alone does not rule it out; what hangs on a field is shown with its field."""
    return when is None or not when.situations or situation in when.situations
