"""Pages from templates: who may see which, what every page knows, times as people in the hall read them."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from domain.errors import BadInput
from domain.people import SessionStage
from domain.terms import Role
from logistics.service_calendar import CHINA
from storage.cases.within import tasks_within
from storage.keyset import count_up_to, narrowed
from storage.people.users import LoggedIn
from storage.work_lists import TaskOrder, task_list
from web.api.tasks import owned_by
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, status_of
from web.security.devices import on_a_device
from web.security.objects import check_objects
from web.security.places import Within, check_place
from web.security.session import caller, step_of
from web.views import wording
from web.views.todo import COUNTED_TO, shown_count

START: dict[Role, str] = {
    Role.CLERK: "/window",
    Role.OFFICER: "/officer",
    Role.SUPERVISOR: "/supervisor",
    Role.AUDITOR: "/supervisor",
    Role.OUTLET: "/scan",
    Role.COURIER: "/scan",
    Role.OPERATOR: "/status",
    Role.SECURITY: "/accounts",
}
"""Where each role begins its day."""

STEPS: dict[SessionStage, str] = {
    SessionStage.SECOND_FACTOR: "/login/second",
    SessionStage.PASSWORD_CHANGE: "/login/password",
}
"""Where a login that is not through goes on."""

WINDOW = (Role.CLERK,)
CASE = (Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
OFFICER = (Role.OFFICER,)
SCAN = (Role.OUTLET, Role.COURIER, Role.CLERK)
DEVICES = (Role.OUTLET, Role.SUPERVISOR, Role.SECURITY)
AUDIT = (Role.AUDITOR,)
ACCOUNTS = (Role.SECURITY,)
ACCOUNT_LIST = (Role.SECURITY, Role.OPERATOR)
SUPERVISE = (Role.SUPERVISOR, Role.AUDITOR)
WATCH = (*SUPERVISE, Role.OPERATOR)

_MENU = (
    ("/window", "今天", WINDOW),
    ("/cases", "办件", CASE),
    ("/officer", "审批", OFFICER),
    ("/scan", "扫描", SCAN),
    ("/supervisor", "督办", SUPERVISE),
    ("/devices", "设备", DEVICES),
    ("/partner", "合作方往来", WATCH),
    ("/status", "系统状况", WATCH),
    ("/audit", "审计", AUDIT),
    ("/accounts", "账号", ACCOUNT_LIST),
    ("/units", "单位", ACCOUNTS),
)


class Detour(Exception):
    """Raised instead of a page: the visitor gets `response`, to the login or a page that refuses kindly."""

    def __init__(self, response: Response) -> None:
        self.response = response


def install(app: FastAPI) -> None:
    """Let a raised Detour be answered with its response."""

    @app.exception_handler(Detour)
    def _detour(_request: Request, detour: Detour) -> Response:
        return detour.response


def visitor(*roles: Role, within: Within = Within.UNIT) -> Callable[[Request, Ctx], LoggedIn]:
    """A dependency that gives the visitor, who has one of `roles`, stands where he has to, and may see what is named.

    Raises:
        Detour: to the login and back, or a page that says why not (403 for another role or place, 404 for what is not
            there for him) and leads to his own start.
    """

    def check(request: Request, ctx: Ctx) -> LoggedIn:
        person = caller(request, ctx)
        if person is None:
            query = f"?{request.url.query}" if request.url.query else ""
            back = request.url.path + query
            step = step_of(request, ctx)
            if step is not None:
                raise Detour(RedirectResponse(next_page(step.stage, back), 303))
            raise Detour(RedirectResponse(f"/login?next={quote(back, safe='')}", 303))
        ctx.auditor.known(request, person)
        if person.role not in roles:
            answer = refused(ctx, person, 403, "这个页面由其他岗位使用", START[person.role], "回到我的页面")
            raise Detour(answer)
        try:
            on_a_device(request, ctx, person)
        except Forbidden as lacking:
            raise Detour(refused(ctx, person, 403, lacking.sentence, "/scan", "打开扫描")) from lacking
        try:
            check_place(person, within)
            check_objects(request, ctx, person)
        except BadInput as refusal:
            raise Detour(_not_his(ctx, person, refusal)) from None
        ctx.auditor.seen(request, person)
        return person

    return check


def _not_his(ctx: Context, person: LoggedIn, refusal: BadInput) -> HTMLResponse:
    """The way on is his own page; of who stands nowhere, his account."""
    nowhere = isinstance(refusal, Forbidden) and person.reach.unit is None
    href, link = ("/account", "我的账号") if nowhere else (START[person.role], "回到我的页面")
    return refused(ctx, person, status_of(refusal), refusal.sentence, href, link)


def next_page(stage: SessionStage, target: str) -> str:
    """Where somebody goes who is on the way to `target`, a path of ours: there, or first to the step that he is at."""
    return target if stage is SessionStage.OPEN else f"{STEPS.get(stage, '/login')}?next={quote(target, safe='')}"


def refused(
    ctx: Context, person: LoggedIn | None, status: int, what: str, href: str, link: str, *, why: str = ""
) -> HTMLResponse:
    """A page with one sentence, why it is so, and one way on: `href`, shown as `link`."""
    return render(ctx, "refused.html", person, status=status, what=what, why=why, href=href, link=link)


def render(
    ctx: Context, template: str, person: LoggedIn | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A whole page or a part of one; `values` go to the template beside what all of them know."""
    menu = [(href, label) for href, label, roles in _MENU if person is not None and _opens(person, href, roles)]
    text = _environment.get_template(template).render(
        person=person,
        role_label=wording.ROLES[person.role] if person else "",
        menu=menu,
        frame=_frame(ctx, person),
        now=ctx.now(),
        time_scale=ctx.settings.time_scale,
        sandbox=ctx.settings.sandbox,
        words=wording,
        fresh_key=lambda: secrets.token_hex(16),
        hall_phone=ctx.settings.hall_phone,
        unified=ctx.settings.oidc.is_set,
        **values,
    )
    return HTMLResponse(text, status)


def _opens(person: LoggedIn, href: str, roles: tuple[Role, ...]) -> bool:
    """Whether a page of the menu lets somebody in."""
    reach = person.reach
    here = {"/status": reach.whole, "/audit": reach.whole, "/partner": reach.whole or bool(reach.networks)}
    return person.role in roles and here.get(href, reach.unit is not None)


_TASKS_AT = {
    Role.CLERK: "/window#todo",
    Role.SUPERVISOR: "/supervisor#todo",
    Role.AUDITOR: "/supervisor#todo",
    Role.OPERATOR: "/status#todo",
}
"""Where the open tasks stand that a role sees."""


def _frame(ctx: Context, person: LoggedIn | None) -> dict[str, Any]:
    """What the frame around the pages shows this person, by what the role may do; nothing to who is not logged in.

    `waits`: how many open tasks, in figures, and `todo` where they stand; both empty for who has no such place.
    """
    role = person.role if person is not None and person.reach.unit is not None else None
    frame = {
        "searches": role in CASE,
        "starts": role in WINDOW,
        "away_since": ctx.engine.away_since if person is not None else None,
        "waits": "",
        "todo": _TASKS_AT.get(role, "") if role is not None else "",
    }
    if person is not None and frame["todo"]:
        with ctx.database.read() as session:
            mine = narrowed(task_list(TaskOrder.NEW, owner=owned_by(person)), tasks_within(person))
            waiting = count_up_to(session, mine, COUNTED_TO + 1)
        frame["waits"] = shown_count(waiting)
    return frame


def when(moment: datetime | str | None) -> str:
    """11月23日 14:05, of the hall's clock; — for nothing."""
    if not moment:
        return "—"
    local = _moment(moment).astimezone(CHINA)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def left(moment: datetime | str | None, now: datetime, workdays: int | None = None) -> str:
    """How long until a boundary, in words that need no colour: 剩 3 个工作日, 今天 16:00 到期, 已超期 2 天.

    `workdays`: working days left, where the law counts those; None where hours and days are meant.
    """
    if not moment:
        return ""
    at = _moment(moment)
    seconds = (at - now).total_seconds()
    if seconds < 0:
        return f"已超期 {_span(-seconds)}"
    if at.astimezone(CHINA).date() == now.astimezone(CHINA).date():
        return f"今天 {at.astimezone(CHINA):%H:%M} 到期"
    return f"剩 {workdays} 个工作日" if workdays else f"剩 {_span(seconds)}"


def waited(since: datetime, now: datetime) -> str:
    """For how long, in the largest unit that fits: 3 天, 2 小时, 5 分钟."""
    return _span((now - since).total_seconds())


def urgency(moment: datetime | str | None, now: datetime) -> str:
    """`late` after a boundary, `soon` on its day, else `plain`; the word for it is in `left`."""
    if not moment:
        return "plain"
    at = _moment(moment)
    if at < now:
        return "late"
    return "soon" if at.astimezone(CHINA).date() == now.astimezone(CHINA).date() else "plain"


def _moment(moment: datetime | str) -> datetime:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _span(seconds: float) -> str:
    if seconds >= 86_400:
        return f"{int(seconds // 86_400)} 天"
    if seconds >= 3_600:
        return f"{int(seconds // 3_600)} 小时"
    return f"{max(int(seconds // 60), 1)} 分钟"


_environment = Environment(
    loader=PackageLoader("web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters |= {"when": when, "left": left, "urgency": urgency}
