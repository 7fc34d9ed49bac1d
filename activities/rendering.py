"""From the dossier to a command: what an authority gets of a case, and nothing more."""

from sqlalchemy.orm import Session

from activities.joint_results import results_before, step_name
from domain.messages import CommandOrder
from domain.naming import leg_id
from domain.outbound import (
    Command,
    HandlingRef,
    NoticeSent,
    Paper,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import CommandKind, Leg, MaterialForm, Mode, Notice, ParcelStage, SignerKind
from storage.cases.rows import CaseRow, HandlingRow, read_dossier
from storage.parcels.legs import LegRow
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
            brought_first = tuple(m.as_sent() for m in dossier.materials)
            body = Submission(
                item_code=case.item_code,
                item_name=step_name(case, handling.handling_no),
                mode=Mode(handling.mode),
                window=WINDOW,
                applicant=dossier.applicant,
                agent=dossier.agent,
                materials=brought_first + results_before(session, case, handling.handling_no, brought_first),
                parcel=_parcel(session, handling, 1),
                submitted_at=order.at,
                form=dossier.form,
            )
        case CommandKind.SUPPLEMENT:
            brought = dossier.brought(handling.handling_no, order.round)
            body = Supplement(
                round=order.round,
                materials=tuple(m.as_sent() for m in brought.materials) if brought else (),
                parcel=_parcel(session, handling, order.round + 1) if brought and brought.originals else None,
            )
        case CommandKind.WITHDRAW:
            body = Withdrawal(reason=dossier.withdrawal_reason or "申请人主动撤回")
        case CommandKind.NOTICE:
            body = _notice(session, order)
    return Command(key=order.key, kind=order.kind, handling=ref, body=body)


def _parcel(session: Session, handling: HandlingRow, number: int) -> SentParcel | None:
    leg = session.get(LegRow, leg_id(handling.handling_no, Leg.FORWARD, number))
    if leg is None or leg.tracking_no is None:
        return None
    return SentParcel(tracking_no=leg.tracking_no, seal_no=leg.seal_no)


def _discrepancy(leg: LegRow | None) -> str:
    """What is wrong with the papers, in the words that the authority reads."""
    if leg is not None and leg.stage == ParcelStage.LOST:
        return "邮件在途中丢失，正在查找"
    if leg is not None and leg.state.get("damaged"):
        return "邮件在途中破损，正在核对材料"
    return "收到的材料与清单不符"


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
            return NoticeSent(notice=Notice.DISCREPANCY, occurred_at=order.at, reason=_discrepancy(leg), papers=papers)
        case _:
            signer = SignerKind(leg.state.get("signer_kind") or SignerKind.SELF) if leg else SignerKind.HALL
            proof = leg.state.get("proof_sha256") if leg else None
            return NoticeSent(notice=Notice.DELIVERED, occurred_at=order.at, signer_kind=signer, proof_sha256=proof)
