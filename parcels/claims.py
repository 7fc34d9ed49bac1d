"""Claims about parcels (查询与赔偿): opened by a person and carried step by step, each written with its words.

The carrier has no interface for inquiries: that it was asked, under which number, is what a clerk says. Rules are
`domain.claims`, limits and sums `catalog.postal_law`.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.postal_law import Loss, ask_until, due_after, limit_of, remind_at
from domain.claims import (
    OVER,
    STEPS,
    Behalf,
    ClaimKind,
    ClaimPaper,
    ClaimState,
    ClaimStep,
    MailService,
    RefusalGround,
    ReissueStatus,
)
from domain.matters import End, Named, matter_of
from domain.model import Frozen
from domain.tasks import TaskKind
from storage.cases.rows import CaseRow, add_event
from storage.parcels.claims import ClaimEventRow, ClaimRow, next_number, sealed
from storage.parcels.legs import LegRow
from storage.sealing import Sealer
from storage.tasks.rows import settle_matter


class Opening(Frozen):
    """What is claimed, as a person has said it. `statement`: the applicant's words; sums in fen, None: not known."""

    kind: ClaimKind
    service: MailService
    behalf: Behalf
    posted_at: datetime
    whole: bool
    gross: bool
    insured_fen: int | None
    value_fen: int | None
    loss_fen: int | None
    postage_fen: int | None
    asked_fen: int
    papers: tuple[ClaimPaper, ...]
    documents: tuple[str, ...]
    facts: tuple[dict[str, Any], ...]
    statement: str

    @property
    def loss(self) -> Loss:
        """What the sum is reckoned from."""
        return loss_of(self)


class Taken(Frozen):
    """A step as a person has said it; what it does not need is None or "". `paper`: the key of a reissued paper."""

    step: ClaimStep
    words: str = ""
    inquiry_no: str | None = None
    remote: bool = False
    fen: int | None = None
    ground: RefusalGround | None = None
    receipt_no: str | None = None
    paper: str | None = None
    status: ReissueStatus | None = None
    issuer: str | None = None


def loss_of(claim: ClaimRow | Opening) -> Loss:
    """What the sum of a claim is reckoned from."""
    return Loss(
        kind=ClaimKind(claim.kind),
        service=MailService(claim.service),
        whole=claim.whole,
        insured_fen=claim.insured_fen,
        value_fen=claim.value_fen,
        loss_fen=claim.loss_fen,
        postage_fen=claim.postage_fen,
        gross=claim.gross,
    )


def open_claim(
    session: Session, sealer: Sealer, case: CaseRow, leg: LegRow, opening: Opening, *, by: str, now: datetime
) -> ClaimRow:
    """Write a new claim about a leg of the case, both locked by the caller; of this leg none is open."""
    number = next_number(session, case.case_no)
    claim_id = f"{case.case_no}-C{number}"
    values = opening.model_dump(mode="json", include={"papers", "documents", "facts"})
    sums = opening.model_dump(include={"insured_fen", "value_fen", "loss_fen", "postage_fen", "asked_fen"})
    row = ClaimRow(
        claim_id=claim_id,
        case_no=case.case_no,
        number=number,
        leg_id=leg.leg_id,
        kind=opening.kind,
        version=0,
        service=opening.service,
        behalf=opening.behalf,
        stage=leg.stage,
        posted_at=opening.posted_at,
        statement=sealed(sealer, claim_id, opening.statement),
        whole=opening.whole,
        gross=opening.gross,
        opened_by=by,
        opened_at=now,
        state=ClaimState.OPENED,
        remote=False,
        **values,
        **sums,
    )
    session.add(row)
    session.flush()
    _begin(row, ClaimState.OPENED, now, case.time_scale)
    last = ask_until(opening.posted_at)
    if row.due_at is not None and last < row.due_at:  # whoever asks after the year has no claim any more
        row.due_at, row.look_at = last, now
    _write(session, row, leg, ClaimStep.OPEN, by, now, {"askedFen": opening.asked_fen}, None)
    return row


def take_step(
    session: Session, sealer: Sealer, case: CaseRow, leg: LegRow, row: ClaimRow, taken: Taken, *, by: str, now: datetime
) -> None:
    """Take a step that may be taken (`domain.claims.not_now`), with what follows from it; the claim is locked."""
    after = STEPS[taken.step].after
    if taken.step is ClaimStep.REISSUE:
        row.papers = [_reissued(paper, taken).model_dump(mode="json") for paper in row.named]
    if taken.step is ClaimStep.INQUIRE:
        row.remote = taken.remote
    if taken.step is ClaimStep.ACCEPT:
        row.accepted_fen = taken.fen
    if after is not None:
        _begin(row, after, now, case.time_scale)
        settle_matter(session, _matter(leg), now, End.SETTLED)
    _write(session, row, leg, taken.step, by, now, _data(taken), sealed(sealer, row.claim_id, taken.words))


def _matter(leg: LegRow) -> str:
    return matter_of(TaskKind.CLAIM_DUE, Named(key="", leg_id=leg.leg_id))


def _begin(row: ClaimRow, state: ClaimState, now: datetime, time_scale: float) -> None:
    """The claim is in this state from now on, with its limit; one that is over has none."""
    row.state = state
    limit = limit_of(state, remote=row.remote)
    row.due_at = due_after(limit, now, time_scale) if limit else None
    row.look_at = max(now, remind_at(limit, now, time_scale)) if limit else None
    row.closed_at = now if state in OVER else None


def _reissued(paper: ClaimPaper, taken: Taken) -> ClaimPaper:
    if paper.key != taken.paper:
        return paper
    changes = {"status": taken.status} | ({"issuer": taken.issuer} if taken.issuer else {})
    return paper.model_copy(update=changes)


_SAID: Final[dict[ClaimStep, dict[str, str]]] = {
    ClaimStep.INQUIRE: {"inquiry_no": "inquiryNo", "remote": "remote"},
    ClaimStep.ACCEPT: {"fen": "fen"},
    ClaimStep.REFUSE: {"ground": "ground"},
    ClaimStep.SETTLE: {"receipt_no": "receiptNo"},
    ClaimStep.REISSUE: {"paper": "paper", "status": "status"},
}
"""Step → what it says in numbers and codes, and how that is called in its line; the rest is words."""


def _data(taken: Taken) -> dict[str, Any]:
    said = {name: getattr(taken, member) for member, name in _SAID.get(taken.step, {}).items()}
    return {name: value for name, value in said.items() if value is not None}


def _write(
    session: Session,
    row: ClaimRow,
    leg: LegRow,
    step: ClaimStep,
    by: str,
    now: datetime,
    data: dict[str, Any],
    words: bytes | None,
) -> None:
    """The step as a line of the claim and of the case's history."""
    row.version += 1
    session.add(
        ClaimEventRow(
            claim_id=row.claim_id, number=row.version, step=step, state=row.state, at=now, actor=by, data=data,
            words=words,
        )
    )  # fmt: skip
    session.flush()
    add_event(
        session,
        case_no=row.case_no,
        key=f"claim/{row.claim_id}/{row.version}",
        kind="CLAIM_REISSUE" if step is ClaimStep.REISSUE else f"CLAIM_{row.state}",
        at=now,
        now=now,
        actor=by,
        handling_no=leg.handling_no,
        data={"claimId": row.claim_id, "leg": leg.leg, "legId": leg.leg_id},
    )
