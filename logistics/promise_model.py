"""The words of the one-hour promise (一小时承诺): order, terms, pauses, suspensions, verdict. courier.md §4."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from domain.model import Frozen, is_unset
from domain.terms import Datum, Leg, ParcelStage
from logistics.geo import Point
from logistics.milestones import Milestone
from logistics.outlets import inside

_P90 = 1.2816  # of the normal distribution


class PromiseVerdict(StrEnum):
    """How the promise stands (承诺状态)."""

    ON_TRACK = "ON_TRACK"  # 正常
    AT_RISK = "AT_RISK"  # 有逾时风险
    BREACHED = "BREACHED"  # 已逾时
    KEPT = "KEPT"  # 已兑现
    KEPT_LATE_UPLOAD = "KEPT_LATE_UPLOAD"  # 已兑现，上传晚于时限
    CANCELLED = "CANCELLED"  # 订单已取消，不计


class Clock(StrEnum):
    """Whether the minutes count right now (计时状态)."""

    WAITING = "WAITING"  # not started: before the opening or the appointment
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUSPENDED = "SUSPENDED"
    STOPPED = "STOPPED"


class CauseParty(StrEnum):
    """On whose account time is excused (免责方)."""

    APPLICANT = "applicant"
    FORCE_MAJEURE = "force_majeure"


class PauseReason(StrEnum):
    """Why the clock stands still for one order (暂停原因); all are on the applicant's side."""

    APPLICANT_WAIT = "applicant_wait"  # asks to wait
    APPLICANT_UNREACHABLE = "applicant_unreachable"  # after the arrival
    DOOR_MISMATCH = "door_mismatch"  # identity or list of papers does not agree at the door
    ADDRESS_WRONG = "address_wrong"  # there is no such door: nobody goes before somebody has put it right


class VersionCause(StrEnum):
    """Why the deadline was set or moved (变更原因)."""

    ACCEPTED = "accepted"
    APPOINTMENT = "appointment"
    ADDRESS = "address"  # another door: a new order from then on
    PAUSE = "pause"
    PAUSE_ENDED = "pause_ended"
    SUSPENSION = "suspension"
    SUSPENSION_ENDED = "suspension_ended"  # before its time
    SUSPENSION_WITHDRAWN = "suspension_withdrawn"  # it had been declared wrongly
    CORRECTED = "corrected"  # what had moved it was taken back


class PromiseTerms(Frozen):
    """What was promised (承诺口径); every line is a setting. `time_scale` divides each duration: business time runs
    so many times faster, with a calendar that is always open (interfaces.md `TIME_SCALE`)."""

    minutes: int = Field(default=60, gt=0)
    pause_cap_minutes: int = Field(default=30, ge=0)
    warn_minutes: int = Field(default=15, ge=0)
    backdate_minutes: int = Field(default=15, ge=0)
    time_scale: float = Field(default=1.0, gt=0)

    def seconds(self, minutes: float) -> float:
        """Business minutes as seconds of the clock on the wall."""
        return minutes * 60 / self.time_scale

    def minutes_of(self, seconds: float) -> float:
        """Seconds of the clock on the wall as business minutes."""
        return seconds * self.time_scale / 60


class Appointment(Frozen):
    """A window that the applicant chose (预约时段)."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("an appointment ends after it starts")
        return self


class PromiseOrder(Frozen):
    """The order that is promised. `accepted_at` is the server's time at which it became valid, in the area and
    in hours; not the applicant's phone's time and not the assignment's. `point` and `outlet_id` decide which
    suspensions apply. `cause`: of the first deadline, where an order is changed; None: that it was accepted."""

    leg: Leg
    accepted_at: AwareDatetime
    appointment: Appointment | None = None
    cause: VersionCause | None = None
    point: Point | None = None
    outlet_id: str | None = None


class Pause(Frozen):
    """The clock of one order stands still. `end` None: it goes on, or its end was lost; a capped one closes at the cap.

    recorded_at, end_recorded_at   when the server learned of them: the version of the deadline dates from then
    """

    id: str
    start: AwareDatetime
    end: AwareDatetime | None = None
    reason: PauseReason
    evidence: str = Field(min_length=1)
    recorded_at: AwareDatetime
    end_recorded_at: AwareDatetime | None = None

    @property
    def capped(self) -> bool:
        """Whether a courier could make it last: what waits for another address ends with that alone."""
        return self.reason is not PauseReason.ADDRESS_WRONG

    def waits_at(self, at: datetime) -> bool:
        """Whether somebody has to put the address right, and has not by then."""
        return not self.capped and self.start <= at and (self.end_known_at is None or self.end_known_at > at)

    @property
    def end_known_at(self) -> datetime | None:
        """When its end became known; None while it is not."""
        return None if self.end is None else self.end_recorded_at or max(self.end, self.recorded_at)


class AreaSuspension(Frozen):
    """Force majeure in an area (区域暂停): by outlets, by a polygon of (lat, lon) in `datum`, or both.

    source_no   number of the warning it rests on (预警编号); back-dating beyond the terms' limit is cut off
    ended_at    when its end was brought forward; it counts no further, and from then on it is known. What it has
                excused by then stays excused: people have gone by it
    withdrawn   it was brought forward because it had been declared wrongly
    """

    id: str
    start: AwareDatetime
    end: AwareDatetime
    declared_at: AwareDatetime
    declared_by: str = Field(min_length=1)
    source_no: str = Field(min_length=1)
    outlets: frozenset[str] = frozenset()
    outline: tuple[tuple[float, float], ...] = ()
    datum: Datum = Datum.WGS84
    ended_at: AwareDatetime | None = None
    withdrawn: bool = False

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        if not self.outlets and len(self.outline) < 3:
            raise ValueError("a suspension names outlets or a polygon of at least three corners")
        return self

    def covers(self, order: PromiseOrder) -> bool:
        """Whether it applies to an order: its outlet is named or its door lies inside."""
        if order.outlet_id in self.outlets:
            return True
        return order.point is not None and len(self.outline) > 2 and inside(order.point, self.outline, self.datum)

    def end_known(self, at: datetime) -> datetime:
        """Its end as it was known at that time."""
        early = self.ended_at
        return self.end if early is None or early > at else min(self.end, early)

    def early_end(self, by: datetime) -> tuple[datetime, VersionCause] | None:
        """When and why its end was brought forward, if it was by then: a cause of another deadline."""
        if self.ended_at is None or self.ended_at > by:
            return None
        return self.ended_at, VersionCause.SUSPENSION_WITHDRAWN if self.withdrawn else VersionCause.SUSPENSION_ENDED

    def counts_from(self, terms: PromiseTerms) -> datetime:
        """Its start, not further back than the terms allow."""
        return max(self.start, self.declared_at - timedelta(seconds=terms.seconds(terms.backdate_minutes)))


class PlannedArrival(Frozen):
    """When the dispatcher's plan has the courier at the door: median and 90th percentile."""

    eta_p50: AwareDatetime
    eta_p90: AwareDatetime

    @classmethod
    def estimated(cls, eta: datetime, now: datetime, rides: int = 1, sigma: float = 0.3) -> Self:
        """From a planned time: rides are log-normal with `sigma` (courier.md §6 "Uncertain travel"), and the more
        of them there are before the door, the more they even out."""
        spread = math.exp(_P90 * sigma / math.sqrt(max(rides, 1)))
        return cls(eta_p50=eta, eta_p90=max(eta, now + (eta - now) * spread))


class PromiseFacts(Frozen):
    """What happened at the door so far.

    arrived          the first proved arrival, else the first one said
    handed_over      PICKED_UP of a pickup, DELIVERED of a delivery: the second figure
    cancelled_at     the order was cancelled and nothing was taken over
    synced_through   up to when every device concerned has uploaded its scans; a breach before that is provisional
    """

    arrived: Milestone | None = None
    handed_over: Milestone | None = None
    cancelled_at: AwareDatetime | None = None
    synced_through: AwareDatetime | None = None


class PromiseVersion(Frozen):
    """One version of the deadline: never overwritten, shown to the applicant (courier.md §4)."""

    version: int
    deadline: datetime
    cause: VersionCause
    known_at: datetime


class PromiseState(Frozen):
    """How the promise stands at `now`; times in UTC, minutes are business minutes.

    start               when the clock started or will
    deadline            that of the last version
    provisional         BREACHED, but a device has not yet uploaded everything up to the deadline
    stopped_by          the scan that stopped the clock; `verified` says whether it is proved
    raw_minutes         on the wall since the order (or the window's start)
    adjusted_minutes    that counted: open hours, less pauses and suspensions
    handover_minutes    adjusted, until the papers changed hands
    excused             minutes not counted, by whose account; never twice
    over_cap            the pauses ask for more than the cap excuses
    awaits_address      nobody goes, and nothing is counted, before the address is put right; `deadline` as said last
    """

    verdict: PromiseVerdict
    clock: Clock
    start: datetime
    deadline: datetime
    provisional: bool
    stopped_at: datetime | None
    stopped_by: ParcelStage | None
    verified: bool
    raw_minutes: float
    adjusted_minutes: float
    handover_minutes: float | None
    excused: Mapping[CauseParty, float]
    over_cap: bool
    versions: tuple[PromiseVersion, ...]
    boundaries: tuple[datetime, ...]
    awaits_address: bool = Field(default=False, exclude_if=is_unset)

    @property
    def final(self) -> bool:
        """Nothing but a correction can change it any more."""
        decided = self.clock is Clock.STOPPED or self.verdict is PromiseVerdict.BREACHED
        return decided and not self.provisional

    def next_boundary(self, now: datetime) -> datetime | None:
        """When to look again without new facts: the one timer of the leg's workflow. None: only facts matter."""
        return next((boundary for boundary in self.boundaries if boundary > now), None)
