"""The same person, item and region once more (重复办件): the clerk sees the others first, and decides with a reason."""

import hmac
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import Field, ValidationInfo, field_validator
from sqlalchemy.orm import Session

from catalog.regions import find as find_region
from domain.dossier import SameMatterDecided
from domain.identifiers import check_id
from domain.messages import HandlingPlan
from domain.terms import CaseStatus, IdType
from domain.units import Unit
from runtime.container import matter_key
from storage.cases.same_matter import STILL_THE_SAME, SameMatter, SameMatterRow, hold_marks, same_matters
from storage.people.units import units_now
from storage.people.users import LoggedIn
from web.answers.same_matter import SameMatters
from web.foundation.context import Context, Ctx
from web.foundation.problems import SameMatterFound
from web.foundation.request_schemas import CaseRequest, RegionCode, RequestSchema
from web.security.session import Clerk

router = APIRouter(prefix="/api/v1", tags=["办件"])

_LAST_FOUR = slice(16, 20)
"""The serial within the day: what people say of a number."""
_TOLD = "该申请人在同一办理地已有同一事项的办件，请先核对；确需再办，请填写理由"


class SameMatterRequest(RequestSchema):
    """`POST /same-matters`: who, what and where. In a body, because numbers of documents belong in no address."""

    item_code: str = Field(max_length=32)
    regions: list[RegionCode] = Field(min_length=1, max_length=6)
    id_type: IdType
    id_number: str = Field(max_length=40)

    @field_validator("id_number")
    @classmethod
    def _id(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("id_type")
        return check_id(kind, value) if kind is not None else value


@router.post("/same-matters", operation_id="findSameMatters", response_model=SameMatters)
def find_same_matters(asked: SameMatterRequest, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Cases of this person for this item at one of these places, before one more is registered. Changes nothing.

    Of another unit's case the number is cut short, and its unit is named.
    """
    marks = _marks(ctx, asked.id_type, asked.id_number, asked.item_code, asked.regions)
    with ctx.database.read() as session:
        return {"cases": _shown(session, clerk, _others(session, ctx, marks.values()))}


def decide_same_matter(
    session: Session, ctx: Context, wanted: CaseRequest, by: LoggedIn, *, hold: bool = True
) -> tuple[dict[str, str], SameMatterDecided | None]:
    """The mark of each region of the case that is to be registered, and why it is one more; None: it is the only one.

    `hold`: another registration of the same waits for the end of the caller's transaction.

    Raises:
        SameMatterFound: there are others and no reason was given (`SAME_MATTER`).
    """
    person = wanted.applicant
    regions = [handling.region for handling in wanted.handlings]
    marks = _marks(ctx, person.id_type, person.id_number, wanted.item_code, regions)
    if hold:
        hold_marks(session, marks.values())
    others = _others(session, ctx, marks.values())
    if not others:
        return marks, None
    if wanted.duplicate_reason is None:
        cases = _shown(session, by, others)
        raise SameMatterFound(_TOLD, code="SAME_MATTER", field="duplicateReason", cases=cases)
    numbers = tuple(dict.fromkeys(each.case_no for each in others))
    return marks, SameMatterDecided(reason=wanted.duplicate_reason, cases=numbers, by=by.username, at=ctx.now())


def keep_marks(session: Session, plans: Iterable[HandlingPlan], marks: Mapping[str, str]) -> None:
    """Keep the mark of each handling; `marks`: region → mark. The caller's transaction stores them."""
    session.add_all(SameMatterRow(handling_no=plan.handling_no, mark=marks[plan.region]) for plan in plans)


def _marks(ctx: Context, id_type: IdType, id_number: str, item_code: str, regions: Iterable[str]) -> dict[str, str]:
    key = matter_key(ctx.settings)
    said = {region: f"{id_type}|{id_number}|{item_code}|{region}" for region in regions}
    return {region: hmac.digest(key, each.encode(), "sha256").hex() for region, each in said.items()}


def _others(session: Session, ctx: Context, marks: Collection[str]) -> tuple[SameMatter, ...]:
    return same_matters(session, marks, ctx.now() - STILL_THE_SAME / ctx.settings.time_scale)


def _shown(session: Session, clerk: LoggedIn, others: Collection[SameMatter]) -> list[dict[str, Any]]:
    """As JSON: the person before the clerk hears that there is one, and where; looked at it is by its own unit."""
    names = units_now(session) if any(other.unit_id not in clerk.reach.units for other in others) else {}
    return [_other_shown(other, names, mine=other.unit_id in clerk.reach.units) for other in others]


def _other_shown(other: SameMatter, units: Mapping[str, Unit], *, mine: bool) -> dict[str, Any]:
    region = find_region(other.region)
    return {
        "caseNo": other.case_no if mine else f"…{other.case_no[_LAST_FOUR]}",
        "mine": mine,
        "unitName": units[other.unit_id].name if other.unit_id in units else None,
        "itemName": other.item_name,
        "region": other.region,
        "regionName": region.full_name if region else other.region,
        "status": other.status,
        "statusLabel": CaseStatus(other.status).label,
        "registeredAt": other.registered_at.isoformat(),
        "closedAt": other.closed_at.isoformat() if other.closed_at else None,
    }
