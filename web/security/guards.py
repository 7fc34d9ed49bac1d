"""What is refused before any route sees it: strange bytes, JSON that two parsers read differently, another site's page.

Pure ASGI, outermost but for the headers. Programs that send a bearer token are not asked for an Origin.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partners.standards import NotStrictJson, parse_json
from web.foundation.problems import problem
from web.security.bodies import MAX_JSON_BYTES, allowed, announces_more, counted
from web.security.session import COOKIE

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READS_ITS_OWN = ("/callbacks/", "/api/v1/scans:batch", "/api/v1/documents/")  # stricter there, or no JSON at all

Refuse = Callable[[int, str, str], Awaitable[None]]


class Guards:
    """ASGI middleware in front of all routes; refuses with a problem.

    400 `ADDRESS`: unreadable bytes in the address. 403 `ORIGIN`: an unsafe request from another site's page. 413
    `TOO_LARGE` or the route's own: more than `web.security.bodies` allows, said before it is read. 422 `JSON`: not
    strict (contracts.md "Strict parsing").
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with a refusal; what is no HTTP goes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def refuse(status: int, detail: str, code: str) -> None:
            await problem(status, detail, code=code)(scope, receive, send)

        headers = Headers(scope=scope)
        limit = allowed(scope["path"])
        if _unreadable(scope):
            await refuse(HTTPStatus.BAD_REQUEST, "网址中有不能识别的字符", "ADDRESS")
        elif scope["method"] in _UNSAFE and _from_elsewhere(headers, scope["scheme"]):
            await refuse(HTTPStatus.FORBIDDEN, "请在本系统的页面上操作", "ORIGIN")
        elif limit is not None and announces_more(headers, limit):
            await refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit.sentence, limit.code)
        elif _is_json(scope, headers):
            await self._with_strict_json(scope, receive, send, refuse)
        else:
            await self._app(scope, receive if limit is None else counted(receive, limit), send)

    async def _with_strict_json(self, scope: Scope, receive: Receive, send: Send, refuse: Refuse) -> None:
        body = await _whole(receive)
        if body is None:
            await refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "内容过大", "TOO_LARGE")
            return
        if body:
            try:
                parse_json(body)
            except NotStrictJson:
                await refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "内容不是规范的 JSON", "JSON")
                return
        await self._app(scope, _replayed(body, receive), send)


def _unreadable(scope: Scope) -> bool:
    """A NUL or bytes that are not UTF-8 in the path or the query: no database and no log would keep them."""
    raw = (scope.get("raw_path") or scope["path"].encode()) + b"?" + scope["query_string"]
    plain = unquote_to_bytes(raw)
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return b"\x00" in plain


def _from_elsewhere(headers: Headers, scheme: str) -> bool:
    """A page of another site must not act with our cookie; a login must not come from one either (CSRF).

    A browser says where an unsafe request comes from; what brings our cookie without saying so is refused. A page that
    came in clear may be anybody's, so it does not act where we are called over https.
    """
    origin = headers.get("origin")
    if origin is not None:
        from_page = urlsplit(origin)
        return from_page.netloc != headers.get("host") or (scheme == "https" and from_page.scheme != "https")
    bearer = headers.get("authorization", "").lower().startswith("bearer ")
    return not bearer and f"{COOKIE}=" in headers.get("cookie", "")


def _is_json(scope: Scope, headers: Headers) -> bool:
    path = scope["path"]
    if not path.startswith("/api/") or path.startswith(_READS_ITS_OWN) or scope["method"] not in _UNSAFE:
        return False
    return "json" in headers.get("content-type", "").lower()


async def _whole(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is larger than allowed."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_JSON_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then what else comes (a disconnect)."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
