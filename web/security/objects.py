"""Whose it is that a request names (对象权限): one place that judges, for every route, before the route begins.

What an address names is judged here by the name of its part: no route can forget it, and a part that nobody has
judged lets nobody in. Another unit's object is answered as one that does not exist. Outlets are public knowledge:
another one is refused by name. What a body names is judged where it is read, by the functions here and the conditions
behind them (`storage.cases.within`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from fastapi import Request
from sqlalchemy import SQLColumnExpression, literal, select
from sqlalchemy.orm import Session

from domain.errors import BadInput, NotFound
from domain.terms import Role
from domain.units import HALL
from logistics.outlets import load_outlets
from storage.cases.drafts import DraftRow
from storage.cases.rows import CaseRow, HandlingRow
from storage.cases.within import (
    Conditions,
    bags_within,
    by_case_within,
    cases_within,
    drafts_within,
    handlings_within,
    legs_within,
    tasks_within,
)
from storage.exchange.exchange_log import ExchangeRow
from storage.parcels.bags import BagRow
from storage.parcels.claims import ClaimRow
from storage.parcels.legs import CourierRow, LegRow, leg_by_tracking_no
from storage.people.account_list import accounts_within
from storage.people.devices import EnrolledDeviceRow
from storage.people.users import LoggedIn, UserRow
from storage.tasks.rows import TaskRow
from web.foundation.context import Context
from web.foundation.problems import Forbidden

Unknown = Callable[[], BadInput]
Judge = Callable[[Session, LoggedIn, str], None]


class Kind(NamedTuple):
    """Objects of one table. `key`: the column that an address names; `within`: what a person may see of them.

    `unknown`: the answer for what is not there, and for what is not his. `may_begin`: what is not there may be made.
    """

    key: SQLColumnExpression[Any]
    within: Callable[[LoggedIn], Conditions]
    unknown: Unknown
    may_begin: bool = False

    def check(self, session: Session, person: LoggedIn, value: str) -> None:
        """Check that one object is there for somebody; where he may see all of them the route looks itself.

        Raises:
            BadInput: as `unknown` says.
        """
        conditions = self.within(person)
        if not conditions or _is(session, self.key == value, conditions):
            return
        if not (self.may_begin and not _is(session, self.key == value)):
            raise self.unknown()


def _is(session: Session, *fits: Any) -> bool:
    flat = [each for fit in fits for each in (fit if isinstance(fit, tuple) else (fit,))]
    return session.scalar(select(literal(1)).where(*flat).limit(1)) is not None


def _not_found(sentence: str, code: str) -> Unknown:
    return lambda: NotFound(sentence, code=code)


def _lines_within(person: LoggedIn) -> Conditions:
    return () if person.reach.whole else (ExchangeRow.partner.in_(sorted(person.reach.networks)),)


CASES: Final = Kind(CaseRow.case_no, cases_within, _not_found("没有这个办件", "CASE_UNKNOWN"))
_LEGS: Final = Kind(LegRow.leg_id, legs_within, _not_found("没有这段寄递", "LEG_UNKNOWN"))
_PARCELS: Final = Kind(LegRow.leg_id, legs_within, _not_found("没有这个邮件号", "PARCEL_UNKNOWN"))
_NO_LINE: Final = _not_found("没有这次往来，可能已超过保存期限。", "DELIVERY_UNKNOWN")
_NO_DRAFT: Final = _not_found("没有这份草稿，可能已经登记或过期清除", "DRAFT_UNKNOWN")
_NO_BAG: Final = _not_found("还没有这个袋子的封袋记录，请先上传扫描", "BAG_UNKNOWN")
_NO_HANDLING: Final = _not_found("没有这个待审批的办理", "HANDLING_UNKNOWN")
_KINDS: Final[Mapping[str, Kind]] = {
    "case_no": CASES,
    "handling_no": Kind(HandlingRow.handling_no, handlings_within, _NO_HANDLING),
    "task_id": Kind(TaskRow.id, tasks_within, _not_found("没有这个待办", "TASK_UNKNOWN")),
    "claim_id": Kind(
        ClaimRow.claim_id,
        lambda person: by_case_within(person, ClaimRow.case_no),
        _not_found("没有这项理赔", "CLAIM_UNKNOWN"),
    ),
    "leg_id": _LEGS,
    "bag_no": Kind(BagRow.bag_no, bags_within, _NO_BAG),
    "draft_id": Kind(DraftRow.draft_id, drafts_within, _NO_DRAFT, may_begin=True),
    "username": Kind(UserRow.username, accounts_within, _not_found("没有这个账号。", "ACCOUNT_UNKNOWN")),
}


def _parcel(session: Session, person: LoggedIn, tracking_no: str) -> None:
    if not legs_within(person):
        return
    leg = leg_by_tracking_no(session, tracking_no)
    if leg is None:
        raise _PARCELS.unknown()
    _PARCELS.check(session, person, leg.leg_id)


def _line(session: Session, person: LoggedIn, line_id: str) -> None:
    """Numbers that are none are the route's to refuse."""
    conditions = _lines_within(person)
    if not conditions or not (line_id.isascii() and line_id.isdecimal()):
        return
    if len(line_id) > 18 or not _is(session, ExchangeRow.id == int(line_id), conditions):
        raise _NO_LINE()


def _partner(_session: Session, person: LoggedIn, partner: str) -> None:
    check_network(person, partner)


def check_network(person: LoggedIn, partner: str) -> None:
    """Check that what is exchanged with a network concerns somebody.

    Raises:
        NotFound: it does not, or there is no such network (`PARTNER_UNKNOWN`).
    """
    if not person.reach.whole and partner not in person.reach.networks:
        raise NotFound("没有这个协作网络", code="PARTNER_UNKNOWN")


def _unit(_session: Session, person: LoggedIn, unit_id: str) -> None:
    if not person.reach.whole and unit_id not in person.reach.units:
        raise NotFound("没有这个单位", code="UNIT_UNKNOWN")


def _outlet(_session: Session, person: LoggedIn, outlet_id: str) -> None:
    """What there is of an outlet is for its own people; what no outlet is called is the route's to refuse.

    In the place of an outlet may stand our own hall, whose work list is papers to check.
    """
    if outlet_id == HALL:
        check_hall(person)
    elif any(outlet.id == outlet_id for outlet in load_outlets()):
        check_outlet(person, outlet_id)


def _courier(session: Session, person: LoggedIn, courier_id: str) -> None:
    courier = session.get(CourierRow, courier_id)
    if courier is not None:
        check_outlet(person, courier.outlet_id)


def _device(session: Session, person: LoggedIn, device_id: str) -> None:
    device = session.get(EnrolledDeviceRow, device_id)
    if device is not None:
        check_kept(person, device.outlet_id)


JUDGES: Final[Mapping[str, Judge]] = {
    **{name: kind.check for name, kind in _KINDS.items()},
    "tracking_no": _parcel,
    "line_id": _line,
    "partner": _partner,
    "outlet_id": _outlet,
    "courier_id": _courier,
    "device_id": _device,
    "unit_id": _unit,
}
"""Part of an address → who judges whether somebody may name it."""

PARTS: Final = frozenset({"paper_no", "message_id", "proposal_id", "session_id", "row_id", "seq"})
"""Parts of what stands before them in the address; the route looks whether they are."""
_OF_A_CASE: Final = frozenset({"handling_no", "leg_id"})
"""So, where the address names the case first."""

JUDGED_BY_THE_ROUTE: Final = frozenset({"sha256", "suspension_id", "key_id"})
"""A document by the right of whoever reads it (`storage.cases.document_rights`), a suspension by its outlet, a key by
its owner."""

OF_NOBODY: Final = frozenset({"code", "kind", "period", "measure", "what", "page", "token", "done"})
"""What is of no unit, or public to whoever the route lets in."""


def check_objects(request: Request, ctx: Context, person: LoggedIn) -> None:
    """Check that somebody may name what the address names.

    Raises:
        NotFound: it is not there for him.
        Forbidden: it is another outlet's (`OTHER_OUTLET`), or the hall's own (`OTHER_HALL`).
        LookupError: nobody has said who judges a part of this address.
    """
    given: Mapping[str, Any] = request.path_params
    named = [(name, str(value)) for name, value in given.items() if _is_judged(name, given)]
    if not named or _takes_its_side(request, person):
        return
    with ctx.database.read() as session:
        for name, value in named:
            JUDGES[name](session, person, value)


def _is_judged(name: str, given: Mapping[str, Any]) -> bool:
    if name in JUDGES:
        return not (name in _OF_A_CASE and "case_no" in given)
    if name not in PARTS | JUDGED_BY_THE_ROUTE | OF_NOBODY:
        raise LookupError(f"nobody judges who may name {name}")
    return False


def _takes_its_side(request: Request, person: LoggedIn) -> bool:
    """A hand-over is judged by its parties: who takes a parcel over has it only afterwards (`check_party`)."""
    path = getattr(request.scope.get("route"), "path", "")
    return person.role in (Role.OUTLET, Role.COURIER) and path.endswith("/parcels/{tracking_no}/handover")


def check_outlet(person: LoggedIn, outlet_id: str) -> None:
    """Check that an outlet is one of those whose affairs somebody looks after.

    Raises:
        Forbidden: it is another's (`OTHER_OUTLET`).
    """
    if not person.reach.whole and outlet_id not in person.reach.outlets:
        raise Forbidden("只能处理本网点的事务，其他网点的请联系督办人员", code="OTHER_OUTLET")


def check_hall(person: LoggedIn) -> None:
    """Check that somebody works at the hall's counter: its windows, and who serves there for the whole post.

    Raises:
        Forbidden: neither (`OTHER_HALL`).
    """
    if person.role is not Role.CLERK and not person.reach.post:
        raise Forbidden("大厅的清单由窗口人员和驻厅邮政人员使用", code="OTHER_HALL")


def check_kept(person: LoggedIn, place: str) -> None:
    """Check that somebody looks after a place: an outlet, or the hall's counter.

    Raises:
        Forbidden: somebody else does (`OTHER_OUTLET`, `OTHER_HALL`).
    """
    if place == HALL:
        check_hall(person)
    else:
        check_outlet(person, place)


def check_courier(person: LoggedIn, courier_id: str) -> None:
    """Check that a courier speaks for himself; who is none in particular (the sandbox's) speaks for any.

    Raises:
        Forbidden: it is another courier (`OTHER_COURIER`).
    """
    if person.role is Role.COURIER and person.courier_id not in (None, courier_id):
        raise Forbidden("只能确认您本人的交接", code="OTHER_COURIER")


def serves_hall(person: LoggedIn) -> bool:
    """Whether somebody may check papers in at the hall's counter."""
    return person.role in (Role.CLERK, Role.SUPERVISOR) or (person.role is Role.OUTLET and person.reach.post)


def unknown_among(session: Session, person: LoggedIn, numbers: Iterable[str]) -> set[str]:
    """Those of these case numbers that are not there for somebody."""
    wanted = set(numbers)
    theirs = select(CaseRow.case_no).where(CaseRow.case_no.in_(wanted), *cases_within(person))
    return wanted - set(session.scalars(theirs))
