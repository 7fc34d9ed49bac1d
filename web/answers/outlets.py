"""Outlets, couriers and their work."""

from pydantic import Field

from domain.leg_changes import ChangeKind
from domain.terms import Datum, Leg, ParcelStage
from logistics.promise import OfferObstacle
from web.answers.base import Answer, Moment
from web.answers.parcels import PaperCounted


class OutletShown(Answer):
    """A circle centre; `accuracyM` and `radiusM` in metres, hours as `08:30-17:30`."""

    id: str
    name: str
    lat: float
    lon: float
    datum: Datum
    accuracy_m: float
    confirmed: bool
    radius_m: float
    hours: list[str]
    weekend_hours: list[str]
    couriers: int
    capacity_per_hour: int
    open: bool


class OutletList(Answer):
    """All of the district."""

    outlets: list[OutletShown]


class CourierShown(Answer):
    """`available`: may be sent now."""

    id: str
    outlet_id: str
    on_duty: bool
    available: bool
    seen_at: Moment | None


class CourierList(Answer):
    """All of the district."""

    couriers: list[CourierShown]


class DoorShown(Answer):
    """Where a stop is; the text is for the courier alone."""

    text: str | None
    lat: float | None
    lon: float | None
    datum: Datum


class ContactMasked(Answer):
    """Whom to ask for."""

    name_masked: str | None
    phone_tail: str | None


class StopShown(Answer):
    """A stop as the courier sees it."""

    leg_id: str
    leg: Leg
    case_no: str
    tracking_no: str | None
    epoch: int
    stage: ParcelStage
    courier_id: str | None
    ordered_at: Moment
    planned_arrival_at: Moment | None
    deadline_at: Moment | None
    arrived: bool
    window: str | None = Field(description="the appointment in words: 今天 15:00–15:30")
    address: DoorShown
    contact: ContactMasked
    papers: list[PaperCounted]
    seal_no: str | None
    sign_self: bool
    asks_code: bool


class BagComing(Answer):
    """A bag on its way to this place: its seal, how many parcels it has, and their numbers as far as they are known."""

    bag_no: str
    origin: str
    seal_no: str
    expected: int
    closed_at: Moment | None
    numbers: list[str]


class ToBag(Answer):
    """A parcel that goes on from this place in a bag. `here` false: still in a courier's hands. `papers`: pieces."""

    tracking_no: str
    leg: Leg
    destination: str
    here: bool
    papers: int


class ChangeTold(Answer):
    """A change of a visit of which its courier may not have heard: no scan of his is later. `said`: in his words."""

    leg_id: str
    tracking_no: str | None
    courier_id: str | None
    kind: ChangeKind
    said: str
    at: Moment


class WorkList(Answer):
    """One page; `next` goes into `after`. `bags`, `toBag` and `changes` are on the first page only."""

    outlet_id: str
    server_time: Moment
    time_scale: float
    jobs: list[StopShown]
    next: str | None
    bags: list[BagComing]
    to_bag: list[ToBag]
    changes: list[ChangeTold]


class WorkVersionShown(Answer):
    """`version`: to be sent as `known` the next time."""

    version: str


class PickupOffer(Answer):
    """What a pickup would be promised now; `distanceM` in metres from the nearest outlet."""

    promised: bool
    obstacle: OfferObstacle | None
    sentence: str
    start_at: Moment
    deadline_at: Moment | None
    starts_later: bool
    outlet_id: str | None
    distance_m: float | None


class LegFigures(Answer):
    """One kind of door leg. Minutes are business minutes, shares 0 … 1 or null where nothing was judged."""

    leg: Leg
    label: str
    orders: int
    promised: int
    judged: int
    kept_share: float | None
    verified_share: float | None
    provisional: int
    mean_minutes: float | None
    p90_minutes: float | None
    mean_raw_minutes: float | None
    excused: dict[str, float | None]
    needs_note: bool


class OutletFigures(Answer):
    """One outlet's door legs."""

    id: str
    name: str
    legs: list[LegFigures]


class OutletReport(Answer):
    """Per outlet, and in all."""

    outlets: list[OutletFigures]
    legs: list[LegFigures]
    at: Moment
