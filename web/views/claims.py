"""Claims as people read them (理赔): where each stands, who acts next until when, what may be done, what was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.postal_law import ask_until, most
from catalog.workdays import local_day
from domain.audience import READERS_OF_WORDS
from domain.claims import (
    Behalf,
    ClaimKind,
    ClaimPaper,
    ClaimState,
    ClaimStep,
    MailService,
    RefusalGround,
    ReissueStatus,
    found_again,
    steps_of,
)
from domain.terms import Leg, ParcelStage
from parcels.claim_facts import facts_of, lacking, likely_kind, papers_in, posted_at
from parcels.claims import loss_of
from storage.cases.faces import faces_of
from storage.cases.rows import CaseRow
from storage.parcels.claims import ClaimEventRow, ClaimRow, claims_of, events_of
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperSightingRow, sightings_of
from storage.parcels.scans import ScanProofRow
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.views.claim_words import (
    BEARERS,
    BEHALVES,
    KINDS,
    NEXT,
    SERVICES,
    STATES,
    STATUSES,
    STEPS,
    applicant_sentence,
    reissue_sentences,
)
from web.views.spoken_times import iso
from web.views.wording import LEGS, STAGES


def case_claims(session: Session, ctx: Context, case: CaseRow, person: LoggedIn) -> dict[str, Any]:
    """The claims of a case and what else could be claimed, as JSON (`CaseClaims`), for this reader."""
    rows = claims_of(session, case.case_no)
    ordered = select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at, LegRow.leg_id)
    legs = {leg.leg_id: leg for leg in session.scalars(ordered)}
    who = faces_of(session, ctx.sealer, [case.case_no]).get(case.case_no, "") if rows else ""
    events = events_of(session, [row.claim_id for row in rows])
    claims = [
        claim_shown(ctx, row, legs[row.leg_id], case.item_name, who, events[row.claim_id], person) for row in rows
    ]
    busy = {row.leg_id for row in rows if row.closed_at is None}
    free = [leg for leg in legs.values() if leg.leg_id not in busy]
    return {"caseNo": case.case_no, "claims": claims, "proposals": _proposals(session, free, ctx.now())}


def claim_shown(
    ctx: Context,
    row: ClaimRow,
    leg: LegRow,
    item_name: str,
    who: str,
    events: Sequence[ClaimEventRow],
    person: LoggedIn,
) -> dict[str, Any]:
    """One claim as JSON (`ClaimShown`); words only for who reads them."""
    now, claim, reads = ctx.now(), row.claim, person.role in READERS_OF_WORDS
    sum_ = most(loss_of(row))
    return claim_line(row, leg, item_name, who, now) | {
        "version": row.version,
        "service": row.service,
        "serviceLabel": SERVICES[MailService(row.service)],
        "behalf": row.behalf,
        "behalfLabel": BEHALVES[Behalf(row.behalf)],
        "postedAt": row.posted_at.isoformat(),
        "askUntil": ask_until(row.posted_at).isoformat(),
        "whole": row.whole,
        "gross": row.gross,
        "remote": row.remote,
        "insuredFen": row.insured_fen,
        "valueFen": row.value_fen,
        "lossFen": row.loss_fen,
        "postageFen": row.postage_fen,
        "mostFen": sum_.fen,
        "ground": sum_.ground,
        "statement": row.said(ctx.sealer) if reads else None,
        "papers": [_paper(paper) for paper in row.named],
        "documents": row.documents,
        "facts": [_fact(fact) for fact in row.facts],
        "foundAgain": found_again(claim, ParcelStage(leg.stage)),
        "openedBy": row.opened_by,
        "steps": list(steps_of(claim, by=person.username, role=person.role, now=now)),
        "events": [_event(ctx, event, reads=reads) for event in events],
        "writings": writings_of(row),
    }


def claim_line(row: ClaimRow, leg: LegRow, item_name: str, who: str, now: datetime) -> dict[str, Any]:
    """One line of a list (`ClaimLine`)."""
    state = ClaimState(row.state)
    by, what = NEXT.get(state, ("", ""))
    return {
        "claimId": row.claim_id,
        "caseNo": row.case_no,
        "itemName": item_name,
        "who": who,
        "legId": row.leg_id,
        "leg": leg.leg,
        "legLabel": LEGS[Leg(leg.leg)],
        "trackingNo": leg.tracking_no,
        "kind": row.kind,
        "kindLabel": KINDS[ClaimKind(row.kind)],
        "state": state,
        "stateLabel": STATES[state],
        "nextBy": by,
        "nextWhat": what,
        "dueAt": iso(row.due_at),
        "overdue": row.due_at is not None and now > row.due_at,
        "askedFen": row.asked_fen,
        "acceptedFen": row.accepted_fen,
        "openedAt": row.opened_at.isoformat(),
        "closedAt": iso(row.closed_at),
    }


def lines_of(session: Session, ctx: Context, rows: Sequence[ClaimRow]) -> list[dict[str, Any]]:
    """Lines of a page of claims, in its order; names masked, no dossier opened."""
    numbers = {row.case_no for row in rows}
    asked = select(LegRow).where(LegRow.leg_id.in_({row.leg_id for row in rows}))
    legs = {leg.leg_id: leg for leg in session.scalars(asked)}
    named = session.execute(select(CaseRow.case_no, CaseRow.item_name).where(CaseRow.case_no.in_(numbers)))
    items = {row.case_no: row.item_name for row in named}
    who = faces_of(session, ctx.sealer, sorted(numbers))
    now = ctx.now()
    return [claim_line(row, legs[row.leg_id], items[row.case_no], who.get(row.case_no, ""), now) for row in rows]


def claims_told(session: Session, case_no: str, now: datetime) -> list[dict[str, Any]]:
    """What the applicant reads about his claims (`ClaimTold`), the first one first; those withdrawn are not told."""
    rows = claims_of(session, case_no)
    refused = [row.claim_id for row in rows if row.state == ClaimState.REFUSED]
    grounds = {claim_id: _ground(events) for claim_id, events in events_of(session, refused).items()}
    told = [(row, applicant_sentence(row, grounds.get(row.claim_id), now)) for row in rows]
    return [
        {
            "legId": row.leg_id,
            "sentence": sentence,
            "until": iso(row.due_at),
            "papers": reissue_sentences(row.named) if row.state != ClaimState.FOUND else [],
        }
        for row, sentence in told
        if sentence is not None
    ]


def writings_of(row: ClaimRow) -> list[dict[str, str]]:
    """The papers about a claim: the request to the carrier, and a proof of loss for each original that is reissued."""
    at = f"/api/v1/claims/{row.claim_id}/papers"
    proofs = [
        {"title": f"丢失证明《{paper.name}》", "url": f"{at}/proof.pdf?paper={place}"}
        for place, paper in enumerate(row.named)
        if provable(row, paper)
    ]
    return [{"title": "邮件查询赔偿申请书", "url": f"{at}/inquiry.pdf"}, *proofs]


def provable(row: ClaimRow, paper: ClaimPaper) -> bool:
    """Whether the hall writes a proof of loss for this paper: an original, as long as nobody has found it."""
    lost = row.kind != ClaimKind.DELAYED and row.state not in (ClaimState.FOUND, ClaimState.WITHDRAWN)
    return lost and paper.status is not ReissueStatus.NOT_NEEDED


def _proposals(session: Session, legs: Sequence[LegRow], now: datetime) -> list[dict[str, Any]]:
    known = {leg.leg_id: at for leg in legs if (at := posted_at(leg)) is not None}
    posted = {leg_id: at for leg_id, at in known.items() if now <= ask_until(at)}
    if not posted:
        return []
    sightings = sightings_of(session, legs[0].case_no)
    proofs = _proofs(session, list(posted))
    return [
        _proposal(leg, posted[leg.leg_id], sightings, proofs.get(leg.leg_id, []), now)
        for leg in legs
        if leg.leg_id in posted
    ]


def _proposal(
    leg: LegRow, at: datetime, sightings: Sequence[PaperSightingRow], documents: list[str], now: datetime
) -> dict[str, Any]:
    kind, lacks = likely_kind(leg, sightings, now), lacking(leg, sightings)
    return {
        "legId": leg.leg_id,
        "legLabel": LEGS[Leg(leg.leg)],
        "kind": kind,
        "kindLabel": KINDS[kind] if kind is not None else None,
        "postedAt": at.isoformat(),
        "askUntil": ask_until(at).isoformat(),
        "papers": [
            {"key": key, "name": line["name"], "form": line["form"], "count": line["count"], "lacks": lacks.get(key, 0)}
            for key, line in papers_in(leg).items()
        ],
        "documents": documents,
        "facts": [_fact(fact) for fact in facts_of(leg, sightings)],
    }


def _proofs(session: Session, leg_ids: Sequence[str]) -> dict[str, list[str]]:
    """Leg → photos and signatures of its scans that are here."""
    asked = select(ScanProofRow.leg_id, ScanProofRow.sha256).where(
        ScanProofRow.leg_id.in_(leg_ids), ScanProofRow.uploaded_at.is_not(None)
    )
    found: dict[str, list[str]] = {}
    for leg_id, sha256 in session.execute(asked.order_by(ScanProofRow.named_at, ScanProofRow.sha256)):
        if leg_id is not None and sha256 not in found.setdefault(leg_id, []):
            found[leg_id].append(sha256)
    return found


def _paper(paper: ClaimPaper) -> dict[str, Any]:
    labels = {"bearerLabel": BEARERS[paper.bearer], "statusLabel": STATUSES[paper.status]}
    return paper.model_dump(mode="json") | labels


def _fact(fact: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: fact.get(name) for name in ("what", "at", "stage", "name", "said", "counted")}
    return known | {"words": fact_words(fact)}


def fact_words(fact: Mapping[str, Any]) -> str:
    """What a scan or a count has said, with its day: 11月23日 扫描：丢失."""
    at = local_day(datetime.fromisoformat(fact["at"]))
    if fact["what"] == "scan":
        return f"{at.month}月{at.day}日 扫描：{STAGES[ParcelStage(fact['stage'])]}"
    return f"{at.month}月{at.day}日 清点：{fact['name']}应有{fact['said']}份，只有{fact['counted']}份"


def _event(ctx: Context, event: ClaimEventRow, *, reads: bool) -> dict[str, Any]:
    told = ("inquiryNo", "fen", "ground", "receiptNo", "paper", "status")
    return {
        "number": event.number,
        "step": event.step,
        "label": STEPS[ClaimStep(event.step)],
        "state": event.state,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "words": event.said(ctx.sealer) if reads else None,
    } | {name: event.data.get(name) for name in told}


def _ground(events: Sequence[ClaimEventRow]) -> RefusalGround | None:
    said = (event.data.get("ground") for event in reversed(events))
    return next((RefusalGround(ground) for ground in said if ground is not None), None)
