"""The work list of cases (办件列表): most urgent first, then what has no boundary, then what is closed.

What is sought by the beginning of its number comes in the order of numbers, the latest first.

Three segments, each with an index of its own per filter; a case stands in one of them. What is tested besides lies in
the index, so that a search reads no rows with sealed dossiers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, Select, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.messages import Responsible
from domain.model import Frozen
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Scheme
from storage.cases.rows import CaseRow, HandlingRow
from storage.cases.tallies import ItemNameRow
from storage.keyset import Condition, Mark, Page, Segment, count_up_to, partial_index, read_page
from storage.tasks.rows import TaskRow

_OPEN: Final = "closed_at IS NULL"
_DUE: Final = "closed_at IS NULL AND due_at IS NOT NULL"
_NOT_DUE: Final = "closed_at IS NULL AND due_at IS NULL"
_CLOSED: Final = "closed_at IS NOT NULL"
_NUMBER_DIGITS: Final = 8
"""So many digits begin a case number (region and year); a name of an item has never that many."""
_FEW: Final = 2_000
_MANY_NAMES: Final = 200
"""With more names than these what is sought is common, and a walk through the cases soon fills a page."""

_Leading = tuple[str, tuple[InstrumentedAttribute[Any], ...]]
_LEADING: Final[tuple[_Leading, ...]] = (("", ()), ("status_", (CaseRow.status,)), ("keeper_", (CaseRow.keeper,)))
_TESTED: Final = (CaseRow.item_name, CaseRow.status, CaseRow.keeper, CaseRow.awaits, CaseRow.unit_id)
for _name, _of in (*_LEADING, ("awaits_", (CaseRow.awaits,))):
    _last = tuple(column for column in _TESTED if f"{column.key}_" != _name)
    partial_index(f"ix_case_file_{_name}urgent", *_of, CaseRow.due_at, CaseRow.case_no, *_last, where=_OPEN)
    if _name != "awaits_":  # who is awaited is awaited by a clock
        partial_index(f"ix_case_file_{_name}open", *_of, CaseRow.case_no, *_last, where=_NOT_DUE)
        partial_index(f"ix_case_file_{_name}closed", *_of, CaseRow.case_no, *_last, where=_CLOSED)
Index("ix_case_file_scheme_status", CaseRow.scheme, CaseRow.status)
Index("ix_case_file_item_name", CaseRow.item_name, CaseRow.case_no)
Index("ix_handling_case_scheme", HandlingRow.case_no, HandlingRow.scheme)
Index("ix_handling_scheme_case", HandlingRow.scheme, HandlingRow.case_no)
Index("ix_handling_region_case", HandlingRow.region, HandlingRow.case_no)


class CaseLine(Frozen):
    """One line of a list of cases: the columns of `CaseRow` of the same names.

    Nothing sealed is among them, so that no list opens a dossier.
    """

    case_no: str
    item_code: str
    item_name: str
    scheme: str
    mode: str
    status: str
    on_hold: bool
    withdrawal_pending: bool
    registered_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    time_scale: float
    awaits: str | None
    keeper: str | None


class CaseFilter(Frozen):
    """Which cases: all given conditions together; the default is every case.

    `scheme`: any of its handlings is of this network. `due`: open, and its next clock ends by then.
    `q`: the beginning of a case number where it begins with 8 digits, else that or a part of the item's name.
    `statuses`, `schemes`: any of these. `keeper`: whose it is. `awaits`: open, and this party must act before the next
    clock ends. `collect`: papers wait for the applicant at the hall. `region`: any of its handlings is there.
    """

    status: CaseStatus | None = None
    scheme: Scheme | None = None
    due: datetime | None = None
    q: str = ""
    statuses: tuple[CaseStatus, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    keeper: str | None = None
    awaits: Responsible | None = None
    collect: bool = False
    region: str | None = None


class Sought(Frozen):
    """What this database has of what is asked, so that the list takes the way that is quick there.

    `few_of_scheme`, `few_of_region`: the network, the region has at most 2,000 handlings. `names`: the names of items
    that have `q` in them, None where they are not known or too many; `few_of_names`: at most 2,000 cases have one of
    them. `numbered`: a case number may begin with `q`.
    """

    few_of_scheme: bool = False
    few_of_region: bool = False
    names: tuple[str, ...] | None = None
    few_of_names: bool = False
    numbered: bool = True


_UNKNOWN: Final = Sought()
_TO_COLLECT: Final = select(TaskRow.case_no).where(
    text(f"task.resolved_at IS NULL AND task.kind = '{TaskKind.COLLECT_AT_HALL}'"), TaskRow.case_no.is_not(None)
)


def wanted_cases(session: Session, wanted: CaseFilter) -> tuple[Segment, ...]:
    """The segments of the work list, in the form that is quick for this database.

    A network or a name with few cases is looked up first; for one with more each case is tested. What is in no name
    and begins no number is found nowhere, without a look at the cases.
    """
    return case_list(wanted, sought(session, wanted))


def sought(session: Session, wanted: CaseFilter) -> Sought:
    """What the database has of `wanted`: a few looks into indexes, none of them longer in a large district."""
    few = wanted.scheme is not None and _few(session, select(HandlingRow.case_no).filter_by(scheme=wanted.scheme))
    of_region = select(HandlingRow.case_no).filter_by(region=wanted.region)
    few_there = wanted.region is not None and _few(session, of_region)
    q = wanted.q.strip()
    if not q or _is_number(q):
        return Sought(few_of_scheme=few, few_of_region=few_there)
    named = select(ItemNameRow.name).where(ItemNameRow.name.contains(q, autoescape=True)).limit(_MANY_NAMES + 1)
    names = tuple(session.scalars(named))
    begun = select(CaseRow.case_no).where(_begins(q)).limit(1)
    return Sought(
        few_of_scheme=few,
        few_of_region=few_there,
        names=names if len(names) <= _MANY_NAMES else None,
        few_of_names=_few(session, _numbers_of(names)) if len(names) <= _MANY_NAMES else False,
        numbered=q.isascii() and q.isdecimal() and session.scalar(begun) is not None,
    )


def _few(session: Session, numbers: Select[str]) -> bool:
    some = numbers.limit(_FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= _FEW


def count_cases(session: Session, wanted: CaseFilter, segments: Sequence[Segment], bound: int) -> int:
    """How many cases `segments` have, which are those of `wanted`; `bound` at most.

    Those of a network alone are counted by its handlings: in the order of the list most cases are other networks'.
    """
    if wanted.scheme is None or wanted != CaseFilter(scheme=wanted.scheme):
        return count_up_to(session, segments, bound)
    some = select(HandlingRow.case_no).filter_by(scheme=wanted.scheme).distinct().limit(bound).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def case_list(wanted: CaseFilter, sought: Sought = _UNKNOWN) -> tuple[Segment, ...]:
    """The segments of the work list: what ends first, then open cases without a clock, then closed ones.

    A `q` that is the beginning of a number gives one segment in the order of numbers, latest first.
    No segment where nothing can fit. Without `sought` each case is tested, which is right and slow where few fit.
    """
    if sought.names == () and not sought.numbered:
        return ()
    fits = _fits(wanted, sought)
    if _is_number(wanted.q.strip()) and wanted.due is None:
        return (Segment(where=fits, id=CaseRow.case_no, descending=True),)
    urgent = Segment(where=(text(_DUE), *fits), at=CaseRow.due_at, id=CaseRow.case_no)
    if wanted.due is not None:
        return (Segment(where=(*urgent.where, CaseRow.due_at <= wanted.due), at=CaseRow.due_at, id=CaseRow.case_no),)
    if wanted.awaits is not None:
        return (urgent,)
    rest = (Segment(where=(text(each), *fits), id=CaseRow.case_no, descending=True) for each in (_NOT_DUE, _CLOSED))
    return (urgent, *rest)


def read_cases(
    session: Session, segments: Sequence[Segment], *, size: int, after: Mark | None = None, skip: int = 0
) -> Page[CaseLine]:
    """One page of `segments`: `size` lines at most, after the mark `after` or without the first `skip`.

    Raises:
        BadInput: `after` is no mark of this list.
    """
    numbers = read_page(session, select(CaseRow.case_no), segments, size=size, after=after, skip=skip)
    return Page(rows=lines_of(session, [row.case_no for row in numbers.rows]), next=numbers.next)


def lines_of(session: Session, numbers: Sequence[str]) -> list[CaseLine]:
    """The lines of these cases, in this order; unknown numbers are left out."""
    columns = [getattr(CaseRow, name) for name in CaseLine.model_fields]
    rows = session.execute(select(*columns).where(CaseRow.case_no.in_(numbers))) if numbers else ()
    found = {row.case_no: CaseLine.model_validate(row._asdict()) for row in rows}
    return [found[number] for number in numbers if number in found]


def _fits(wanted: CaseFilter, sought: Sought) -> tuple[Condition, ...]:
    found: list[Condition] = []
    if wanted.status is not None:
        found.append(CaseRow.status == wanted.status)
    if wanted.scheme is not None:
        found.append(_carried_by(wanted.scheme, sought.few_of_scheme))
    if wanted.statuses:
        found.append(CaseRow.status.concat("").in_(wanted.statuses))  # no index but the list's has its order
    if wanted.schemes:
        any_of = HandlingRow.scheme.in_(wanted.schemes)
        found.append(exists().where(HandlingRow.case_no == CaseRow.case_no, any_of))
    if wanted.keeper is not None:
        found.append(CaseRow.keeper == wanted.keeper)
    if wanted.awaits is not None:
        found.append(CaseRow.awaits == wanted.awaits)
    if wanted.collect:
        found.append(CaseRow.case_no.in_(_TO_COLLECT))
    if wanted.region is not None:
        found.append(_handled_in(wanted.region, sought.few_of_region))
    q = wanted.q.strip()
    if q:
        found.append(_begins(q) if _is_number(q) else _named(q, sought))
    return tuple(found)


def _carried_by(scheme: Scheme, few: bool) -> ColumnElement[bool]:
    """Any of its handlings; those of one case may differ, and the case's own scheme is that of its first."""
    if few:
        return CaseRow.case_no.in_(select(HandlingRow.case_no).where(HandlingRow.scheme == scheme))
    return exists().where(HandlingRow.case_no == CaseRow.case_no, HandlingRow.scheme == scheme)


def _handled_in(region: str, few: bool) -> ColumnElement[bool]:
    if few:
        return CaseRow.case_no.in_(select(HandlingRow.case_no).where(HandlingRow.region == region))
    return exists().where(HandlingRow.case_no == CaseRow.case_no, HandlingRow.region == region)


def _named(q: str, sought: Sought) -> ColumnElement[bool]:
    """By its item's name, or by a number that `q` begins."""
    if sought.names is None:
        named = CaseRow.item_name.contains(q, autoescape=True)
    elif sought.few_of_names:
        named = CaseRow.case_no.in_(_numbers_of(sought.names))
    else:
        named = CaseRow.item_name.concat("").in_(sought.names)  # an expression leads to no index but the list's
    return or_(_begins(q), named) if sought.numbered else named


def _numbers_of(names: Sequence[str]) -> Select[str]:
    return select(CaseRow.case_no).where(CaseRow.item_name.in_(names))


def _begins(q: str) -> ColumnElement[bool]:
    return CaseRow.case_no.between(q, q + "Z")  # letters come after digits in every collation, signs may not


def _is_number(q: str) -> bool:
    """The beginning of a number: what fits stands together in the order of numbers, which is that of time."""
    return len(q) >= _NUMBER_DIGITS and q.isascii() and q[:_NUMBER_DIGITS].isdecimal()
