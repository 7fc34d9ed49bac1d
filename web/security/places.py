"""Where who is logged in stands (所属单位), and what that opens to him: without a place nothing but his own account."""

from enum import Enum

from sqlalchemy.orm import Session

from domain.terms import Role
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.foundation.problems import Forbidden


class Within(Enum):
    """What a route needs of a place: none, for one's own account; a unit; the whole district."""

    ACCOUNT = "account"
    UNIT = "unit"
    DISTRICT = "district"


def placed(ctx: Context, session: Session, person: LoggedIn, version: int | None) -> LoggedIn:
    """The same person with what he covers; `version`: of the tree of units, as it was read with him.

    Only the sandbox has couriers who are none in particular: elsewhere they cover nothing.
    """
    if person.role is not Role.COURIER or person.courier_id is not None or ctx.settings.sandbox:
        person.reach = ctx.units.reach(session, person.unit_id, version)
    return person


def check_place(person: LoggedIn, within: Within) -> None:
    """Check that somebody stands where a route needs him to.

    Raises:
        Forbidden: nowhere (`NO_UNIT`), or not in the district as a whole (`DISTRICT_ONLY`).
    """
    if within is Within.ACCOUNT:
        return
    if person.reach.unit is None:
        told = "您的账号还没有分到单位，请联系本单位的安全管理员；在此之前只能管理自己的账号"
        raise Forbidden(told, code="NO_UNIT")
    if within is Within.DISTRICT and not person.reach.whole:
        raise Forbidden("这里是全区的情况，由区级单位的人员查看", code="DISTRICT_ONLY")
