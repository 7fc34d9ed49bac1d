"""The parts of which pages are made, on a page of their own, for whoever designs or photographs them (sandbox only)."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from web.foundation.context import Ctx
from web.pages.rendering import refused, render

router = APIRouter(include_in_schema=False)

_LONG = "生育登记服务证明（夫妻双方户籍均不在本区的）" * 2


@router.get("/dev/parts")
def parts(ctx: Ctx) -> HTMLResponse:
    """Each part in each of its states, with made-up words; 404 where nothing is played."""
    if not ctx.settings.sandbox:
        return refused(ctx, None, 404, "没有这个页面", "/", "回到首页")
    now = ctx.now()
    row = {
        "caseNo": "500103202611280002221",
        "itemName": "失业登记",
        "status": "ACCEPTED",
        "statusLabel": "已受理",
        "onHold": False,
        "closedAt": None,
        "dueAt": now + timedelta(hours=1),
        "who": "王*",
        "where": "成都锦江",
        "holder": "锦江区人社局",
    }
    cases = [
        row,
        row | {"status": "SUPPLEMENT_REQUIRED", "statusLabel": "待补正", "dueAt": now - timedelta(days=2)},
        row
        | {
            "status": "APPROVED",
            "statusLabel": "准予",
            "closedAt": now,
            "itemName": _LONG,
        },
    ]
    times = {"past": now - timedelta(days=2), "today": now + timedelta(minutes=5), "later": now + timedelta(days=5)}
    return render(ctx, "dev/parts.html", cases=cases, times=times)
