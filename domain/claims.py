"""Claims (查询与赔偿) for parcels that are late, damaged, incomplete or lost: kinds, states, steps, who may take them.

What the law sets (limits, sums, exemptions) is `catalog.postal_law`; where a claim is kept, `storage.parcels.claims`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from domain.model import Frozen
from domain.terms import MaterialForm, ParcelStage, Role


class ClaimKind(StrEnum):
    """What has happened to the parcel; the first three are what the law calls a loss (邮政法第四十五条)."""

    LOST = "LOST"
    DAMAGED = "DAMAGED"
    MISSING_CONTENT = "MISSING_CONTENT"
    DELAYED = "DELAYED"


class MailService(StrEnum):
    """How the parcel was sent. REGISTERED, LETTER: 给据邮件, chapter 5 of the 邮政法. EXPRESS: beyond it, civil law."""

    REGISTERED = "registered"
    LETTER = "registered_letter"
    EXPRESS = "express"


class ClaimState(StrEnum):
    """Where a claim stands; `OVER` are final."""

    OPENED = "OPENED"
    INQUIRY = "INQUIRY"
    ANSWERED = "ANSWERED"
    FOUND = "FOUND"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SETTLED = "SETTLED"
    WITHDRAWN = "WITHDRAWN"


class ClaimStep(StrEnum):
    """What a person does with a claim. OPEN is the first line of its history, never asked for."""

    OPEN = "open"
    INQUIRE = "inquire"
    ANSWER = "answer"
    FOUND = "found"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SETTLE = "settle"
    WITHDRAW = "withdraw"
    REISSUE = "reissue"


class Behalf(StrEnum):
    """For whom a claim is made: who has lost something, and gets what is paid."""

    APPLICANT = "applicant"
    HALL = "hall"


class RefusalGround(StrEnum):
    """On what the carrier pays nothing; their words in `catalog.postal_law.GROUNDS`."""

    FORCE_MAJEURE = "force_majeure"
    NATURE = "nature"
    FAULT = "fault"
    OUT_OF_TIME = "out_of_time"
    NO_LOSS = "no_loss"
    NOT_COVERED = "not_covered"


class Bearer(StrEnum):
    """Who bears the cost of a paper's reissue (补办); never the applicant, whose paper others had in their hands."""

    CARRIER = "carrier"
    HALL = "hall"
    AUTHORITY = "authority"


class ReissueStatus(StrEnum):
    """How far the reissue of a paper is."""

    PLANNED = "planned"
    APPLIED = "applied"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class ClaimPaper(Frozen):
    """A paper that a claim names. `key`: its passport's number, its name on a list from before passports.

    `count`: pieces that are lost or damaged. `issuer`: who reissues it, `how`: how, in Chinese.
    """

    key: str
    name: str
    form: MaterialForm
    count: int
    issuer: str
    how: str
    bearer: Bearer
    status: ReissueStatus


class Claim(Frozen):
    """A claim as its rules see it. `opened_by`: a login. `due_at`: when the present state's limit ends.

    `stage`: of the parcel when the claim was opened. Sums in fen; `accepted_fen`: None before ACCEPTED.
    """

    claim_id: str
    kind: ClaimKind
    state: ClaimState
    version: int
    stage: ParcelStage
    opened_by: str
    due_at: datetime | None
    asked_fen: int
    accepted_fen: int | None


class StepRule(NamedTuple):
    """From which states a step leads where (None: it stays), who takes it, and whether it is a second person's."""

    before: frozenset[ClaimState]
    after: ClaimState | None
    roles: frozenset[Role]
    second: bool = False


_S, _CLERK = ClaimState, frozenset({Role.CLERK})
_DECIDING = frozenset({Role.CLERK, Role.SUPERVISOR})
_SEARCHED = frozenset({_S.OPENED, _S.INQUIRY, _S.ANSWERED})

OVER: Final = frozenset({_S.FOUND, _S.REFUSED, _S.SETTLED, _S.WITHDRAWN})

STEPS: Final[dict[ClaimStep, StepRule]] = {
    ClaimStep.INQUIRE: StepRule(frozenset({_S.OPENED}), _S.INQUIRY, _CLERK),
    ClaimStep.ANSWER: StepRule(frozenset({_S.INQUIRY}), _S.ANSWERED, _CLERK),
    ClaimStep.FOUND: StepRule(_SEARCHED | {_S.ACCEPTED}, _S.FOUND, _CLERK),
    ClaimStep.ACCEPT: StepRule(frozenset({_S.INQUIRY, _S.ANSWERED}), _S.ACCEPTED, _DECIDING, second=True),
    ClaimStep.REFUSE: StepRule(frozenset({_S.ANSWERED}), _S.REFUSED, _DECIDING, second=True),
    ClaimStep.SETTLE: StepRule(frozenset({_S.ACCEPTED}), _S.SETTLED, _CLERK),
    ClaimStep.WITHDRAW: StepRule(_SEARCHED, _S.WITHDRAWN, _CLERK),
    ClaimStep.REISSUE: StepRule(frozenset(_S) - {_S.WITHDRAWN}, None, _CLERK),
}
"""Every step that may be asked for; whatever is not here may not follow."""


class NotNow(StrEnum):
    """Why a step may not be taken; the value is the problem's code."""

    STEP = "CLAIM_STEP"
    ROLE = "ROLE"
    SAME_PERSON = "SAME_PERSON"
    UNANSWERED = "CLAIM_UNANSWERED"


def not_now(claim: Claim, step: ClaimStep, *, by: str, role: Role, now: datetime) -> NotNow | None:
    """Why `by`, a login of `role`, may not take this step now; None: he may.

    Money is two people's word: who opened a claim does not decide it. While the carrier still may answer nothing is
    accepted; once its time is over without an answer the parcel counts as lost (邮政法第四十九条).
    """
    rule = STEPS.get(step)
    if rule is None or claim.state not in rule.before:
        return NotNow.STEP
    if role not in rule.roles:
        return NotNow.ROLE
    if rule.second and by == claim.opened_by:
        return NotNow.SAME_PERSON
    waits = step is ClaimStep.ACCEPT and claim.state is _S.INQUIRY
    return NotNow.UNANSWERED if waits and claim.due_at is not None and now <= claim.due_at else None


def steps_of(claim: Claim, *, by: str, role: Role, now: datetime) -> tuple[ClaimStep, ...]:
    """What this person may do with the claim now, in the order of the table."""
    return tuple(step for step in STEPS if not_now(claim, step, by=by, role=role, now=now) is None)


def found_again(claim: Claim, stage: ParcelStage) -> bool:
    """Whether a parcel that was searched has been heard of since: its stage is another one, and not LOST."""
    searched = claim.kind in (ClaimKind.LOST, ClaimKind.DELAYED) and claim.state not in OVER
    return searched and stage not in (ParcelStage.LOST, claim.stage)
