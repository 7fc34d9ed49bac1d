"""The list of cases on a page (办件列表): a saved view, filters as chips, rows, and how much there is."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.terms import CaseStatus, Role, Scheme
from storage.cases.case_list import CaseFilter, read_cases, wanted_cases
from storage.cases.within import own_cases
from storage.keyset import Condition, Mark, Page, Segment, count_up_to, narrowed
from storage.people.account_list import accounts_within
from storage.people.users import LoggedIn, UserRow
from web.foundation.context import Context
from web.foundation.paging import LIVE, Part, turned
from web.views.case_lines import lines_shown, place_name
from web.views.saved_views import View, filter_of
from web.views.todo import COUNTED_TO, shown_count

_SIZE: Final = 50
_SEARCHED: Final = 60
_OPEN_SEGMENTS: Final = 2
"""Of the three of a list the first two have what is open."""


class Asked(Frozen):
    """What the address of a list asks; what is not understood is left out."""

    view: View
    statuses: tuple[CaseStatus, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    region: str | None = None
    q: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As members of a query."""
        many = [("status", str(s)) for s in self.statuses] + [("scheme", str(s)) for s in self.schemes]
        more = [("region", self.region or ""), ("q", self.q)]
        return [("view", str(self.view)), *many, *(pair for pair in more if pair[1])]

    def wanted(self, person: LoggedIn, ctx: Context) -> CaseFilter:
        """As a filter of the list."""
        more: dict[str, Any] = self.model_dump(exclude={"view"})
        return filter_of(self.view, person.username, ctx.now(), **more)


def asked_of(request: Request, default: View) -> Asked:
    """What a request asks; a search without a view looks through everything."""
    query = request.query_params
    q = query.get("q", "").strip()[:_SEARCHED]
    view = query.get("view", "")
    return Asked(
        view=View(view) if view in set(View) else View.ALL if q or query.get("region") else default,
        statuses=tuple(CaseStatus(s) for s in dict.fromkeys(query.getlist("status")) if s in set(CaseStatus)),
        schemes=tuple(Scheme(s) for s in dict.fromkeys(query.getlist("scheme")) if s in set(Scheme)),
        region=query.get("region", "")[:6] or None,
        q=q,
    )


def queue_shown(session: Session, ctx: Context, request: Request, person: LoggedIn, default: View) -> dict[str, Any]:
    """Everything that `clerk/queue.html` draws: `asked`, `views`, `chips`, `choices`, `part`, `path`, `clerks`."""
    asked = asked_of(request, default)
    path = request.url.path.removesuffix(LIVE)
    theirs = own_cases(session, person)
    segments = narrowed(wanted_cases(session, asked.wanted(person, ctx)), theirs)
    mine = person.role is Role.CLERK
    return {
        "asked": asked,
        "path": path,
        "views": [
            _view(session, ctx, person, path, view, asked, theirs) for view in View if mine or view is not View.MINE
        ],
        "chips": list(_chips(asked, path)),
        "choices": {
            "status": [(s, s.label, s in asked.statuses) for s in CaseStatus],
            "scheme": [(s, s.label, s in asked.schemes) for s in Scheme],
        },
        "part": _part(session, ctx, request, segments),
        "there": shown_total(count_up_to(session, segments, 201)),
        "clerks": _clerks(session, person),
        "acts": person.role in (Role.CLERK, Role.SUPERVISOR),
    }


def shown_total(n: int) -> str:
    """How many a bulk action could take: 37, or 超过 200."""
    return str(n) if n <= 200 else "超过 200"


def due_today(session: Session, ctx: Context, person: LoggedIn) -> tuple[int, int]:
    """How many cases are over their time, and how many end today; counted to 99 and one more."""
    theirs = own_cases(session, person)
    today = narrowed(wanted_cases(session, filter_of(View.TODAY, person.username, ctx.now())), theirs)
    over = narrowed(wanted_cases(session, CaseFilter(due=ctx.now())), theirs)
    late = count_up_to(session, over, COUNTED_TO + 1)
    return late, max(count_up_to(session, today, COUNTED_TO + 1) - late, 0)


def _part(session: Session, ctx: Context, request: Request, segments: tuple[Segment, ...]) -> Part:
    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_cases(session, segments, size=size, after=after)
        return Page(rows=lines_shown(session, ctx, page.rows), next=page.next)

    return turned(session, request, "cases", segments, read, size=_SIZE)


def _view(
    session: Session, ctx: Context, person: LoggedIn, path: str, view: View, asked: Asked, theirs: tuple[Condition, ...]
) -> dict[str, Any]:
    """A tab: its name, its address, and how many open cases it has (none said of the whole list)."""
    count = ""
    if view is not View.ALL:
        segments = wanted_cases(session, filter_of(view, person.username, ctx.now()))[:_OPEN_SEGMENTS]
        counted = count_up_to(session, narrowed(segments, theirs), COUNTED_TO + 1)
        count = shown_count(counted) if counted else ""
    pairs = asked.model_copy(update={"view": view}).pairs
    here = view is asked.view
    return {"view": view, "label": view.label, "href": _address(path, pairs), "count": count, "here": here}


def _chips(asked: Asked, path: str) -> Iterator[dict[str, str]]:
    """Each condition with the address that is without it."""
    labels: dict[tuple[str, str], str] = {
        **{("status", str(s)): s.label for s in asked.statuses},
        **{("scheme", str(s)): s.label for s in asked.schemes},
        ("region", asked.region or ""): place_name(asked.region) if asked.region else "",
        ("q", asked.q): f"“{asked.q}”",
    }
    for pair in asked.pairs:
        if pair in labels:
            yield {"label": labels[pair], "href": _address(path, [each for each in asked.pairs if each != pair])}


def _clerks(session: Session, person: LoggedIn) -> list[str]:
    """Who may look after a case, of those who stand where this person covers."""
    clerks = select(UserRow.username).filter_by(role=Role.CLERK, active=True).where(*accounts_within(person))
    return list(session.scalars(clerks.order_by(UserRow.username)))


def _address(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}"
