"""How long a body may be, by path, before anything of it is read or kept."""

from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from catalog.exchange import MAX_BYTES as MAX_LIST_BYTES
from storage.documents.store import MAX_BYTES as MAX_DOCUMENT_BYTES
from web.foundation.problems import BodyTooLarge

MAX_JSON_BYTES: Final = 1024 * 1024
MAX_FORM_BYTES: Final = 64 * 1024
_MARGIN: Final = 64 * 1024
"""What a route reads and refuses by itself it refuses first, in its own words."""


class Allowed(NamedTuple):
    """So many bytes on the wire; `code` and `sentence` of the refusal."""

    most: int
    code: str = "TOO_LARGE"
    sentence: str = "内容过大"


_API: Final = Allowed(MAX_JSON_BYTES)
_PAGE: Final = Allowed(MAX_FORM_BYTES)
_BY_PREFIX: Final = (
    ("/api/v1/documents:", _API),
    ("/api/v1/documents", Allowed(MAX_DOCUMENT_BYTES + _MARGIN, "DOCUMENT_TOO_LARGE", "文件超过 20 MB")),
    ("/api/v1/agreements", Allowed(MAX_LIST_BYTES + _MARGIN, "LIST_TOO_LARGE", "清单文件超过20 MB，请检查。")),
    ("/api/v1/scans:batch", Allowed(2 * 1024 * 1024 + _MARGIN)),
    ("/api/", _API),
    ("/window/new", Allowed(256 * 1024 + _MARGIN)),
)


def allowed(path: str) -> Allowed | None:
    """What a path takes; None where a wire's own order of checks holds (contracts.md "Common rules")."""
    if path.startswith("/callbacks/"):
        return None
    return next((limit for prefix, limit in _BY_PREFIX if path.startswith(prefix)), _PAGE)


def announces_more(headers: Headers, limit: Allowed) -> bool:
    """Whether `Content-Length` says that it will be too much."""
    said = headers.get("content-length", "")
    return said.isascii() and said.isdecimal() and (len(said) > 18 or int(said) > limit.most)


def counted(receive: Receive, limit: Allowed) -> Receive:
    """`receive`, which gives no more than is allowed.

    Raises:
        BodyTooLarge: from within, as soon as it is more.
    """
    left = limit.most

    async def count() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                raise BodyTooLarge(limit.sentence, limit.code)
        return message

    return count
