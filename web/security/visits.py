"""An applicant's visit in his browser: a cookie of half an hour in place of a login, so no address says whose it is."""

from fastapi import Request, Response

from storage.cases.applicant_sessions import Visit, end_visit, open_visit, visit_of
from web.foundation.context import Context

COOKIE = "kuayu_track"
PATH = "/track"


def begin(request: Request, response: Response, ctx: Context, visit: Visit) -> None:
    """Open a visit and give its cookie: hidden from scripts, sent by other sites only when they lead here."""
    with ctx.database.write() as session:
        token = open_visit(session, visit, ctx.now())
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=secure, path=PATH)


def visiting(request: Request, ctx: Context) -> Visit | None:
    """Whose case the browser may see; None without a visit that holds."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with ctx.database.read() as session:
        return visit_of(session, token, ctx.now())


def leave(request: Request, response: Response, ctx: Context) -> None:
    """End the visit, if there is one."""
    with ctx.database.write() as session:
        end_visit(session, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path=PATH)
