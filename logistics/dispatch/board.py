"""The board: every place that matters now, numbered, with the seconds between all of them."""

from logistics.dispatch.models import DispatchJob, Travel


class Board:
    """Slots for open jobs and couriers' places.

    `leg[a][b]` is the time in seconds from leaving slot `a` to standing at the door of slot `b`, with the
    fetch at `origin` on the way, so that a delivery is one stop like any other for the search.
    """

    def __init__(self, travel: Travel) -> None:
        self._travel = travel
        self.leg: list[list[float]] = []
        self.deadline: list[float] = []
        self.service: list[float] = []
        self._place: list[tuple[float, float]] = []
        self._entry: list[tuple[float, float] | None] = []
        self._inner: list[float] = []
        self._free: list[int] = []
        self.live: set[int] = set()

    def add_place(self, x: float, y: float) -> int:
        """A place couriers only leave from (seconds are asked from here, never to here)."""
        slot = self._take(x, y)
        self._measure_from(slot)
        return slot

    def add_job(self, job: DispatchJob) -> int:
        """A door; measured both ways against everything on the board."""
        slot = self._take(job.x, job.y)
        self.deadline[slot], self.service[slot] = job.deadline, job.service_s
        self._entry[slot] = entry = job.origin or (job.x, job.y)
        self._inner[slot] = inner = self._travel(*entry, job.x, job.y) if job.origin else 0.0
        self._measure_from(slot)
        travel, leg, place = self._travel, self.leg, self._place
        for other in self.live:
            leg[other][slot] = travel(*place[other], *entry) + inner
        return slot

    def release(self, slot: int) -> None:
        """The place does not matter any more."""
        self.live.discard(slot)
        self._entry[slot] = None
        self._free.append(slot)

    def _take(self, x: float, y: float) -> int:
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self._place[slot], self._entry[slot] = (x, y), None
        self.live.add(slot)
        return slot

    def _grow(self) -> None:
        size = len(self.leg)
        new = max(16, size)
        for row in self.leg:
            row.extend([0.0] * new)
        self.leg.extend([0.0] * (size + new) for _ in range(new))
        self.deadline.extend([0.0] * new)
        self.service.extend([0.0] * new)
        self._place.extend([(0.0, 0.0)] * new)
        self._entry.extend([None] * new)
        self._inner.extend([0.0] * new)
        self._free.extend(range(size + new - 1, size - 1, -1))

    def _measure_from(self, slot: int) -> None:
        travel, row, (x, y) = self._travel, self.leg[slot], self._place[slot]
        entries, inner = self._entry, self._inner
        for other in self.live:
            entry = entries[other]
            if entry is not None and other != slot:
                row[other] = travel(x, y, *entry) + inner[other]
