"""What a browser gets where a program gets a problem: a page that says what is the matter and one way on."""

import json
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from storage.people.users import LoggedIn
from web.foundation.context import Context, context
from web.foundation.problems import TooBusy
from web.pages.rendering import START, refused
from web.security.session import caller

_PROGRAMS: Final = ("/api/", "/callbacks/", "/static/", "/openapi.json", "/healthz", "/readyz", "/metrics")
_APPLICANTS: Final = ("/track", "/t/", "/verify")
_WHAT: Final = {
    400: "这个网址不完整，或者有打不出来的字符",
    403: "这个页面由其他岗位使用",
    404: "没有这个页面",
    405: "这一步要从页面上的按钮进入",
    409: "这件事刚刚有了变化",
    413: "内容太大，没有收下",
    422: "网址里有内容不对",
    429: "现在人多，请稍后再试",
    500: "系统出错了",
    503: "系统暂时不可用",
}
_WHY: Final = {
    404: "可能是网址抄错了，或者页面已经换了地方。",
    405: "请不要刷新提交过的页面，重新进入就好，已经提交的不会丢。",
    500: "错误已经记下，运维人员会处理。请过一会儿再试；急办的请找大厅。",
    503: "请过一会儿再试。已经提交的都在，不用重复提交。",
}


def install(app: FastAPI) -> None:
    """Let every problem that is installed so far be a page for who asks for one; after `problems.install`."""
    for kind, answer in list(app.exception_handlers.items()):
        if not iscoroutinefunction(answer):  # the framework's own, for what is no HTTP
            app.add_exception_handler(kind, _for_browsers(answer))


def wants_page(request: Request) -> bool:
    """Whether somebody looks at the answer: a browser says that it takes HTML, and programs have their own paths."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_PROGRAMS)


def _for_browsers(answer: Callable[..., Any]) -> Callable[[Request, Exception], Response]:
    def answered(request: Request, error: Exception) -> Response:
        problem: Response = answer(request, error)
        return _page(request, problem) if wants_page(request) else problem

    return answered


def _page(request: Request, problem: Response) -> Response:
    """The same refusal as a page with its status and headers; the way on is where one came from."""
    ctx, status = context(request), problem.status_code
    person = _person(request, ctx) if status < 500 else None
    href, link = _way_on(request, person)
    said = str(json.loads(bytes(problem.body))["detail"])
    why = _WHY.get(status, said)
    page = refused(ctx, person, status, _WHAT.get(status, "没有办成"), href, link, why=why)
    if "retry-after" in problem.headers:
        page.headers["Retry-After"] = problem.headers["retry-after"]
    return page


def _way_on(request: Request, person: LoggedIn | None) -> tuple[str, str]:
    if request.url.path.startswith(_APPLICANTS):
        return "/track", "去进度查询"
    return (START[person.role], "回到我的页面") if person is not None else ("/", "回到首页")


def _person(request: Request, ctx: Context) -> LoggedIn | None:
    try:
        return caller(request, ctx)
    except (SQLAlchemyError, TooBusy):
        return None
