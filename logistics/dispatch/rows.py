"""Between the dispatcher's state and rows that outlive a process (decisions.md 11)."""

from logistics.dispatch.models import CourierStanding, DispatchCourier, DispatchStanding, Id, JobStanding
from logistics.dispatch.staff import Staff
from logistics.dispatch.state import State


def standing_of(state: State, planned_at: float | None) -> DispatchStanding:
    """Rows of everything that stands now."""
    couriers = tuple(_courier_row(staff) for staff in state.staff.values())
    planned: dict[Id, tuple[Id, int]] = {}
    for staff in state.staff.values():
        for place, slot in enumerate(staff.stops):
            planned[state.job_at[slot].id] = (staff.id, place)
    jobs = []
    for job_id, job in state.jobs.items():
        slot = state.slots[job_id]
        courier_id, place = planned.get(job_id, (state.owner.get(slot), 0))
        jobs.append(JobStanding(job, courier_id, place, state.moves[slot]))
    return DispatchStanding(couriers, tuple(jobs), planned_at)


def restore(state: State, standing: DispatchStanding) -> None:
    """Put the rows into an empty state."""
    for row in standing.couriers:
        state.admit(row.courier).on_duty = row.on_duty
    active = {row.job_id: row for row in standing.couriers if row.job_id is not None}
    for job_row in standing.jobs:
        slot = state.open(job_row.job)
        state.moves[slot] = job_row.moves
        courier_row = active.get(job_row.job.id)
        if courier_row is not None:
            staff = state.courier(courier_row.courier.id)
            state.start(staff, job_row.job, courier_row.left_at or 0.0)
            staff.arrived_at = courier_row.arrived_at
    for job_row in sorted(standing.jobs, key=lambda row: row.place):
        owner, slot = job_row.courier_id, state.slots[job_row.job.id]
        if owner is not None and job_row.job.id not in active:
            state.unplanned.remove(slot)
            state.courier(owner).stops.append(slot)
            state.owner[slot] = owner


def _courier_row(staff: Staff) -> CourierStanding:
    return CourierStanding(
        DispatchCourier(staff.id, staff.x, staff.y),
        None if staff.job is None else staff.job.id,
        staff.left_at,
        staff.arrived_at,
        staff.on_duty,
    )
