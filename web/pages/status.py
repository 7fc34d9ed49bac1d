"""The operator's page (系统状况)."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from catalog.workdays import local_day
from runtime.condition_checks import days_of_keys
from storage.watching import role_queues
from web.api.operations import EngineSaid, health
from web.foundation.context import Ctx
from web.pages.rendering import render, waited
from web.pages.visitors import DistrictWatching
from web.pages.work_lists import task_part
from web.views.condition_history import thirty_days

router = APIRouter(include_in_schema=False)


@router.get("/status")
def status(request: Request, person: DistrictWatching, engine: EngineSaid, ctx: Ctx) -> HTMLResponse:
    """Every part with its remedy and since when, queues, keys, thirty days, and the way to the Temporal UI."""
    now = ctx.now()
    with ctx.database.read() as session:
        tasks = task_part(session, ctx, request, person)
        days = thirty_days(session, now)
        oldest = min((queue.oldest_at for queue in role_queues(session)), default=None)
    shown = health(ctx, engine)
    return render(
        ctx,
        "ops/status.html",
        person,
        health=shown,
        sentence=_sentence(shown["findings"]),
        days=days,
        keys=days_of_keys(ctx.settings, local_day(now)),
        oldest_task=waited(oldest, now) if oldest else "",
        tasks=tasks,
    )


def _sentence(findings: list[dict[str, Any]]) -> str:
    """The page's first line: what is wrong and what helps, the worst of it."""
    failed = [each for each in findings if each["level"] == "fail"]
    warned = [each for each in findings if each["level"] == "warn"]
    if failed:
        first = failed[0]
        more = f"，另有 {len(failed) - 1} 处" if len(failed) > 1 else ""
        return f"{first['what']}：{first['detail']}{more}"
    return f"都在运行；{len(warned)} 处要留意" if warned else "都在运行"
