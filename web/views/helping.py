"""Who can still help a case that will be late (还能帮谁、谁能帮): whom its clock waits for, and how he is reached."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from catalog import regions
from catalog.agreements import Agreements
from domain.messages import DeadlineKind, Responsible
from domain.model import Frozen
from domain.terms import Leg, Mode, ParcelStage, Role, Scheme
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from web.views.wording import DEADLINES, ROLES

_NOT_SET_OUT = frozenset({ParcelStage.ORDERED, ParcelStage.ACCEPTED, ParcelStage.ASSIGNED, ParcelStage.EN_ROUTE})


class Helper(Frozen):
    """Whom a clock waits for. `role`: of ours, to whose list a reminder goes; None: no list of ours reaches him.

    `contact`: how somebody else is reached, as the agreement says it; empty where it says nothing.
    """

    label: str
    role: Role | None
    contact: str = ""


def helper_of(
    case: CaseRow, clock: DeadlineRow, handlings: Sequence[HandlingRow], agreements: Agreements, today: date
) -> Helper:
    """Whom a running clock of a case waits for, by name where the case names one."""
    party = Responsible(clock.responsible)
    if party is Responsible.WINDOW:
        return Helper(label=f"{ROLES[Role.CLERK]} {case.clerk}", role=Role.CLERK)
    if party is Responsible.POST:
        return Helper(label=ROLES[Role.OUTLET], role=Role.OUTLET)
    if party is Responsible.APPLICANT:
        return Helper(label=f"申请人（由{ROLES[Role.CLERK]} {case.clerk} 提醒）", role=Role.CLERK)
    own = [each for each in handlings if each.handling_no == clock.handling_no] or list(handlings)[:1]
    if not own:
        return Helper(label="办理地", role=None)
    return _authority(case, own[0], agreements, today)


def _authority(case: CaseRow, handling: HandlingRow, agreements: Agreements, today: date) -> Helper:
    region = regions.find(handling.region)
    name = region.full_name if region else handling.region
    if handling.partner is None:
        return Helper(label=f"{name}{ROLES[Role.OFFICER]}", role=Role.OFFICER)
    scheme, mode = Scheme(handling.scheme), Mode(handling.mode)
    agreement = agreements.find(scheme, handling.region, case.item_code, today, mode)
    return Helper(label=f"{name}（办理地）", role=None, contact=(agreement.contact or "") if agreement else "")


def waits_for(clock: DeadlineRow) -> str:
    """What is to be done before the clock ends."""
    return DEADLINES[DeadlineKind(clock.kind)]


def courier_said(courier_id: str, outlets: Mapping[str, str]) -> str:
    """A courier as people call him: 大坪 1 号; `outlets`: id → name. As he is called otherwise."""
    outlet, _, number = courier_id.rpartition("-")
    return f"{outlets[outlet]} {number} 号" if outlet in outlets else courier_id


def can_be_sent_again(leg: LegRow, now: datetime) -> bool:
    """Whether another courier could still go: somebody is to come, nobody has, and the parcel is in nobody's bag."""
    if leg.ended_at is not None or leg.arrived_at is not None or leg.lat is None or leg.ordered_at > now:
        return False
    in_bag = leg.leg == Leg.DELIVERY and leg.courier_id is not None and leg.state.get("holder") == leg.courier_id
    return ParcelStage(leg.stage) in _NOT_SET_OUT and not in_bag
