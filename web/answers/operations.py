"""Whether it lives, is ready, and what waits."""

from domain.applicant_messages import MessageState
from domain.terms import Partner
from web.answers.base import Answer, Moment


class Alive(Answer):
    """The process answers."""

    status: str


class Ready(Answer):
    """`revision`: of the database, null where it has no tables."""

    status: str
    revision: str | None


class Counts(Answer):
    """How many there are. `updatesWaiting`: for a workflow; `partnersAway`: networks whose breaker is open."""

    cases: int
    cases_open: int
    cases_not_started: int
    inbox_waiting: int
    inbox_parked: int
    inbox_dead: int
    updates_waiting: int
    partners_away: int
    tasks_open: int
    messages_waiting: int


class FindingShown(Answer):
    """One thing that was examined. `level`: pass, warn or fail; `fix`: one thing to do, empty for a pass.

    `since`: null where nobody has noted since when it is so.
    """

    part: str
    level: str
    what: str
    detail: str
    fix: str
    since: Moment | None


class Status(Answer):
    """Health in words; `findings`: what `kuayu doctor` says."""

    temporal: str
    database: str
    partners: dict[Partner, str]
    counts: Counts
    messages_today: dict[MessageState, int]
    time_scale: float
    sandbox: bool
    temporal_ui: str | None
    version: str
    findings: list[FindingShown]
