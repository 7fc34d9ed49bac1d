"""What the papers of a case are written from: read from the tables, masked, put into words."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.intake import IntakeChannel, first_counted_day
from catalog.model import ItemSnapshot
from catalog.regions import find as find_region
from domain.dossier import Dossier, DossierMaterial
from domain.inbound import InboundMessage
from domain.messages import DeadlineKind, LegOutcome
from domain.outbound import Person
from domain.terms import CaseStatus, Leg, MaterialForm, Mode, Provided, ResultForm, Scheme, WireEvent
from logistics.masking import mask_id, mask_phone
from papers import CaseFacts, ElectronicProof, Item, Owed, Party, Place, Refusal, Result, Scan, Service
from papers.content import day
from storage.cases.electronic_results import file_of
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow, handlings_of, read_dossier
from storage.documents.store import DocumentRow
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from web.foundation.context import Context
from web.views.erased import refuse_erased
from web.views.letters import extensions_of, rounds_of
from web.views.wording import FORMS, PROVIDED, RESULT_FORMS


def facts_of(session: Session, ctx: Context, case: CaseRow) -> CaseFacts:
    """One case as its papers say it. Names stand in full: the applicant signs these papers.

    Raises:
        Gone: its personal data were erased (`PERSONAL_ERASED`).
    """
    dossier = read_dossier(case, ctx.sealer)
    refuse_erased(dossier)
    item = ItemSnapshot.model_validate(case.item)
    handlings = handlings_of(session, case.case_no)
    return CaseFacts(
        case_no=case.case_no,
        item=item_facts(item),
        applicant=_party(dossier.applicant),
        agent=_party(dossier.agent) if dossier.agent else None,
        places=tuple(_place(h) for h in handlings),
        channel=IntakeChannel(case.channel).label,
        taken_at=case.collected_at or case.registered_at,
        counts_from=day(_noon(first_counted_day(case.registered_at, ctx.calendar), case.registered_at)),
        clerk=case.clerk,
        materials=_scans(dossier),
        deferred=_deferred(session, case.case_no, item, dossier),
        committed=tuple(Owed(seq=m.seq, name=m.name) for m in dossier.materials if m.provided is Provided.COMMITTED),
        rounds=rounds_of(session, ctx, handlings),
        extensions=extensions_of(session, ctx, handlings),
        results=tuple(_result(h) for h in handlings if CaseStatus(h.status).is_outcome),
        refusals=tuple(_refusals(session, ctx, handlings)),
        proofs=tuple(_proofs(session, ctx, handlings)),
        service=_service(session, case),
    )


def item_facts(item: ItemSnapshot) -> Item:
    """The matter as a paper names it."""
    return Item(
        code=item.code,
        name=item.name,
        department=item.department,
        statutory_days=item.statutory_days,
        promised_days=item.promised_days,
    )


def _noon(day_: object, like: datetime) -> datetime:
    return datetime.fromisoformat(f"{day_}T12:00:00+08:00").astimezone(like.tzinfo)


def _party(person: Person) -> Party:
    return Party(
        name=person.name, id_type=person.id_type, number=mask_id(person.id_number), phone=mask_phone(person.phone)
    )


def _place(handling: HandlingRow) -> Place:
    region = find_region(handling.region)
    return Place(
        handling_no=handling.handling_no,
        region=region.full_name if region else handling.region,
        scheme=Scheme(handling.scheme).label,
        mode=Mode(handling.mode),
        role=handling.role,
    )


def _scans(dossier: Dossier) -> tuple[Scan, ...]:
    later = [(m, f"第{s.round}次补正") for s in dossier.supplements for m in s.materials]
    return tuple(_scan(m, source) for m, source in [*((m, "初次提交") for m in dossier.materials), *later])


def _scan(material: DossierMaterial, source: str) -> Scan:
    return Scan(
        seq=material.seq,
        name=material.name,
        form=FORMS[MaterialForm(material.form)],
        provided=PROVIDED[material.provided],
        pages=material.pages,
        grade=material.grade or "—",
        source=source,
        sha256=material.sha256,
    )


def _deferred(session: Session, case_no: str, item: ItemSnapshot, dossier: Dossier) -> tuple[Owed, ...]:
    clock = select(DeadlineRow.due_at).filter_by(case_no=case_no, kind=DeadlineKind.DEFERRED_MATERIAL)
    due_at = session.scalar(clock.order_by(DeadlineRow.id.desc()).limit(1))
    owed = [m for m in dossier.materials if m.provided is Provided.DEFERRED]
    forms = {m.seq: m.form for m in item.materials}
    return tuple(Owed(seq=m.seq, name=m.name, form=FORMS[forms[m.seq]], due_at=due_at) for m in owed)


_TITLES = {CaseStatus.NOT_ACCEPTED: "不予受理决定书", CaseStatus.REJECTED: "不予许可决定书"}
_SAID_AS = {CaseStatus.NOT_ACCEPTED: WireEvent.NOT_ACCEPTED, CaseStatus.REJECTED: WireEvent.REJECTED}


def _refusals(session: Session, ctx: Context, handlings: list[HandlingRow]) -> Iterator[Refusal]:
    """The word that counts: of a decision that a person has accepted instead of the first, that one."""
    for handling in handlings:
        status = CaseStatus(handling.status)
        if status not in _TITLES:
            continue
        said = [m for m in _authority_said(session, ctx, handling.handling_no) if m.event is _SAID_AS[status]]
        if said:
            yield Refusal(
                handling_no=handling.handling_no,
                title=_TITLES[status],
                place=_place(handling).region,
                authority=said[-1].actor_org,
                reason=said[-1].payload.reason or "",
                legal_basis=said[-1].payload.legal_basis or "",
                decided_at=said[-1].occurred_at,
            )


def _proofs(session: Session, ctx: Context, handlings: list[HandlingRow]) -> Iterator[ElectronicProof]:
    """The electronic results that lie here, each with the word that counts."""
    for handling in handlings:
        sha256 = file_of(handling)
        if sha256 is None or session.get(DocumentRow, sha256) is None:
            continue
        said = [m for m in _authority_said(session, ctx, handling.handling_no) if m.event is WireEvent.APPROVED]
        result = _result(handling)
        yield ElectronicProof(
            handling_no=handling.handling_no,
            name=result.name,
            document_no=result.document_no,
            place=_place(handling).region,
            authority=said[-1].actor_org if said else "",
            decided_at=said[-1].occurred_at if said else ctx.now(),
            sha256=sha256,
        )


def _authority_said(session: Session, ctx: Context, handling_no: str) -> list[InboundMessage]:
    told = select(InboxRow).where(InboxRow.handling_no == handling_no, InboxRow.case_no.is_not(None))
    return [ctx.inbox.message_of(row) for row in session.scalars(told.order_by(InboxRow.order, InboxRow.id))]


def _result(handling: HandlingRow) -> Result:
    paper = handling.result or {}
    form = paper.get("form")
    return Result(
        handling_no=handling.handling_no,
        decision=CaseStatus(handling.status).label,
        name=paper.get("name", ""),
        form=RESULT_FORMS[ResultForm(form)] if form else "",
        document_no=paper.get("document_no", ""),
    )


def _service(session: Session, case: CaseRow) -> Service | None:
    """By post to the door, or collected at the hall; None before either."""
    leg = session.scalar(
        select(LegRow).filter_by(case_no=case.case_no, leg=Leg.DELIVERY).order_by(LegRow.ordered_at.desc()).limit(1)
    )
    if leg is not None and leg.outcome == LegOutcome.DELIVERED:
        signer = "本人" if leg.sign_self else "代收"
        return Service(way="邮政送达", tracking_no=leg.tracking_no, served_at=leg.ended_at, signer=signer)
    handed = session.scalar(select(CaseEventRow.at).filter_by(case_no=case.case_no, kind="HANDED_OVER"))
    if handed is not None:
        return Service(way="大厅领取", served_at=handed, signer="见签名")
    return Service(way="邮政送达", tracking_no=leg.tracking_no) if leg is not None else None
