"""What will be late today and who can still help (今天的风险): a few named cases and doors, and how many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI, local_day
from domain.model import Frozen
from domain.terms import Leg, Role
from logistics.promise_model import PromiseVerdict
from parcels.outlets import outlets_now
from storage.cases.faces import faces_of
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from storage.keyset import count_up_to, read_page
from storage.parcels.legs import LegRow
from storage.watching import due_within, in_danger, waiting_since
from web.foundation.context import Context
from web.foundation.paging import COUNTED_TO
from web.views.helping import Helper, can_be_sent_again, courier_said, helper_of, waits_for
from web.views.wording import LEGS

_DOORS_SHOWN: Final = 4
_DUE_SHOWN: Final = 6
_LATE_SHOWN: Final = 3
_STUCK: Final = timedelta(hours=24)
_IN_DANGER: Final = (PromiseVerdict.BREACHED, PromiseVerdict.AT_RISK)


class Risk(Frozen):
    """A case or a door that will be late. `who`: masked. `waits`: for what. `late`: it is already.

    `person`: whom it waits for; `remind`: his role, None where only a call reaches him, at `contact` if that is known.
    `reminded_at`: when he was reminded last. `leg_id`: of a door to which another courier can be sent.
    """

    case_no: str
    who: str
    item: str
    waits: str
    due_at: datetime | None
    late: bool
    person: str
    remind: Role | None = None
    contact: str = ""
    reminded_at: datetime | None = None
    leg_id: str | None = None
    door: bool = False


class Risks(Frozen):
    """`today`, `late`, `stuck`: how many cases; above 200 nobody counts on. `rows`: the first of them by name."""

    today: int
    late: int
    stuck: int
    doors: int
    rows: tuple[Risk, ...]

    @property
    def sentence(self) -> str:
        """The page's first line."""
        parts = []
        if self.doors:
            parts.append(f"{self.doors} 趟上门可能赶不上")
        if self.today:
            parts.append(f"{counted(self.today)} 件今天到期，现在催还来得及")
        if self.late:
            parts.append(f"{counted(self.late)} 件已超期")
        if self.stuck:
            parts.append(f"{counted(self.stuck)} 件等对方超过一天")
        return "；".join(parts) or "今天没有会超期的办件"


def counted(number: int) -> str:
    """37; above 200: 200 以上."""
    return f"{COUNTED_TO} 以上" if number > COUNTED_TO else str(number)


def end_of_day(now: datetime) -> datetime:
    """Midnight after `now` by the hall's clock."""
    return datetime.combine(local_day(now) + timedelta(days=1), time(), SHANGHAI)


def risks(session: Session, ctx: Context) -> Risks:
    """The risks at this moment: doors, then what ends today, then what has just become late."""
    now = ctx.now()
    today, late = due_within(now, end_of_day(now)), due_within(None, now, latest_first=True)
    legs = in_danger(session, _IN_DANGER, _DOORS_SHOWN)
    named = [
        row.case_no
        for segments, size in ((today, _DUE_SHOWN), (late, _LATE_SHOWN))
        for row in read_page(session, select(CaseRow.case_no), segments, size=size).rows
    ]
    return Risks(
        today=count_up_to(session, today, COUNTED_TO + 1),
        late=count_up_to(session, late, COUNTED_TO + 1),
        stuck=count_up_to(session, waiting_since(now - _STUCK), COUNTED_TO + 1),
        doors=len(legs),
        rows=tuple(_named(session, ctx, legs, named)),
    )


def _named(session: Session, ctx: Context, legs: Sequence[LegRow], named: Sequence[str]) -> list[Risk]:
    numbers = {*named, *(leg.case_no for leg in legs)}
    cases = {case.case_no: case for case in session.scalars(select(CaseRow).where(CaseRow.case_no.in_(numbers)))}
    who = faces_of(session, ctx.sealer, numbers)
    clocks = _running(session, named)
    handlings = _handlings(session, named)
    reminded = _reminded(session, numbers)
    names = {outlet.id: outlet.name for outlet in outlets_now(session)} if legs else {}
    found = [_door(leg, cases[leg.case_no], ctx, reminded, names, who) for leg in legs if leg.case_no in cases]
    for number in named:
        case, clock = cases[number], clocks.get(number)
        helper = Helper(label="", role=None)
        if clock is not None:
            helper = helper_of(case, clock, handlings.get(number, []), ctx.agreements, local_day(ctx.now()))
        found.append(
            Risk(
                case_no=number,
                who=who.get(number, ""),
                item=case.item_name,
                waits=waits_for(clock) if clock is not None else "",
                due_at=case.due_at,
                late=case.due_at is not None and case.due_at <= ctx.now(),
                person=helper.label,
                remind=helper.role,
                contact=helper.contact,
                reminded_at=reminded.get(number),
            )
        )
    return found


def _door(
    leg: LegRow,
    case: CaseRow,
    ctx: Context,
    reminded: dict[str, datetime],
    names: Mapping[str, str],
    who: Mapping[str, str],
) -> Risk:
    return Risk(
        case_no=leg.case_no,
        who=who.get(leg.case_no, ""),
        item=case.item_name,
        waits=f"{LEGS[Leg(leg.leg)]}，承诺时间前到门口",
        due_at=leg.deadline_at,
        late=leg.deadline_at is not None and leg.deadline_at <= ctx.now(),
        person=f"投递员 {courier_said(leg.courier_id, names)}" if leg.courier_id else "还没有派人",
        reminded_at=reminded.get(leg.case_no),
        leg_id=leg.leg_id if can_be_sent_again(leg, ctx.now()) else None,
        door=True,
    )


def _running(session: Session, numbers: Sequence[str]) -> dict[str, DeadlineRow]:
    """Case → its running clock that ends first."""
    clocks = select(DeadlineRow).where(DeadlineRow.case_no.in_(numbers)).order_by(DeadlineRow.due_at, DeadlineRow.id)
    found: dict[str, DeadlineRow] = {}
    for clock in session.scalars(clocks):
        if clock.stopped_at is None:  # not asked for: it leads SQLite through every running clock there is
            found.setdefault(clock.case_no, clock)
    return found


def _handlings(session: Session, numbers: Sequence[str]) -> dict[str, list[HandlingRow]]:
    found: dict[str, list[HandlingRow]] = {}
    asked = select(HandlingRow).where(HandlingRow.case_no.in_(numbers)).order_by(HandlingRow.place)
    for handling in session.scalars(asked):
        found.setdefault(handling.case_no, []).append(handling)
    return found


def _reminded(session: Session, numbers: set[str]) -> dict[str, datetime]:
    said = select(CaseEventRow.case_no, func.max(CaseEventRow.at).label("at")).where(
        CaseEventRow.case_no.in_(numbers), CaseEventRow.kind == "REMINDED"
    )
    return {row.case_no: row.at for row in session.execute(said.group_by(CaseEventRow.case_no))}
