"""`/verify/{token}`: whoever is given a print checks it, by its square code and without a login (核验)."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from domain.errors import NotFound
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.views.verifications import checked

router = APIRouter(include_in_schema=False)


@router.get("/verify/{token}")
def verify(token: str, ctx: Ctx) -> HTMLResponse:
    """What was printed, by whom, and whether it still counts; 404 where nothing was printed with this code."""
    try:
        with ctx.database.read() as session:
            found = checked(session, ctx, token)
    except NotFound as missing:
        return render(ctx, "track/verify.html", status=404, found=None, wrong=missing.sentence)
    return render(ctx, "track/verify.html", found=found, wrong="")
