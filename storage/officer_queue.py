"""The queue of those who decide in the own city (审批队列): its order, its filters, and who has how much of it.

By the law's deadlines, soonest first; what has none (the applicant's turn, a special procedure) after it by number,
and at the end what is decided and to be sent out. Where a matter came from makes no difference to any of this.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session, aliased

from domain.messages import DeadlineKind
from domain.model import Frozen
from domain.terms import Role
from domain.units import Reach
from domain.wire import WireState
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.keyset import Condition, Segment, partial_index
from storage.people.users import UserRow

LEGAL: Final = frozenset({DeadlineKind.ACCEPTANCE, DeadlineKind.DECISION_STATUTORY, DeadlineKind.RESULT_DELIVERY})
"""Clocks of the law itself (行政许可法第三十二、四十二、四十四条); a promised limit is never longer."""

SOMETHING_MAY_FOLLOW: Final = (
    "(wire_state IN ('SUBMITTED', 'RECEIVED', 'AWAITING_SUPPLEMENT', 'SUPPLEMENTED', 'UNDER_REVIEW', 'SUSPENDED')"
    " OR (wire_state = 'DECIDED' AND (result_travels OR originals_travel)))"
)
"""`domain.wire.MAY_FOLLOW` of a handling as the officer may use it: once decided, a dispatch only of something."""
_UNDECIDED: Final = f"partner IS NULL AND decision IS NULL AND {SOMETHING_MAY_FOLLOW}"
_TO_DISPATCH: Final = f"partner IS NULL AND decision IS NOT NULL AND {SOMETHING_MAY_FOLLOW}"
_OPEN: Final = f"partner IS NULL AND {SOMETHING_MAY_FOLLOW}"

partial_index("ix_handling_undecided", HandlingRow.handling_no, where=_UNDECIDED)
partial_index("ix_handling_to_dispatch", HandlingRow.handling_no, where=_TO_DISPATCH)
_BY_DEADLINE: Final = (HandlingRow.legal_due_at, HandlingRow.handling_no, HandlingRow.department)
partial_index("ix_handling_undecided_due", *_BY_DEADLINE, where=_UNDECIDED)
partial_index("ix_handling_to_dispatch_due", *_BY_DEADLINE, where=_TO_DISPATCH)
_BY_HOLDER: Final = (HandlingRow.held_by, HandlingRow.wire_state, HandlingRow.proposal_id, HandlingRow.department)
partial_index("ix_handling_held", *_BY_HOLDER, where=_OPEN)

_ITEMS_LOOKED_AT: Final = 500


class QueueState(StrEnum):
    """What a handling in the queue waits for; the value is what addresses say."""

    ACCEPTANCE = "acceptance"  # to be accepted, refused, or sent back for papers
    REVIEW = "review"
    APPLICANT = "applicant"  # papers are wanted
    PROCEDURE = "procedure"  # a special procedure, during which no clock runs
    SECOND = "second"  # a proposal waits for another officer
    LATE = "late"  # a limit of the law is over
    DISPATCH = "dispatch"  # decided, to be sent out


_WIRE: Final = {
    QueueState.ACCEPTANCE: (WireState.SUBMITTED, WireState.RECEIVED, WireState.SUPPLEMENTED),
    QueueState.REVIEW: (WireState.UNDER_REVIEW,),
    QueueState.APPLICANT: (WireState.AWAITING_SUPPLEMENT,),
    QueueState.PROCEDURE: (WireState.SUSPENDED,),
    QueueState.DISPATCH: (WireState.DECIDED,),
}


class QueueFilter(Frozen):
    """What of the queue is asked for; None: everything. `held_by` "": what nobody has taken."""

    item_code: str | None = None
    state: QueueState | None = None
    held_by: str | None = None


class Load(Frozen):
    """What one officer has: handlings that are undecided, of these over a limit of the law, and to be sent out."""

    officer: str
    undecided: int = 0
    late: int = 0
    to_dispatch: int = 0


class Counts(Frozen):
    """How much there is of each state, and who has how much of it. `free`: undecided ones that nobody has.

    `soon`: undecided ones whose limit of the law ends today.
    """

    of_state: dict[QueueState, int]
    loads: tuple[Load, ...]
    free: int
    soon: int

    @property
    def undecided(self) -> int:
        """All that is undecided."""
        return sum(
            self.of_state[state]
            for state in (QueueState.ACCEPTANCE, QueueState.REVIEW, QueueState.APPLICANT, QueueState.PROCEDURE)
        )


def legal_due_at(handling: HandlingRow, running: Iterable[DeadlineRow]) -> datetime | None:
    """The soonest end of the law's clocks of this handling among the `running` ones of its case; None: none runs."""
    ends = (c.due_at for c in running if c.handling_no == handling.handling_no and DeadlineKind(c.kind) in LEGAL)
    return min(ends, default=None)


def officer_list(
    wanted: QueueFilter = QueueFilter(),  # noqa: B008  # frozen
    *,
    now: datetime | None = None,
    undecided_only: bool = False,
) -> tuple[Segment, ...]:
    """Handlings about which an officer may say something: the undecided, then what is to be sent out.

    Each by the law's deadline; those without one behind them by number. `now`: needed for what is late.
    """
    fits = tuple(_fits(wanted, now))
    parts = [] if wanted.state is QueueState.DISPATCH else [_UNDECIDED]
    if not undecided_only and wanted.state in (None, QueueState.DISPATCH):
        parts.append(_TO_DISPATCH)
    return tuple(segment for part in parts for segment in _by_deadline(part, fits))


def newest_list() -> tuple[Segment, ...]:
    """The undecided, the last that came first."""
    return (Segment(where=(text(_UNDECIDED),), id=HandlingRow.handling_no, descending=True),)


def _by_deadline(part: str, fits: tuple[Condition, ...]) -> Iterable[Segment]:
    due, no = HandlingRow.legal_due_at, HandlingRow.handling_no
    yield Segment(where=(text(part), text("legal_due_at IS NOT NULL"), *fits), at=due, id=no)
    yield Segment(where=(text(part), text("legal_due_at IS NULL"), *fits), id=no)


def _fits(wanted: QueueFilter, now: datetime | None) -> Iterable[Condition]:
    if wanted.item_code is not None:
        case = aliased(CaseRow)  # the list that is asked may join the case itself
        yield exists().where(case.case_no == HandlingRow.case_no, case.item_code == wanted.item_code)
    if wanted.state in _WIRE:
        yield HandlingRow.wire_state.in_(_WIRE[wanted.state])
    elif wanted.state is QueueState.SECOND:
        yield HandlingRow.proposal_id.is_not(None)
    elif wanted.state is QueueState.LATE:
        yield HandlingRow.legal_due_at < now
    if wanted.held_by is not None:
        nobody = HandlingRow.held_by.is_(None)
        yield nobody if wanted.held_by == "" else HandlingRow.held_by == wanted.held_by


def counts_of(
    session: Session,
    now: datetime,
    end_of_today: datetime,
    within: tuple[Condition, ...] = (),
    units: Reach | None = None,
) -> Counts:
    """The queue in numbers, with each officer who may have something of it, also who has nothing.

    `within`: what of it counts (`storage.cases.within.handlings_within`). `units`: whose officers are named; None: all.
    """
    waits = HandlingRow.proposal_id.is_not(None)
    columns = (HandlingRow.held_by, HandlingRow.wire_state, waits)
    rows = session.execute(select(*columns, func.count()).where(text(_OPEN), *within).group_by(*columns)).all()
    over = select(HandlingRow.held_by, func.count()).where(text(_UNDECIDED), HandlingRow.legal_due_at < now, *within)
    late = {row[0]: int(row[1]) for row in session.execute(over.group_by(HandlingRow.held_by))}
    ends_today = HandlingRow.legal_due_at.between(now, end_of_today)
    today = select(func.count()).where(text(_UNDECIDED), ends_today, *within)
    of_state = dict.fromkeys(QueueState, 0) | {QueueState.LATE: sum(late.values())}
    held: dict[str | None, list[int]] = {}
    for who, wire, proposed, count in rows:
        state = next(each for each, wires in _WIRE.items() if wire in wires)
        of_state[state] += count
        of_state[QueueState.SECOND] += count if proposed else 0
        held.setdefault(who, [0, 0])[state is QueueState.DISPATCH] += count
    names = sorted({*officers(session, units), *(who for who in held if who is not None)})
    loads = tuple(
        Load(
            officer=who, undecided=held.get(who, [0, 0])[0], late=late.get(who, 0), to_dispatch=held.get(who, [0, 0])[1]
        )
        for who in names
    )
    return Counts(of_state=of_state, loads=loads, free=held.get(None, [0, 0])[0], soon=session.scalar(today) or 0)


def held_by(session: Session, names: Collection[str]) -> dict[str, int]:
    """Name → handlings that somebody has taken and about which something may follow; nobody who has none."""
    counted = select(HandlingRow.held_by, func.count()).where(text(_OPEN), HandlingRow.held_by.in_(names))
    return {str(name): count for name, count in session.execute(counted.group_by(HandlingRow.held_by))}


def officers(session: Session, units: Reach | None = None) -> list[str]:
    """User names of those who may decide today; `units`: only who stands within it."""
    named = select(UserRow.username).filter_by(role=Role.OFFICER, active=True)
    if units is not None and not units.whole:
        named = named.where(UserRow.unit_id.in_(sorted(units.units)))
    return list(session.scalars(named))


def items_waiting(session: Session, chosen: str | None, within: tuple[Condition, ...] = ()) -> list[tuple[str, str]]:
    """(code, name) of the items of the most urgent handlings, by name, and of the one that is chosen."""
    urgent = select(HandlingRow.case_no).where(text(_UNDECIDED), *within).order_by(HandlingRow.legal_due_at)
    some = urgent.limit(_ITEMS_LOOKED_AT).subquery()
    told = select(CaseRow.item_code, CaseRow.item_name).distinct()
    found = session.execute(told.where(CaseRow.case_no.in_(select(some.c.case_no))))
    items = {str(row.item_code): str(row.item_name) for row in found}
    if chosen is not None and chosen not in items:
        name = session.scalar(select(CaseRow.item_name).filter_by(item_code=chosen).limit(1))
        items |= {chosen: name} if name is not None else {}
    return sorted(items.items(), key=lambda item: item[1])
