"""Registering a case: routed, numbered, sealed and committed together with its start row (decisions.md 3)."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from catalog.agreements import Agreements
from catalog.eligibility import RouteApplicant
from catalog.intake import first_counted_day
from catalog.kept import kept_of
from catalog.materials import MaterialCheck, deferral_workdays
from catalog.model import ItemSnapshot, ServiceItem
from catalog.regions import HALL_REGION
from catalog.routing import Refusal, Route, route
from domain.dossier import Consent, Contact, Dossier, DossierMaterial, SameMatterDecided
from domain.filled_form import FilledForm
from domain.identifiers import IdentifierError, check_id, make_case_number
from domain.messages import EDITION, CaseStart, HandlingPlan
from domain.outbound import Person
from domain.terms import ApplicantType, CaseStatus, IdType, Mode
from parcels.passports import issue
from storage.cases.rows import CaseRow, HandlingRow, add_event, write_dossier
from storage.documents.uploads import bind
from web.api.agents import acting, authorisation_of, check_authorisation
from web.api.deferred import note_owed
from web.api.faces import keep_face_of
from web.api.item_forms import asked_of, filled_form
from web.api.joint_shares import plans_of, shares_of
from web.api.licences import to_be_checked, with_licences
from web.api.material_files import check_files
from web.api.refusals import cannot_go
from web.api.same_matter import decide_same_matter, keep_marks
from web.api.submitted import brought, form_check, graded, keeps_papers, originals_kept
from web.foundation.context import Context
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import CaseRequest, ContactRequest, PersonRequest

SHANGHAI = ZoneInfo("Asia/Shanghai")


def register(session: Session, ctx: Context, wanted: CaseRequest, clerk: str) -> dict[str, Any]:
    """Commit a new case in the caller's transaction; returns the answer of `POST /cases`.

    Messages that were parked for its numbers are judged in the same transaction.

    Raises:
        Unprocessable: the item, a region, the applicant or a material rules it out; code and sentence say why.
    """
    now, lists = ctx.now(), ctx.reference_data.lists()
    item = lists.catalogue.get(wanted.item_code)
    if item is None:
        raise Unprocessable("没有这个事项，请重新选择", code="ITEM_UNKNOWN", field="itemCode")
    today = now.astimezone(SHANGHAI).date()
    _check_people(item, wanted, today)
    form = filled_form(item, wanted, lists.catalogue.version, today)
    item = asked_of(item, form, wanted)
    files = check_authorisation(session, wanted.agent, clerk, now)
    routes = _routes(lists.agreements, item, wanted, now)
    materials = with_licences(ctx, item, brought(item, wanted.materials), wanted.materials, clerk, asks=True)
    checked = _check_complete(item, wanted)
    materials = graded(materials, checked.grades)
    files += check_files(session, dict(enumerate(materials)), uploader=clerk, now=now)
    shares = shares_of(item, wanted.handlings, routes)
    marks, beside = decide_same_matter(session, ctx, wanted, clerk)
    case_no, handling_nos = _numbers(session, ctx, len(shares), now)
    kept = originals_kept(materials, kept_of(item.code))
    plans = tuple(
        plan.model_copy(update={"originals_kept": kept and plan.originals_travel})
        for plan in plans_of(shares, handling_nos)
    )
    start = CaseStart(
        case_no=case_no,
        item=item.brief,
        handlings=plans,
        pickup=wanted.pickup is not None,
        delivery=wanted.delivery is not None,
        registered_at=now,
        time_scale=ctx.settings.time_scale,
        papers_kept=wanted.pickup is not None or keeps_papers(materials),
        deferred=tuple(d.seq for d in checked.deferred),
        deferral_workdays=deferral_workdays(item) if checked.deferred else None,
        licences=to_be_checked(ctx, materials),
        edition=EDITION,
    )
    _store(session, ctx, item.snapshot(lists.catalogue.version), wanted, start, materials, form, clerk, now, beside)
    bind(session, case_no, files, now)
    keep_marks(session, plans, marks)
    owed = note_owed(session, lists.calendar, start, checked, clerk)
    return {
        "caseNo": case_no,
        "status": CaseStatus.REGISTERED,
        "handlings": [
            {
                "handlingNo": plan.handling_no,
                "region": plan.region,
                "role": plan.role,
                "step": plan.step,
                "after": list(plan.after),
                "scheme": plan.scheme,
                "partner": plan.partner,
                "mode": plan.mode,
                "legs": list(share.route.legs),
                "reason": share.route.reason,
            }
            for plan, share in zip(plans, shares, strict=True)
        ],
        "registeredAt": now.isoformat(),
        "timeScale": start.time_scale,
        "channel": wanted.channel,
        "countsFrom": first_counted_day(now, lists.calendar).isoformat(),
        "deferred": owed,
    }


def _check_people(item: ServiceItem, wanted: CaseRequest, today: date) -> None:
    if not wanted.consent.accepted:
        raise Unprocessable("请先取得申请人的知情同意", code="CONSENT", field="consent")
    if not item.applicant.admits(wanted.applicant.type):
        who = "企业" if wanted.applicant.type is ApplicantType.ENTERPRISE else "个人"
        raise Unprocessable(f"该事项不面向{who}办理", code="APPLICANT", field="applicant.type")
    _check_person(wanted.applicant, "applicant", today)
    if wanted.agent is None:
        return
    _check_person(wanted.agent, "agent", today)
    if wanted.agent.id_number == wanted.applicant.id_number:
        raise Unprocessable("代办人不能是申请人本人", code="AGENT", field="agent.idNumber")


def _check_person(person: PersonRequest, part: str, today: date) -> None:
    """What a shape cannot see by itself: the day, and whether the document is one of such an applicant."""
    enterprise = person.type is ApplicantType.ENTERPRISE
    if enterprise != (person.id_type is IdType.CREDIT_CODE):
        instead = "企业请用统一社会信用代码" if enterprise else "个人请用身份证件，不用统一社会信用代码"
        raise Unprocessable(instead, code="ID_TYPE", field=f"{part}.idType")
    try:
        check_id(person.id_type, person.id_number, today=today)
    except IdentifierError as fault:
        raise Unprocessable(fault.sentence, code="IDENTIFIER", field=f"{part}.idNumber") from None


def _routes(agreements: Agreements, item: ServiceItem, wanted: CaseRequest, now: datetime) -> list[Route]:
    joint = len(wanted.handlings) > 1
    if joint and (wanted.mode or item.mode) is not Mode.JOINT:
        raise Unprocessable("该事项不是多地联办，只能选一个办理地", code="NOT_JOINT", field="handlings")
    applicant = RouteApplicant(id_type=wanted.applicant.id_type, household_region=wanted.applicant.household_region)
    routes = []
    for place, handling in enumerate(wanted.handlings):
        found = route(
            item,
            handling.region,
            date=now.astimezone(SHANGHAI).date(),
            agreements=agreements,
            mode=wanted.mode,
            applicant=applicant,
            joint=joint,
        )
        if isinstance(found, Refusal):
            raise cannot_go(found, f"handlings.{place}.region")
        routes.append(found)
    return routes


def _check_complete(item: ServiceItem, wanted: CaseRequest) -> MaterialCheck:
    """一次性告知: every gap in one sentence."""
    found = form_check(item, wanted.materials, discredited=wanted.discredited)
    if not found.complete:
        raise Unprocessable(" ".join(found.notice), code="MATERIALS_MISSING", field="materials")
    return found


def _numbers(session: Session, ctx: Context, count: int, now: datetime) -> tuple[str, list[str]]:
    """A number for each handling; a case of several has one of its own besides."""
    day = now.astimezone(SHANGHAI).date()
    taken = ctx.serials.take(session, day.strftime("%Y%m%d"), 1 if count == 1 else count + 1)
    numbers = [make_case_number(HALL_REGION, day, serial) for serial in taken]
    return numbers[0], numbers[1:] or numbers


def _person(shape: PersonRequest) -> Person:
    return Person(type=shape.type, name=shape.name, id_type=shape.id_type, id_number=shape.id_number, phone=shape.phone)


def _contact(shape: ContactRequest | None) -> Contact | None:
    return None if shape is None else Contact(**shape.model_dump())


def _store(
    session: Session,
    ctx: Context,
    item: ItemSnapshot,
    wanted: CaseRequest,
    start: CaseStart,
    materials: tuple[DossierMaterial, ...],
    form: FilledForm | None,
    clerk: str,
    now: datetime,
    beside: SameMatterDecided | None,
) -> None:
    dossier = Dossier(
        applicant=_person(wanted.applicant),
        household_region=wanted.applicant.household_region,
        agent=_person(wanted.agent) if wanted.agent else None,
        authorisation=authorisation_of(wanted.agent),
        form=form,
        materials=materials,
        pickup=_contact(wanted.pickup),
        delivery=_contact(wanted.delivery),
        consent=Consent(version=wanted.consent.version, accepted=True, messages=wanted.consent.messages),
        same_matter=beside,
    )
    case = CaseRow(
        case_no=start.case_no,
        item_code=item.code,
        item_name=item.name,
        item=item.model_dump(mode="json"),
        scheme=start.handlings[0].scheme,
        mode=start.handlings[0].mode,
        status=CaseStatus.REGISTERED,
        channel=wanted.channel,
        clerk=clerk,
        dossier=b"",
        start=start.model_dump(mode="json"),
        time_scale=start.time_scale,
        registered_at=now,
    )
    write_dossier(case, ctx.sealer, dossier)
    session.add(case)
    session.flush()
    keep_face_of(session, ctx.settings, ctx.sealer, case.case_no, dossier)
    handlings = [_handling(case.case_no, place, plan, now) for place, plan in enumerate(start.handlings)]
    session.add_all(handlings)
    session.flush()
    for handling in handlings:
        ctx.inbox.adopt_for(session, handling, now)
    issue(session, case, dossier, now, by=clerk)
    acts: dict[str, Any] = acting(ctx, dossier, by_self=False, now=now)
    if beside is not None:
        acts |= {"sameMatter": list(beside.cases)}
    add_event(
        session, case_no=case.case_no, key="registered", kind="REGISTERED", at=now, now=now, actor=clerk, data=acts
    )


def _handling(case_no: str, place: int, plan: HandlingPlan, now: datetime) -> HandlingRow:
    return HandlingRow(
        handling_no=plan.handling_no,
        case_no=case_no,
        place=place,
        region=plan.region,
        role=plan.role,
        scheme=plan.scheme,
        partner=plan.partner,
        mode=plan.mode,
        originals_travel=plan.originals_travel,
        result_travels=plan.result_travels,
        status=CaseStatus.REGISTERED,
        wire_state="UNSENT",
        last_seq=0,
        round=0,
        withdrawal_asked=False,
        applied_count=0,
        partner_no="",
        changed_at=now,
    )
