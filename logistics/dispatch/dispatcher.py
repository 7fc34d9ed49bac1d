"""The online dispatcher (派单): knows only what has happened, says what an idle courier does now.

Interfaces.md "Python (logistics)", courier.md §6. Every decision is a function of (seed, what stands now,
the event), so a dispatcher that was resumed from rows decides exactly like one that lived on.
"""

from collections.abc import Collection, Sequence
from typing import Self

from logistics.dispatch.decision import Effort, Planner
from logistics.dispatch.models import (
    DispatchCourier,
    DispatchJob,
    DispatchStanding,
    Id,
    Travel,
    UnknownJobError,
)
from logistics.dispatch.rows import restore, standing_of
from logistics.dispatch.staff import Staff
from logistics.dispatch.state import State


class Dispatcher:
    """Decides pickups and deliveries online; deterministic for a seed; never refuses a job.

    Times are seconds on the caller's clock, places local metres, `travel` gives expected seconds.
    A job that `next_job` returned is started at once and not diverted. An idle courier is asked when he has
    finished and whenever a job comes; no job is left with a courier whom nobody will ask.
    """

    def __init__(
        self,
        couriers: Sequence[DispatchCourier],
        travel: Travel,
        now: float,
        seed: int = 0,
        *,
        effort: Effort | None = None,
    ) -> None:
        self._seed = seed
        self._state = State(travel)
        self._planner = Planner(effort or Effort())
        self._now = now
        self._planned_at: float | None = None
        for courier in couriers:
            self._state.admit(courier)

    # -- what happens ------------------------------------------------------------------------------------

    def request(self, now: float, job: DispatchJob) -> None:
        """A job has come. The same open job again has no effect.

        Raises:
            ValueError: another job with the id of an open one.
        """
        known = self._state.jobs.get(job.id)
        if known is not None:
            if known != job:
                raise ValueError(f"job {job.id} is open with other particulars")
            return
        self._state.open(job)
        self._plan(now, f"request:{job.id}", asked=self._state.staff)
        self._planned_at = now

    def next_job(self, now: float, courier_id: Id) -> Id | None:
        """What an idle courier does now; he leaves at once. None: nothing better than to wait here.

        Asked again while under way the answer is the same job; at a door, or off duty, it is None.
        """
        state, staff = self._state, self._state.courier(courier_id)
        if staff.job is not None:
            return staff.job.id if staff.arrived_at is None else None
        if not staff.on_duty:
            return None
        if self._planned_at != now and (state.unplanned or any(o.stops for o in state.staff.values())):
            self._plan(now, f"next:{courier_id}", {courier_id}, self._planner.effort.on_question)
        if not staff.stops:
            return None
        job = state.job_at[staff.stops[0]]
        state.start(staff, job, now)
        return job.id

    def arrived(self, now: float, courier_id: Id, job_id: Id) -> None:
        """He stands at the door. What he reports wins over what was planned (scan beats assignment).

        Raises:
            UnknownJobError, UnknownCourierError: nobody ever spoke of them.
        """
        staff, job = self._reported(now, courier_id, job_id)
        if job_id in self._state.jobs:
            staff.arrived_at = now
        elif staff.job is None:  # cancelled while he was under way: all we learn is where he is
            self._state.stand(staff, job.x, job.y)

    def finished(self, now: float, courier_id: Id, job_id: Id) -> None:
        """He is done at the door and idle there, whether or not the arrival was reported before.

        Raises:
            UnknownJobError, UnknownCourierError: nobody ever spoke of them.
        """
        staff, job = self._reported(now, courier_id, job_id)
        if staff.job in (None, job):  # else an old report, sent again: he is on another job by now
            self._state.stand(staff, job.x, job.y)
        if job_id in self._state.jobs:
            self._state.close(job_id)

    def cancel(self, now: float, job_id: Id) -> None:
        """The job is not wanted any more; a courier on it is idle where he is. Closed ones: no effect."""
        state = self._state
        if job_id not in state.jobs:
            return
        self._moved_to(now)
        staff = state.under_way(job_id)
        if staff is not None:
            state.stand(staff, *staff.place_at(now))
        state.close(job_id)

    def on_duty(self, now: float, courier: DispatchCourier) -> None:
        """A courier comes on duty, or says where he stands idle; he should be asked for his next job."""
        staff = self._state.staff.get(courier.id) or self._state.admit(courier)
        staff.on_duty = True
        if staff.job is None:
            self._state.stand(staff, courier.x, courier.y)
        self._plan(now, f"on:{courier.id}")

    def off_duty(self, now: float, courier_id: Id) -> None:
        """A courier goes off duty: what he has not reached goes to the others, a door he is at he finishes.

        Idle couriers should be asked again; if they are not, a busy one takes it over.
        """
        state, staff = self._state, self._state.courier(courier_id)
        staff.on_duty = False
        orphans = list(staff.stops)
        if staff.job is not None and staff.arrived_at is None:
            orphans.insert(0, state.slots[staff.job.id])
            state.stand(staff, *staff.place_at(now))
        state.give_back(orphans)
        self._plan(now, f"off:{courier_id}")

    def replan(self, now: float) -> None:
        """Somebody will be late: look again at every job that nobody has set out for, as if a job had come."""
        self._plan(now, "replan", asked=self._state.staff)
        self._planned_at = now

    # -- what is planned ---------------------------------------------------------------------------------

    def planned_courier(self, job_id: Id) -> Id | None:
        """On whom an open job is planned or under way; None: nobody is on duty, or it is not open."""
        staff = self._carrier(job_id)
        return None if staff is None else staff.id

    def planned_arrival(self, job_id: Id, now: float | None = None) -> float | None:
        """When somebody will be, or was, at the door: seconds on the caller's clock; None: not planned.

        `now` is the moment of asking; without it, the moment of the last event.
        """
        staff = self._carrier(job_id)
        if staff is None:
            return None
        moment = self._now if now is None else now
        if staff.job is not None and staff.job.id == job_id:
            return staff.expected_arrival(moment)
        return self._planner.arrival(self._state, staff, self._state.slots[job_id], moment)

    # -- rows --------------------------------------------------------------------------------------------

    def standing(self) -> DispatchStanding:
        """What has to be remembered to go on elsewhere; see `resume`."""
        return standing_of(self._state, self._planned_at)

    @classmethod
    def resume(
        cls,
        standing: DispatchStanding,
        travel: Travel,
        now: float,
        seed: int = 0,
        *,
        effort: Effort | None = None,
    ) -> Self:
        """A dispatcher from rows, without searching: a few milliseconds for 50 open jobs."""
        dispatcher = cls((), travel, now, seed, effort=effort)
        restore(dispatcher._state, standing)
        dispatcher._planned_at = standing.planned_at
        return dispatcher

    # -- inside ------------------------------------------------------------------------------------------

    def _moved_to(self, now: float) -> None:
        self._now, self._planned_at = now, None

    def _plan(self, now: float, key: str, asked: Collection[Id] = (), effort: int | None = None) -> None:
        self._moved_to(now)
        effort = self._planner.effort.on_event if effort is None else effort
        self._planner.decide(self._state, now, f"{self._seed}:{float(now)}:{key}", asked, effort)

    def _carrier(self, job_id: Id) -> Staff | None:
        slot = self._state.slots.get(job_id)
        if slot is None:
            return None
        return self._state.under_way(job_id) or self._state.planned_on(slot)

    def _reported(self, now: float, courier_id: Id, job_id: Id) -> tuple[Staff, DispatchJob]:
        """Make the courier the one who is on the job if it is open, whatever was planned."""
        state, staff = self._state, self._state.courier(courier_id)
        job = state.jobs.get(job_id) or state.closed.get(job_id)
        if job is None:
            raise UnknownJobError(job_id)
        self._moved_to(now)
        if job_id not in state.jobs or staff.job is job:
            return staff, job
        other = state.under_way(job_id)
        if other is not None:
            state.stand(other, *other.place_at(now))
        if staff.job is not None:
            given_back = state.slots[staff.job.id]
            state.stand(staff, *staff.place_at(now))
            state.give_back([given_back])
        state.start(staff, job, now)
        return staff, job
