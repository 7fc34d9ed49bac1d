"""`/reader`: the identity card on the reader of the window that asks (读卡)."""

from typing import Any

from fastapi import APIRouter, Request

from domain.errors import NotFound
from partners.card_reader import read_card
from web.answers.reader import CardRead
from web.foundation.context import Ctx
from web.security.session import Clerk

router = APIRouter(prefix="/api/v1", tags=["办件"])


@router.get("/reader", operation_id="readCard", response_model=CardRead)
def reader(_clerk: Clerk, request: Request, ctx: Ctx) -> dict[str, Any]:
    """The card that lies on the reader now; our process asks the agent of that window, so that the page asks only us.

    Refused: 404 NO_READER; 409 NO_CARD, READER_AWAY.
    """
    agent = ctx.settings.reader.agent_url
    if not agent:
        raise NotFound("没有配置读卡器，请手工填写", code="NO_READER")
    client = request.client.host if request.client is not None else ""
    return read_card(agent, client).model_dump(mode="json", by_alias=True)
