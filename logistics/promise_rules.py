"""What is promised at doors (承诺口径), and what is kept with a leg: the terms it was promised under, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, Field

from domain.model import Frozen, is_unset
from domain.terms import Leg
from logistics.promise import OfferObstacle
from logistics.promise_model import (
    Appointment,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    PromiseVersion,
    VersionCause,
)


class PromiseRules(Frozen):
    """The district's settings, decisions.md 12: pickup and in-district delivery, each with its own minutes.

    A kind with 0 minutes is switched off: its jobs are done as soon as they can be, without a promise.
    """

    pickup_minutes: int = Field(default=60, ge=0)
    delivery_minutes: int = Field(default=60, ge=0)
    warn_minutes: int = Field(default=15, ge=0)
    pause_cap_minutes: int = Field(default=30, ge=0)

    def terms(self, leg: Leg, time_scale: float = 1.0) -> PromiseTerms | None:
        """The terms of a door leg ordered now; None when its kind is switched off or it is no door leg."""
        minutes = {Leg.PICKUP: self.pickup_minutes, Leg.DELIVERY: self.delivery_minutes}.get(leg, 0)
        if minutes == 0:
            return None
        return PromiseTerms(
            minutes=minutes,
            warn_minutes=min(self.warn_minutes, minutes),
            pause_cap_minutes=self.pause_cap_minutes,
            time_scale=time_scale,
        )


class LegPromise(Frozen):
    """What is kept with a leg beside the state of its promise.

    obstacle       why nothing is promised; None: it is
    area           the outlet nearest to the door when it was ordered: its hours and suspensions count, whoever goes
    evaluated_at   when the state was computed; later facts make another
    renewed_at     when the order was changed: it counts from then, with the versions that stood before
    cause          of the deadline that this made
    appointment    the window that was chosen
    earlier        versions of the deadline from before the change
    """

    promised: bool
    obstacle: OfferObstacle | None = None
    terms: PromiseTerms | None = None
    accepted_at: AwareDatetime | None = None
    area: str | None = None
    evaluated_at: AwareDatetime | None = None
    renewed_at: AwareDatetime | None = Field(default=None, exclude_if=is_unset)
    cause: VersionCause | None = Field(default=None, exclude_if=is_unset)
    appointment: Appointment | None = Field(default=None, exclude_if=is_unset)
    earlier: tuple[PromiseVersion, ...] = Field(default=(), exclude_if=is_unset)

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Self | None:
        """As it was kept; None when nothing was decided yet."""
        return cls.model_validate(kept) if kept else None

    def kept(self, state: PromiseState | None = None) -> dict[str, Any]:
        """As it is kept: one flat object, the state's fields beside these."""
        shown = state.model_dump(mode="json", exclude={"boundaries"}) if state else {}
        return shown | self.model_dump(mode="json")


def renewed(kept: dict[str, Any] | None, cause: VersionCause, now: datetime) -> dict[str, Any] | None:
    """As it is kept once the order was changed: what is promised is found anew, and no version is lost.

    None where it was kept or broken before: no change puts that right, nor makes it wrong.
    """
    state, made = state_kept(kept), LegPromise.of(kept)
    if state is not None and (state.stopped_at is not None or state.verdict is PromiseVerdict.BREACHED):
        return None
    earlier = state.versions if state is not None else made.earlier if made is not None else ()
    waits = LegPromise(
        promised=False, obstacle=OfferObstacle.NEEDS_PERSON, renewed_at=now, cause=cause, earlier=earlier
    )
    return waits.kept()


def state_kept(kept: dict[str, Any] | None) -> PromiseState | None:
    """The state as it was kept with a leg; None where nothing is promised."""
    if not kept or "verdict" not in kept:
        return None
    return PromiseState.model_validate({**kept, "boundaries": ()})


def appended(known: Sequence[PromiseVersion], found: PromiseState, now: datetime) -> PromiseState:
    """The state with every version that ever stood: new ones are added, none is lost or renumbered (courier.md §4).

    A deadline that moves without a pause or suspension of its own (a scan was voided, a suspension corrected) is a
    version too.
    """
    versions = list(known)
    seen = {(version.deadline, version.known_at) for version in known}
    for version in found.versions:
        if (version.deadline, version.known_at) not in seen:
            versions.append(version.model_copy(update={"version": len(versions) + 1}))
    if versions[-1].deadline != found.deadline:
        corrected = PromiseVersion(
            version=len(versions) + 1, deadline=found.deadline, cause=VersionCause.CORRECTED, known_at=now
        )
        versions.append(corrected)
    return found.model_copy(update={"versions": tuple(versions)})
