"""The scheduled jobs (巡检) and where each is worked: a network's jobs on the network's own queue."""

from datetime import timedelta
from enum import StrEnum

from domain.model import Frozen
from domain.naming import CARRIER_QUEUE, CASES_QUEUE, partner_queue
from domain.terms import Partner


class Job(StrEnum):
    """The scheduled jobs (巡检), decisions.md 10; the value is the end of the workflow id."""

    SWEEP = "sweep"  # starts, inbox, scans and tasks that were left behind
    POLL_SOUTHWEST = "poll_southwest"
    POLL_INTERPROVINCIAL = "poll_interprovincial"
    MESSAGES = "messages"  # to applicants, what waits in the outbox
    TRACK = "track"  # the carrier's trace of interregional legs
    HEAL_SICHUAN = "heal_sichuan"  # the status behind a gap in an authority's sequence that stays open
    HEAL_INTERPROVINCIAL = "heal_interprovincial"
    RECONCILE_SICHUAN = "reconcile_sichuan"  # yesterday's books, once a day
    RECONCILE_SOUTHWEST = "reconcile_southwest"
    RECONCILE_INTERPROVINCIAL = "reconcile_interprovincial"
    RETENTION = "retention"  # personal data whose time is over, once a day

    @property
    def workflow_id(self) -> str:
        """`job-{job}`: of the one workflow that keeps a frequent job going, or of a daily job's Schedule."""
        return f"job-{self}"


DAILY = (Job.RECONCILE_SICHUAN, Job.RECONCILE_SOUTHWEST, Job.RECONCILE_INTERPROVINCIAL, Job.RETENTION)
FREQUENT = tuple(job for job in Job if job not in DAILY)


class Work(Frozen):
    """How a job is worked: its task queue, its network (None: no network's), and how long one turn may take."""

    queue: str
    partner: Partner | None = None
    at_most: timedelta = timedelta(minutes=5)


SHIFT = timedelta(hours=1)
"""How long one activity keeps a frequent job going before it returns and is started anew."""

SHIFTS = 24
"""After so many the job's workflow continues as new: its history stays under 200 events."""

SHIFT_AT_MOST = SHIFT + timedelta(minutes=15)  # one long time of the job may begin at the very end

SILENT_AT_MOST = timedelta(seconds=15)
"""A worker that says nothing for so long is gone; another one takes its jobs over."""

_ASKING = timedelta(hours=2)  # every open handling is asked about, one after the other


def _of(partner: Partner, at_most: timedelta = timedelta(minutes=5)) -> Work:
    return Work(queue=partner_queue(partner), partner=partner, at_most=at_most)


JOB_WORK: dict[Job, Work] = {
    Job.SWEEP: Work(queue=CASES_QUEUE),
    Job.POLL_SOUTHWEST: _of(Partner.SOUTHWEST),
    Job.POLL_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL),
    Job.MESSAGES: Work(queue=CASES_QUEUE),
    Job.TRACK: Work(queue=CARRIER_QUEUE),
    Job.HEAL_SICHUAN: _of(Partner.SICHUAN),
    Job.HEAL_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL),
    Job.RECONCILE_SICHUAN: _of(Partner.SICHUAN, _ASKING),
    Job.RECONCILE_SOUTHWEST: _of(Partner.SOUTHWEST, _ASKING),
    Job.RECONCILE_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL, _ASKING),
    Job.RETENTION: Work(queue=CASES_QUEUE, at_most=_ASKING),
}
