"""A new case (新办件): one page, each part checked as it is filled."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from domain.terms import ApplicantType, IdType
from web.foundation.context import Ctx
from web.pages.item_form import form_values
from web.pages.rendering import render
from web.pages.visitors import WindowVisitor

router = APIRouter(include_in_schema=False)

CONSENT_VERSION = "2026-11"


@router.get("/window/new")
def new_case(person: WindowVisitor, ctx: Ctx, item: str = "", situation: str = "") -> HTMLResponse:
    """The form of a new case. `item`, `situation`: it begins with this item and its form."""
    return render(
        ctx,
        "clerk/new.html",
        person,
        id_types=list(IdType),
        applicant_types=list(ApplicantType),
        consent_version=CONSENT_VERSION,
        given=form_values(ctx.catalogue, item, situation) if ctx.catalogue.get(item) else None,
    )
