"""What a task is about (事由) and by what it closes itself: of one matter at most one task is open.

`key` makes opening idempotent, the matter says what a person has before them. A second message about the same matter
is a further line of the task that is open; a graver kind raises it (a risk becomes a broken promise).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from string import Formatter
from typing import NamedTuple

from domain.tasks import TaskKind


class End(StrEnum):
    """By what a task closes itself; kept as the reason of a settled task, for the audit."""

    SETTLED = "SETTLED"  # the step that asked says that it is over
    CLOCK_STOPPED = "CLOCK_STOPPED"  # the clock stopped, or began anew with another end
    DECIDED = "DECIDED"  # the authority has decided
    CASE_CLOSED = "CASE_CLOSED"
    HANDED_OVER = "HANDED_OVER"  # collected at the hall
    BROUGHT = "BROUGHT"  # what was owed has come, or is not needed any more
    FILE_CAME = "FILE_CAME"
    FETCHED = "FETCHED"  # the applicant has downloaded the result
    REPLAYED = "REPLAYED"  # delivered, or judged, once more
    STREAM_GOES_ON = "STREAM_GOES_ON"  # the missing batch or receipt has come
    PROMISE_GOOD = "PROMISE_GOOD"  # in time again, or kept
    VOIDED = "VOIDED"  # a correction has taken back what was said
    CORRECTED = "CORRECTED"  # the address was put right
    MOVED_ON = "MOVED_ON"  # the parcel was taken, or heard of again
    ARRIVED = "ARRIVED"  # at the end of its way
    AT_HOME = "AT_HOME"  # the parcel is with who may sign, or back
    FOUND = "FOUND"
    CODE_RIGHT = "CODE_RIGHT"  # the applicant's code has been said after all
    SECOND_PERSON = "SECOND_PERSON"  # somebody else has said it as well
    COUNTED = "COUNTED"  # counted again, and as the list says
    LEG_ENDED = "LEG_ENDED"
    GOES_ON = "GOES_ON"  # a run of the case listens again
    REPLACED = "REPLACED"  # by a task of the same matter that a workflow waits for


class Rule(NamedTuple):
    """`matter`: a pattern over what the task names; `ends`: by what it closes itself, none where only a person may.

    `rank`: of two kinds of one matter the higher one is shown.
    """

    matter: str
    ends: frozenset[End] = frozenset()
    rank: int = 0


def _rule(matter: str, *ends: End, rank: int = 0) -> Rule:
    return Rule(matter, frozenset(ends), rank)


_K = TaskKind
_CLOCK = (End.CLOCK_STOPPED, End.CASE_CLOSED)

OWN = "{key}"
"""A matter of its own: another key is another matter."""

MATTERS: dict[TaskKind, Rule] = {
    _K.CONTRADICTION: _rule(OWN),
    _K.COMMAND_REFUSED: _rule(OWN, End.DECIDED),
    _K.UNKNOWN_EVENT: _rule("{handling}/wire"),
    _K.REFUSED_EVENT: _rule("{handling}/wire", rank=1),
    _K.UNDELIVERABLE_EVENT: _rule("{handling}/undelivered", End.REPLAYED),
    _K.NOT_TAKEN: _rule(OWN),
    _K.STEP_STUCK: _rule(OWN, End.SETTLED),
    _K.SCANS_SET_ASIDE: _rule(OWN),
    _K.SCAN_JUMPED: _rule(OWN),
    _K.NUMBER_SHARED: _rule(OWN),
    _K.LETTER: _rule("{case}/letter", End.HANDED_OVER),
    _K.SAID_AFTER_END: _rule("{handling}/after-the-end"),
    _K.LEG_BROKEN: _rule(OWN),
    _K.CASE_BROKEN: _rule("{case}/broken", End.GOES_ON, End.CASE_CLOSED),
    _K.VOIDED_ROW: _rule("{handling}/void"),
    _K.OLD_BATCH: _rule(OWN),
    _K.STREAM_STOPPED: _rule(OWN, End.STREAM_GOES_ON),
    _K.FILE_MISSING: _rule(OWN, End.FILE_CAME),
    _K.DEADLINE_WARNING: _rule("{owner}/clock/{clock}", *_CLOCK, rank=0),
    _K.DEADLINE_MISSED: _rule("{owner}/clock/{clock}", *_CLOCK, rank=1),
    _K.DEEMED_ACCEPTED: _rule("{owner}/clock/{clock}", *_CLOCK, rank=2),
    _K.ESCALATED_DEPARTMENT: _rule("{owner}/clock/{clock}", *_CLOCK, rank=3),
    _K.ESCALATED_DISTRICT: _rule("{owner}/clock/{clock}", *_CLOCK, rank=4),
    _K.SECOND_SUPPLEMENT: _rule("{handling}/supplement", End.DECIDED, End.CASE_CLOSED),
    _K.PLACE_ADDRESS: _rule("{leg}/address", End.CORRECTED, End.VOIDED, End.MOVED_ON, End.AT_HOME, End.LEG_ENDED),
    _K.PROMISE_AT_RISK: _rule("{leg}/promise", End.PROMISE_GOOD, End.AT_HOME, End.LEG_ENDED, rank=0),
    _K.PROMISE_BROKEN: _rule("{leg}/promise", End.PROMISE_GOOD, End.AT_HOME, End.LEG_ENDED, rank=1),
    _K.DELIVERY_FAILED: _rule("{leg}/attempt", End.VOIDED, End.MOVED_ON, End.AT_HOME, End.LEG_ENDED),
    _K.DISCREPANCY: _rule("{leg}/papers", End.VOIDED),
    _K.CODE_WRONG: _rule("{leg}/code", End.CODE_RIGHT),
    _K.SAME_PERSON: _rule("{leg}/one-hand", End.SECOND_PERSON, End.VOIDED),
    _K.PAPERS_SHORT: _rule("{leg}/papers", End.VOIDED, End.COUNTED, End.BROUGHT, End.CASE_CLOSED, rank=1),
    _K.PAPERS_LAPSED: _rule("{case}/papers", End.BROUGHT, End.CASE_CLOSED),
    _K.PARCEL_DAMAGED: _rule("{leg}/damage", End.VOIDED),
    _K.PARCEL_LOST: _rule("{leg}/lost", End.FOUND, End.LEG_ENDED),
    _K.PARCEL_FOUND: _rule("{leg}/found", End.AT_HOME),
    _K.LEG_OVERDUE: _rule("{leg}/late", End.ARRIVED, End.LEG_ENDED),
    _K.UNKNOWN_OP_CODE: _rule(OWN),
    _K.RETURN_REQUIRED: _rule("{leg}/return", End.AT_HOME),
    _K.TAKE_OVER: _rule("{leg}/hands", End.MOVED_ON, End.AT_HOME, End.LEG_ENDED),
    _K.PAPERS_NOT_ARRIVED: _rule(OWN),
    _K.PAPERS_AWAY: _rule(OWN, End.CASE_CLOSED),
    _K.PAPERS_CAME_BACK: _rule(OWN, End.DECIDED, End.CASE_CLOSED),
    _K.COLLECT_AT_HALL: _rule("{case}/collection", End.HANDED_OVER, End.CASE_CLOSED),
    _K.BAD_RATING: _rule("{case}/rating", rank=0),
    _K.REWORK_OVERDUE: _rule("{case}/rating", rank=1),
    _K.DEFERRED_MATERIAL: _rule(OWN, End.BROUGHT),
    _K.DEFERRED_LAPSED: _rule("{owner}/clock/{clock}", End.SETTLED, End.CASE_CLOSED, rank=5),
    _K.POST_CHECK: _rule(OWN),
    _K.RESULT_WITHOUT_FILE: _rule("{handling}/file"),
    _K.RESULT_NOT_FETCHED: _rule("{handling}/result", End.FETCHED),
    _K.COMPENSATION: _rule(OWN),
    _K.LICENCE_UNCONFIRMED: _rule(OWN, End.CASE_CLOSED),
    _K.LICENCE_DENIED: _rule(OWN, End.CASE_CLOSED),
    _K.REMINDED: _rule("{owner}/reminder", End.DECIDED, End.CASE_CLOSED),
    _K.CLAIM_DUE: _rule("{leg}/claim", End.SETTLED, rank=0),
    _K.CLAIM_OVERDUE: _rule("{leg}/claim", End.SETTLED, rank=1),
    _K.UNMASKED_OFTEN: _rule(OWN),
}
"""kind → its matter, by what it closes itself, its rank among the kinds of that matter."""

WAITED_FOR = frozenset(
    {
        _K.CONTRADICTION,
        _K.COMMAND_REFUSED,
        _K.COMPENSATION,
        _K.DEFERRED_LAPSED,
        _K.OLD_BATCH,
        _K.LEG_BROKEN,
        _K.CASE_BROKEN,
        _K.LICENCE_UNCONFIRMED,
        _K.LICENCE_DENIED,
    }
)
"""Kinds whose verdict is waited for under the very id that follows from the key: never a line of another task."""


class Named(NamedTuple):
    """What a task is about, as far as it knows. `key`: its idempotency key. `clock`: a DeadlineKind."""

    key: str
    case_no: str | None = None
    handling_no: str | None = None
    leg_id: str | None = None
    clock: str | None = None


def matter_of(kind: TaskKind, about: Named) -> str:
    """The matter under which at most one task is open: the kind's pattern filled in.

    The key itself where the pattern needs something that this task does not name.
    """
    pattern = MATTERS[kind].matter
    values: Mapping[str, str | None] = {
        "key": about.key,
        "case": about.case_no,
        "handling": about.handling_no,
        "owner": about.handling_no or about.case_no,
        "leg": about.leg_id,
        "clock": about.clock,
    }
    if any(values[name] is None for name in needs(pattern)):
        return about.key
    return pattern.format_map(values)


def needs(pattern: str) -> frozenset[str]:
    """The names between braces in a pattern, e.g. `{leg}/lost` → `leg`."""
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name)


def ending_by(end: End) -> frozenset[TaskKind]:
    """The kinds of task that this end closes."""
    return frozenset(kind for kind, rule in MATTERS.items() if end in rule.ends)


def clock_matter(owner: str, clock: str) -> str:
    """The matter of one clock: `{owner}/clock/{clock}`.

    `owner`: a handling number, or the case number where the clock is the whole case's. `clock`: a DeadlineKind.
    """
    return matter_of(_K.DEADLINE_MISSED, Named(key="", handling_no=owner, clock=clock))


def outranks(kind: TaskKind, shown: TaskKind) -> bool:
    """Whether `kind` is graver than the kind that an open task shows; ranks compare within one matter only."""
    return MATTERS[kind].rank > MATTERS[shown].rank


def gravest(kinds: Iterable[TaskKind]) -> TaskKind:
    """Of kinds of one matter the one of the highest rank, which the task shows; of equals the first."""
    return max(kinds, key=lambda kind: MATTERS[kind].rank)
