"""Parcels on their way, hand-overs, scans."""

from domain.terms import Leg, MaterialForm, ParcelStage
from logistics.custody import FindingKind
from logistics.promise import OfferObstacle
from logistics.promise_model import Clock, PromiseVerdict
from web.answers.base import Answer, Kept, Moment


class DoorPromise(Kept):
    """The one-hour promise of a door leg; empty where nothing is decided yet. Minutes are business minutes."""

    promised: bool = False
    obstacle: OfferObstacle | None = None
    verdict: PromiseVerdict | None = None
    clock: Clock | None = None
    start: Moment | None = None
    deadline: Moment | None = None
    provisional: bool = False
    stopped_at: Moment | None = None
    verified: bool = False
    adjusted_minutes: float | None = None


class PaperCounted(Answer):
    """One line of a list of papers. `paperNo`: of its passport, null on a list from before there were any."""

    name: str
    form: MaterialForm
    count: int
    paper_no: str | None = None
    pages: int | None = None


class ParcelShown(Answer):
    """One leg. `epoch`: attempts at the door; `distanceM`: metres from the outlet to the door."""

    leg_id: str
    case_no: str
    handling_no: str
    leg: Leg
    leg_label: str
    tracking_no: str | None
    seal_no: str | None
    stage: ParcelStage
    stage_label: str
    sentence: str
    epoch: int
    outlet_id: str | None
    distance_m: float | None
    courier_id: str | None
    assignments: int
    ordered_at: Moment
    planned_arrival_at: Moment | None
    deadline_at: Moment | None
    arrived_at: Moment | None
    ended_at: Moment | None
    outcome: str | None
    promise: DoorPromise
    door: bool
    delivered: bool
    time_scale: float


class HandoverShown(Answer):
    """One change of hands: what the giving and the taking side have said."""

    number: int
    from_party: str
    to_party: str
    given: bool
    taken: bool
    given_by: str | None
    taken_by: str | None
    confirmed: bool
    opened_at: Moment


class FindingKept(Kept):
    """One thing to look at (异常)."""

    kind: FindingKind
    event_id: str | None = None


class Parcel(ParcelShown):
    """One leg with its papers, who holds it, and who handed it to whom."""

    papers: list[PaperCounted]
    holder: str | None
    findings: list[FindingKept]
    handovers: list[HandoverShown]


class HandoverTaken(Answer):
    """One side's word; `confirmed` with the second side's."""

    number: int
    confirmed: bool
    holder: str | None
    findings: list[FindingKind]


class CollectedAtHall(Answer):
    """The applicant has taken everything at the hall."""

    case_no: str
