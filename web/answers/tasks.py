"""What waits for a person."""

from pydantic import Field

from domain.terms import Role
from web.answers.base import Answer, Facts, Moment
from web.answers.clocks import PartyNamed, TaskClock
from web.answers.said import Words


class PlaceShown(Answer):
    """Where to turn to: `hall`, `outlet` or `authority`."""

    kind: str
    code: str | None
    name: str


class WhatCame(Words):
    """What was said (收到的内容), opened for whoever decides; members that were not said are null."""

    event: str | None
    label: str | None
    at: Moment | None
    from_: str | None = Field(alias="from")
    seq: int | None
    message_id: str | None
    step: str | None
    code: str | None
    command: str | None
    ours: str | None


class TaskLine(Answer):
    """One thing that came to the same task."""

    kind: str
    title: str
    at: Moment
    key: str
    data: Facts
    settled_at: Moment | None
    came: WhatCame | None


class Undoing(Answer):
    """What of a joint case was approved and what was not, and the steps to undo it, in their order."""

    done: str
    failed: str
    steps: list[str]


class SettledBy(Answer):
    """By what a task closed itself."""

    code: str
    label: str


class OutcomeOfTwo(Answer):
    """An outcome that one person proposes and another confirms, and why one is not enough."""

    outcome: str
    why: str


class TaskProposal(Answer):
    """What somebody wants done (待复核); `ending` null: it waits for a second person until `until`, then it falls.

    `ending`: `confirmed`, `returned`, `recalled`, `lapsed` or `overtaken`, with who has ended it and why.
    """

    id: int
    outcome: str
    reason: str
    by: str
    at: Moment
    until: Moment
    ending: str | None
    ended_by: str | None
    end_reason: str | None


class TaskShown(Answer):
    """`twoPeople`: outcomes that a second person confirms; `proposal`: the last one about it.

    `outcomes`: what may be decided; `lines`: the last 20 of `lineCount`. `undoing`: of a COMPENSATION.
    """

    id: str
    kind: str
    title: str
    owner: Role
    case_no: str | None
    item_name: str | None
    handling_no: str | None
    leg_id: str | None
    tracking_no: str | None
    outcomes: list[str]
    two_people: list[OutcomeOfTwo]
    proposal: TaskProposal | None
    remedy: str
    clock: TaskClock | None
    place: PlaceShown | None
    responsible: PartyNamed
    came: WhatCame | None
    undoing: Undoing | None
    lines: list[TaskLine]
    line_count: int
    data: Facts
    opened_at: Moment
    deadline_at: Moment | None
    resolved_at: Moment | None
    outcome: str | None
    settled_by: SettledBy | None


class TaskList(Answer):
    """One page; `next` goes into `after`."""

    tasks: list[TaskShown]
    next: str | None
