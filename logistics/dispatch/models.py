"""What crosses the border of the dispatcher: couriers, jobs, and where both stand (interfaces.md)."""

from collections.abc import Callable
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Metres = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Id = str | int
Travel = Callable[[float, float, float, float], float]
"""`travel(x0, y0, x1, y1)`: expected seconds from one point to the other, local metres."""

_STRICT = ConfigDict(extra="forbid")


class UnknownJobError(KeyError):
    """Somebody reports a job that was never requested."""

    def __str__(self) -> str:
        return f"job {self.args[0]!r} was never requested"


class UnknownCourierError(KeyError):
    """Somebody reports a courier who was never on duty."""

    def __str__(self) -> str:
        return f"courier {self.args[0]!r} was never on duty"


@dataclass(frozen=True, config=_STRICT)
class DispatchCourier:
    """A courier on duty (投递员) and where he stands, in local metres."""

    id: Id
    x: Metres
    y: Metres


@dataclass(frozen=True, config=_STRICT)
class DispatchJob:
    """A door to visit (上门任务): a pickup, or a delivery whose parcel must be fetched at `origin` first.

    Metres and seconds; `deadline` is when the promise ends (at the door), `service_s` the time at the door.
    """

    id: Id
    x: Metres
    y: Metres
    released: Seconds
    deadline: Seconds
    service_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 180.0
    origin: tuple[Metres, Metres] | None = None


@dataclass(frozen=True, config=_STRICT)
class CourierStanding:
    """One courier's row: his last known place and, while on a job, when he left for it and arrived."""

    courier: DispatchCourier
    job_id: Id | None = None
    left_at: Seconds | None = None
    arrived_at: Seconds | None = None
    on_duty: bool = True


@dataclass(frozen=True, config=_STRICT)
class JobStanding:
    """One open job's row: on whom it is planned, how many stops come before it, how often it was moved."""

    job: DispatchJob
    courier_id: Id | None = None
    place: int = 0
    moves: int = 0


@dataclass(frozen=True, config=_STRICT)
class DispatchStanding:
    """Everything the dispatcher remembers; rows enough to go on in another process (decisions.md 11)."""

    couriers: tuple[CourierStanding, ...]
    jobs: tuple[JobStanding, ...]
    planned_at: Seconds | None = None
