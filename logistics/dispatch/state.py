"""What the dispatcher knows at a moment: couriers, open jobs, the plan; and the few ways it changes."""

from collections.abc import Iterable

from logistics.dispatch.board import Board
from logistics.dispatch.models import DispatchCourier, DispatchJob, Id, Travel, UnknownCourierError
from logistics.dispatch.staff import Staff


class State:
    """Couriers and open jobs; a job is under way with a courier, in his `stops`, or in `unplanned`.

    `owner` is the courier whom the applicant expects for a job that is not under way, `moves` how often that
    changed. `closed` remembers where finished and cancelled jobs were, for reports that come late.
    """

    def __init__(self, travel: Travel) -> None:
        self.travel = travel
        self.board = Board(travel)
        self.staff: dict[Id, Staff] = {}
        self.jobs: dict[Id, DispatchJob] = {}
        self.slots: dict[Id, int] = {}
        self.job_at: dict[int, DispatchJob] = {}
        self.unplanned: list[int] = []
        self.owner: dict[int, Id] = {}
        self.moves: dict[int, int] = {}
        self.closed: dict[Id, DispatchJob] = {}

    def courier(self, courier_id: Id) -> Staff:
        """A courier who is or was on duty.

        Raises:
            UnknownCourierError: he never was.
        """
        try:
            return self.staff[courier_id]
        except KeyError:
            raise UnknownCourierError(courier_id) from None

    def admit(self, courier: DispatchCourier) -> Staff:
        """A courier nobody knew."""
        staff = Staff(courier.id, courier.x, courier.y, self.board.add_place(courier.x, courier.y))
        self.staff[courier.id] = staff
        return staff

    def open(self, job: DispatchJob) -> int:
        """A new job, not planned yet."""
        slot = self.board.add_job(job)
        self.closed.pop(job.id, None)
        self.jobs[job.id], self.slots[job.id], self.job_at[slot] = job, slot, job
        self.moves[slot] = 0
        self.unplanned.append(slot)
        return slot

    def close(self, job_id: Id) -> None:
        """The job is over: served or cancelled."""
        job, slot = self.jobs.pop(job_id), self.slots.pop(job_id)
        self.closed[job_id] = job
        self.take_off_plan(slot)
        del self.job_at[slot], self.moves[slot]
        self.owner.pop(slot, None)
        self.board.release(slot)

    def start(self, staff: Staff, job: DispatchJob, now: float) -> None:
        """He leaves for the job now."""
        slot = self.slots[job.id]
        self.take_off_plan(slot)
        self.owner[slot] = staff.id
        staff.job, staff.left_at, staff.arrived_at = job, now, None
        staff.leg_s = self.board.leg[staff.anchor][slot]

    def stand(self, staff: Staff, x: float, y: float) -> None:
        """He is idle and stands there."""
        staff.x, staff.y = x, y
        staff.job, staff.left_at, staff.arrived_at, staff.leg_s = None, None, None, 0.0
        self.board.release(staff.anchor)
        staff.anchor = self.board.add_place(x, y)

    def take_off_plan(self, slot: int) -> None:
        """The stop is in nobody's sequence any more."""
        for staff in self.staff.values():
            if slot in staff.stops:
                staff.stops.remove(slot)
        if slot in self.unplanned:
            self.unplanned.remove(slot)

    def give_back(self, slots: Iterable[int]) -> None:
        """These stops need another courier; that is no fault of the plan, so it costs no notice."""
        for slot in slots:
            self.take_off_plan(slot)
            self.unplanned.append(slot)
            if self.owner.pop(slot, None) is not None:
                self.moves[slot] += 1

    def leaves_from(self, staff: Staff) -> int:
        """The board's slot his next stop is reached from: the door he is going to, or where he stands."""
        return staff.anchor if staff.job is None else self.slots[staff.job.id]

    def under_way(self, job_id: Id) -> Staff | None:
        """Who is on his way to the job or at its door."""
        return next((s for s in self.staff.values() if s.job is not None and s.job.id == job_id), None)

    def planned_on(self, slot: int) -> Staff | None:
        """In whose sequence the stop is."""
        return next((s for s in self.staff.values() if slot in s.stops), None)
