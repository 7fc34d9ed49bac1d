"""From the dossier to a command: what an authority gets of a case, and nothing more."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activities.joint_results import results_before, step_name
from domain.dossier import Dossier
from domain.messages import CommandOrder
from domain.naming import leg_id
from domain.outbound import (
    Command,
    HandlingRef,
    NoticeSent,
    Paper,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import CommandKind, Leg, MaterialForm, Mode, Notice, ParcelStage, SignerKind
from parcels.paper_differences import lines_that_differ, told
from storage.cases.rows import CaseRow, HandlingRow, read_dossier
from storage.parcels.legs import LegRow
from storage.parcels.papers import papers_of
from storage.sealing import Sealer

WINDOW = "渝中区跨地域通办综窗"


def command_for(session: Session, sealer: Sealer, handling: HandlingRow, order: CommandOrder) -> Command:
    """The command that `order` asks for, with what dossier and legs say now.

    The same order gives the same command as long as they stay the same; it is rendered once (decisions.md 5).
    """
    case = session.get_one(CaseRow, handling.case_no)
    dossier = read_dossier(case, sealer)
    ref = HandlingRef(
        handling_no=handling.handling_no,
        region=handling.region,
        item_code=case.item_code,
        partner_no=handling.partner_no,
    )
    body: Submission | Supplement | Withdrawal | NoticeSent
    match order.kind:
        case CommandKind.SUBMIT:
            at_hand = _at_hand(session, case, dossier)
            body = Submission(
                item_code=case.item_code,
                item_name=step_name(case, handling.handling_no),
                mode=Mode(handling.mode),
                window=WINDOW,
                applicant=dossier.applicant,
                agent=dossier.agent,
                materials=at_hand + results_before(session, case, handling.handling_no, at_hand),
                parcel=_parcel(session, handling, 1),
                submitted_at=order.at,
                form=dossier.form,
            )
        case CommandKind.SUPPLEMENT:
            brought = dossier.brought(handling.handling_no, order.round)
            body = Supplement(
                round=order.round,
                materials=tuple(m.as_sent() for m in brought.materials) if brought else (),
                parcel=_newest(session, handling) if brought and brought.originals else None,
            )
        case CommandKind.WITHDRAW:
            body = Withdrawal(reason=dossier.withdrawal_reason or "申请人主动撤回")
        case CommandKind.NOTICE:
            body = _notice(session, order)
    return Command(key=order.key, kind=order.kind, handling=ref, body=body)


def _at_hand(session: Session, case: CaseRow, dossier: Dossier) -> tuple[SentMaterial, ...]:
    """The materials of a submission. One whose paper is not there is sent as its scan, and without one not named."""
    lacking = {paper.source for paper in papers_of(session, case.case_no) if not paper.there}
    sent = []
    for place, material in enumerate(dossier.materials):
        if f"case/{place}" not in lacking:
            sent.append(material.as_sent())
        elif material.sha256 is not None:
            sent.append(material.as_sent().model_copy(update={"form": MaterialForm.ELECTRONIC}))
    return tuple(sent)


def _parcel(session: Session, handling: HandlingRow, number: int) -> SentParcel | None:
    leg = session.get(LegRow, leg_id(handling.handling_no, Leg.FORWARD, number))
    if leg is None or leg.tracking_no is None:
        return None
    return SentParcel(tracking_no=leg.tracking_no, seal_no=leg.seal_no)


def _newest(session: Session, handling: HandlingRow) -> SentParcel | None:
    """The parcel that was booked last: for the supplement that is said now, whatever was sent again before it."""
    booked = select(func.count()).select_from(LegRow).filter_by(handling_no=handling.handling_no, leg=Leg.FORWARD)
    return _parcel(session, handling, session.scalar(booked) or 0)


def _discrepancy(leg: LegRow | None) -> str:
    """What is wrong with the papers, in the words that the authority reads."""
    if leg is not None and leg.stage == ParcelStage.LOST:
        return "邮件在途中丢失，正在查找"
    if leg is not None and leg.state.get("damaged"):
        return "邮件在途中破损，正在核对材料"
    counts = leg.state.get("counts") if leg is not None else None
    lines = lines_that_differ(leg, counts[-1]["event_id"]) if leg is not None and counts else []
    return "收到的材料与清单不符" + (f"：{_named(lines)}" if lines else "")


def _named(lines: list[dict[str, Any]]) -> str:
    return "、".join(f"《{line['name']}》应有{line['said']}份，实收{line['counted']}份" for line in lines)


def _went_without(session: Session, leg: LegRow, order: CommandOrder) -> NoticeSent:
    """What the applicant has not given, by agreement: the papers as counted."""
    short = [p for p in papers_of(session, leg.case_no) if p.counted is not None and p.counted < p.count]
    return NoticeSent(
        notice=Notice.DISCREPANCY,
        occurred_at=order.at,
        reason=f"{_named([told(paper) for paper in short])}；已与申请人商定先行办理",
        papers=tuple(Paper(name=p.name, form=MaterialForm(p.form), count=p.there) for p in short),
    )


def _notice(session: Session, order: CommandOrder) -> NoticeSent:
    leg = session.get(LegRow, order.leg_id) if order.leg_id else None
    papers = tuple(
        Paper(name=p["name"], form=MaterialForm(p["form"]), count=p["count"]) for p in (leg.manifest if leg else [])
    )
    match order.notice:
        case Notice.PAPERS_SENT:
            return NoticeSent(
                notice=Notice.PAPERS_SENT,
                occurred_at=order.at,
                tracking_no=leg.tracking_no if leg else None,
                seal_no=leg.seal_no if leg else None,
                papers=papers,
            )
        case Notice.DISCREPANCY:
            if leg is not None and leg.leg == Leg.PICKUP:
                return _went_without(session, leg, order)
            return NoticeSent(notice=Notice.DISCREPANCY, occurred_at=order.at, reason=_discrepancy(leg), papers=papers)
        case _:
            signer = SignerKind(leg.state.get("signer_kind") or SignerKind.SELF) if leg else SignerKind.HALL
            proof = leg.state.get("proof_sha256") if leg else None
            return NoticeSent(notice=Notice.DELIVERED, occurred_at=order.at, signer_kind=signer, proof_sha256=proof)
