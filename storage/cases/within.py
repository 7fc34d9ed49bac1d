"""What a person may see of cases, parcels and tasks (对象权限), as conditions: one place for every list and every look.

Each function gives conditions on its table, all of which must hold; none: everything of it is his to see. A role that
has no business with it sees nothing. The same conditions judge one object that an address names
(`web.security.objects`) and narrow the lists.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Index, Select, SQLColumnExpression, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from domain.terms import Role
from domain.units import HALL
from storage.cases.drafts import DraftRow
from storage.cases.rows import CaseRow, HandlingRow
from storage.keyset import Condition, partial_index
from storage.parcels.bags import BagRow
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from storage.tasks.rows import TaskRow

Conditions = tuple[Condition, ...]

_NOTHING: Final[Conditions] = (false(),)
_FEW: Final = 2_000
_IN_CITY: Final = "partner IS NULL"

Index("ix_case_file_unit", CaseRow.unit_id, CaseRow.case_no)
partial_index("ix_handling_in_city", HandlingRow.department, HandlingRow.case_no, where=_IN_CITY)
partial_index("ix_handling_in_city_case", HandlingRow.case_no, HandlingRow.department, where=_IN_CITY)

_case = aliased(CaseRow, name="case_within")
_handling = aliased(HandlingRow, name="handling_within")
_leg = aliased(LegRow, name="leg_within")
_HERE: Final = _handling.partner.is_(None)


def cases_within(person: LoggedIn) -> Conditions:
    """On `CaseRow`: a window sees what its unit has registered, an officer what his department decides here.

    Who supervises or audits a unit sees both.
    """
    return _cases(person, CaseRow.case_no, CaseRow.unit_id.in_(sorted(person.reach.units)))


def by_case_within(person: LoggedIn, case_no: SQLColumnExpression[Any]) -> Conditions:
    """The same for what is of a case; `case_no`: the column that names it."""
    units = sorted(person.reach.units)
    registered = exists().where(_case.case_no == case_no, _case.unit_id.in_(units))
    return _cases(person, case_no, registered)


def _cases(person: LoggedIn, case_no: SQLColumnExpression[Any], registered: Condition) -> Conditions:
    reach = person.reach
    every = reach.whole or reach.windows
    match person.role:
        case Role.CLERK:
            return () if every else (registered,)
        case Role.OFFICER:
            return (_decided(person, case_no),)
        case Role.SUPERVISOR | Role.AUDITOR if every:
            return ()
        case Role.SUPERVISOR | Role.AUDITOR if reach.departments:
            return (or_(registered, _decided(person, case_no)),)
        case Role.SUPERVISOR | Role.AUDITOR:
            return (registered,)
    return _NOTHING


def _decided(person: LoggedIn, case_no: SQLColumnExpression[Any]) -> Condition:
    """It has a handling that is decided in the own city, by a department of his."""
    if not person.reach.whole and not person.reach.departments:
        return false()
    fits = [] if person.reach.whole else [_handling.department.in_(sorted(person.reach.departments))]
    return exists().where(_HERE, _handling.case_no == case_no, *fits)


def own_cases(session: Session, person: LoggedIn) -> Conditions:
    """As `cases_within`, in the form that is quick for a list: a unit with few cases is looked up, not tested for."""
    conditions = cases_within(person)
    mine = _numbers(person) if conditions and conditions is not _NOTHING else None
    if mine is None:
        return conditions
    some = mine.limit(_FEW + 1).subquery()
    if (session.scalar(select(func.count()).select_from(some)) or 0) <= _FEW:
        return (CaseRow.case_no.in_(mine),)
    # Tested along the order of the list, and never looked up by unit, which would be a sort of all of them.
    return _cases(person, CaseRow.case_no, func.coalesce(CaseRow.unit_id, "").in_(sorted(person.reach.units)))


def _numbers(person: LoggedIn) -> Select[str] | None:
    """The numbers of his cases by one index; None where it takes two."""
    if person.role is Role.OFFICER:
        here = select(_handling.case_no).where(_HERE)
        return here if person.reach.whole else here.where(_handling.department.in_(sorted(person.reach.departments)))
    if person.role is not Role.CLERK and person.reach.departments:
        return None
    return select(_case.case_no).where(_case.unit_id.in_(sorted(person.reach.units)))


def handlings_within(person: LoggedIn) -> Conditions:
    """On `HandlingRow`: what an officer may decide, which is what his department decides here."""
    if person.role is not Role.OFFICER:
        return _NOTHING
    here = HandlingRow.partner.is_(None)
    return (here,) if person.reach.whole else (here, HandlingRow.department.in_(sorted(person.reach.departments)))


def legs_within(person: LoggedIn) -> Conditions:
    """On `LegRow`: an outlet sees its own parcels and those that have no outlet yet, a courier the stops that are his.

    Everybody else what is of a case of his; who supervises the post what is of its outlets too.
    """
    reach = person.reach
    match person.role:
        case Role.COURIER if person.courier_id is not None:
            return (LegRow.courier_id == person.courier_id,)
        case Role.OUTLET | Role.COURIER:
            return _at_outlets(person, LegRow.outlet_id)
        case Role.SUPERVISOR | Role.AUDITOR if reach.outlets and not reach.whole:
            return (or_(*by_case_within(person, LegRow.case_no), LegRow.outlet_id.in_(sorted(reach.outlets))),)
    return by_case_within(person, LegRow.case_no)


def _at_outlets(person: LoggedIn, outlet_id: SQLColumnExpression[Any]) -> Conditions:
    """Of the post as a whole everything; of an outlet its own, and what nobody knows the outlet of."""
    if person.reach.post:
        return ()
    if not person.reach.outlets:
        return _NOTHING
    return (or_(outlet_id.in_(sorted(person.reach.outlets)), outlet_id.is_(None)),)


def tasks_within(person: LoggedIn) -> Conditions:
    """On `TaskRow`, of whatever role's: by its case, at the post by its parcel, or a parcel of its case.

    What names neither is of the whole: the hall's windows, the post, the district.
    """
    reach, by_case = person.reach, by_case_within(person, TaskRow.case_no)
    match person.role:
        case Role.OPERATOR:
            return () if reach.whole else _NOTHING
        case Role.OUTLET:
            at = _at_outlets(person, _leg.outlet_id)
            of_the_parcel = _leg.leg_id == TaskRow.leg_id
            of_the_case = and_(TaskRow.leg_id.is_(None), _leg.case_no == TaskRow.case_no)
            return (or_(*(exists().where(each, *at) for each in (of_the_parcel, of_the_case))),) if at else ()
        case Role.CLERK if by_case and HALL in reach.units:
            return (or_(TaskRow.case_no.is_(None), *by_case),)
        case Role.SUPERVISOR | Role.AUDITOR if by_case and reach.outlets:
            there = exists().where(_leg.leg_id == TaskRow.leg_id, _leg.outlet_id.in_(sorted(reach.outlets)))
            return (or_(*by_case, there),)
    return by_case


def bags_within(person: LoggedIn) -> Conditions:
    """On `BagRow`: at an outlet what comes or goes there, at the hall's windows what comes or goes between both."""
    reach = person.reach
    match person.role:
        case Role.OUTLET | Role.COURIER:
            return () if reach.post else _between(reach.outlets)
        case Role.CLERK:
            return _between({HALL}) if HALL in reach.units else _NOTHING
        case Role.SUPERVISOR:
            return () if reach.whole else _between(reach.outlets)
    return _NOTHING


def _between(places: Collection[str]) -> Conditions:
    return (or_(BagRow.origin.in_(sorted(places)), BagRow.destination.in_(sorted(places))),)


def drafts_within(person: LoggedIn) -> Conditions:
    """On `DraftRow`: those of the windows of one's unit."""
    if person.role is not Role.CLERK:
        return _NOTHING
    return () if person.reach.whole else (DraftRow.unit_id.in_(sorted(person.reach.units)),)
