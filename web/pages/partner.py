"""What is exchanged with a network (合作方往来)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from domain.terms import Partner
from web.api import partners
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import Watching
from web.pages.work_lists import exchange_part

router = APIRouter(include_in_schema=False)


@router.get("/partner")
def partner(request: Request, person: Watching, ctx: Ctx, network: str = Partner.SICHUAN) -> HTMLResponse:
    """What was exchanged with one network: its messages, our commands, the log."""
    chosen = Partner(network) if network in set(Partner) else Partner.SICHUAN
    with ctx.database.read() as session:
        parts = {name: exchange_part(session, request, chosen, name) for name in partners.EXCHANGED}
    return render(ctx, "partner/exchange.html", person, partners=list(Partner), chosen=chosen, parts=parts)
