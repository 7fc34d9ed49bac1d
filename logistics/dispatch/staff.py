"""A courier as the dispatcher sees him: where he leaves from, what he is doing, what comes next."""

from dataclasses import dataclass, field

from logistics.dispatch.models import DispatchJob, Id

# How much of its expected length an overdue leg or door visit is still expected to take: with lognormal
# times the remainder shrinks slowly, a guess of none would plan the next stop too early.
OVERDUE_SHARE = 0.15


@dataclass
class Staff:
    """One courier's state; `anchor` is the board's slot of the place he last stood idle at."""

    id: Id
    x: float
    y: float
    anchor: int
    job: DispatchJob | None = None
    leg_s: float = 0.0
    left_at: float | None = None
    arrived_at: float | None = None
    on_duty: bool = True
    stops: list[int] = field(default_factory=list)

    def free_at(self, now: float) -> float:
        """When he can leave for the next door, as expected at `now` (seconds)."""
        if self.job is None:
            return now
        service_s = self.job.service_s
        if self.arrived_at is None:
            return self.expected_arrival(now) + service_s
        due = self.arrived_at + service_s
        return due if due > now else now + OVERDUE_SHARE * service_s

    def expected_arrival(self, now: float) -> float:
        """When he stands, or stood, at the door of his job (seconds)."""
        if self.arrived_at is not None:
            return self.arrived_at
        due = (now if self.left_at is None else self.left_at) + self.leg_s
        return due if due >= now else now + OVERDUE_SHARE * self.leg_s

    def place_at(self, now: float) -> tuple[float, float]:
        """Where he probably is: between his last place and the door while under way."""
        if self.job is None:
            return self.x, self.y
        done = 1.0
        if self.arrived_at is None and self.left_at is not None and self.leg_s > 0:
            done = min(1.0, max(0.0, (now - self.left_at) / self.leg_s))
        return self.x + (self.job.x - self.x) * done, self.y + (self.job.y - self.y) * done
