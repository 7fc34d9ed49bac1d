"""Turning pages: an opaque place in a list for programs, the next page's address and how much there is for people."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session

from domain.model import Frozen
from storage.keyset import Mark, Page, Segment, count_up_to, strange_mark

After = Annotated[str | None, Query(max_length=300, description="`next` of the page before")]
"""Where a page begins."""

LIVE: Final = "/live"
"""Where the changing part of a page is fetched; its links lead to the page."""

COUNTED_TO: Final = 200
"""So far is counted for people; whether there are 10,000 or 12,000 more changes nothing that they do."""


def mark_of(after: str | None) -> Mark | None:
    """The place in a list that `after` names; None and empty text: its beginning.

    Raises:
        BadInput: it was never given out (`CURSOR`).
    """
    if not after:
        return None
    try:
        return Mark.model_validate_json(base64.urlsafe_b64decode(after.encode()))
    except (ValueError, ValidationError) as fault:
        raise strange_mark() from fault


def token_of(mark: Mark | None) -> str | None:
    """`mark` as it goes outside: opaque URL-safe Base64; None stays None."""
    if mark is None:
        return None
    return base64.urlsafe_b64encode(mark.model_dump_json(exclude_defaults=True).encode()).decode()


class Part(Frozen):
    """One page of a list as people see it.

    `newest`: what has just come and stands on a later page. `said`: how much there is, where not all of it is shown.
    `next`, `first`: addresses of the next page and of the first; None where there is none, or this is it.
    """

    rows: tuple[dict[str, Any], ...]
    newest: tuple[dict[str, Any], ...] = ()
    said: str = ""
    next: str | None = None
    first: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows and not self.newest


def how_many(session: Session, segments: Sequence[Segment], shown: int) -> str:
    """共 37 件，本页 20 件; above 200 no number is counted: 共 200 件以上，本页 20 件."""
    counted = count_up_to(session, segments, COUNTED_TO + 1)
    there = f"{COUNTED_TO} 件以上" if counted > COUNTED_TO else f"{counted} 件"
    return f"共 {there}，本页 {shown} 件"


def turned(
    session: Session,
    request: Request,
    name: str,
    segments: Sequence[Segment],
    read: Callable[[int, Mark | None], Page[dict[str, Any]]],
    *,
    size: int,
) -> Part:
    """The page of a list that the request asks for, in its query under `name`; with the addresses around it.

    `read`: (size, mark) → a page of rows as JSON.

    Raises:
        BadInput: the query names a place that was never given out (`CURSOR`).
    """
    after = mark_of(request.query_params.get(name))
    page = read(size, after)
    alone = after is None and page.next is None
    return Part(
        rows=tuple(page.rows),
        said="" if alone else how_many(session, segments, len(page.rows)),
        next=address(request, name, token_of(page.next)) if page.next else None,
        first=address(request, name, None) if after else None,
    )


def with_newest(part: Part, key: str, newest: Callable[[], Sequence[dict[str, Any]]]) -> Part:
    """`part` with what has just come, where it is the first page of several: nothing new waits behind old ones.

    `newest` is called only then; rows whose `key` is on the page already are left out.
    """
    if part.first is not None or part.next is None:
        return part
    shown = {row[key] for row in part.rows}
    return part.model_copy(update={"newest": tuple(row for row in newest() if row[key] not in shown)})


def address(request: Request, name: str, token: str | None) -> str:
    """Path and query of this page with its list `name` turned to `token` (None: its beginning); other lists stay."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != name]
    query = urlencode([*kept, (name, token)] if token else kept)
    path = request.url.path.removesuffix(LIVE)
    return f"{path}?{query}" if query else path
