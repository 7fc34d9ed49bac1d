"""`/verify/{token}`: whoever is given a print checks it, by its square code and without a login (核验)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from domain.errors import NotFound
from web.foundation.context import Ctx
from web.pages.care import CareMode
from web.pages.rendering import render
from web.views.verifications import checked

router = APIRouter(include_in_schema=False)


@router.get("/verify/{token}")
def verify(token: str, ctx: Ctx, care: CareMode) -> HTMLResponse:
    """What was printed, by whom, and whether it still counts; 404 where nothing was printed with this code."""
    plain: dict[str, Any] = {"care": care.on, "case_no": ""}
    try:
        with ctx.database.read() as session:
            found = checked(session, ctx, token)
    except NotFound as missing:
        return render(ctx, "track/verify.html", status=404, found=None, wrong=missing.sentence, **plain)
    return render(ctx, "track/verify.html", found=found, wrong="", **plain)
