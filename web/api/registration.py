"""Registering a case: routed, numbered, sealed and committed together with its start row (decisions.md 3)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.intake import first_counted_day
from catalog.kept import kept_of
from catalog.materials import deferral_workdays
from catalog.regions import HALL_REGION
from domain.dossier import Consent, Contact, Dossier
from domain.identifiers import make_case_number
from domain.messages import EDITION, CaseStart, HandlingPlan
from domain.outbound import Person
from domain.terms import CaseStatus
from parcels.passports import issue
from runtime.container import applicant_keys
from storage.case_keys import issue as issue_key
from storage.cases.rows import CaseRow, HandlingRow, add_event, write_dossier
from storage.documents.uploads import bind
from storage.people.users import LoggedIn
from web.api.agents import acting, authorisation_of
from web.api.deferred import note_owed
from web.api.faces import keep_face_of
from web.api.joint_shares import plans_of
from web.api.judging import SHANGHAI, Judging, judge
from web.api.licences import to_be_checked
from web.api.same_matter import keep_marks
from web.api.submitted import keeps_papers, originals_kept
from web.foundation.context import Context
from web.foundation.request_schemas import CaseRequest, ContactRequest, PersonRequest


def register(session: Session, ctx: Context, wanted: CaseRequest, by: LoggedIn) -> dict[str, Any]:
    """Commit a new case in the caller's transaction; returns the answer of `POST /cases`. It is of the clerk's unit.

    Messages that were parked for its numbers are judged in the same transaction.

    Raises:
        Unprocessable: the item, a region, the applicant or a material rules it out; code and sentence say why.
    """
    case = judge(session, ctx, wanted, by)
    now, lists = case.now, case.lists
    case_no, handling_nos = _numbers(session, ctx, len(case.shares), now)
    kept = originals_kept(case.materials, kept_of(case.asked.code))
    plans = tuple(
        plan.model_copy(update={"originals_kept": kept and plan.originals_travel})
        for plan in plans_of(case.shares, handling_nos)
    )
    start = CaseStart(
        case_no=case_no,
        item=case.asked.brief,
        handlings=plans,
        pickup=wanted.pickup is not None,
        delivery=wanted.delivery is not None,
        registered_at=now,
        time_scale=ctx.settings.time_scale,
        papers_kept=wanted.pickup is not None or keeps_papers(case.materials),
        deferred=tuple(d.seq for d in case.checked.deferred),
        deferral_workdays=deferral_workdays(case.asked) if case.checked.deferred else None,
        licences=to_be_checked(ctx, case.materials),
        edition=EDITION,
    )
    _store(case, start)
    bind(session, case_no, [*case.agent_files, *case.files], now)
    keep_marks(session, plans, case.marks)
    owed = note_owed(session, lists.calendar, start, case.checked, case.clerk)
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
            for plan, share in zip(plans, case.shares, strict=True)
        ],
        "registeredAt": now.isoformat(),
        "timeScale": start.time_scale,
        "channel": wanted.channel,
        "countsFrom": first_counted_day(now, lists.calendar).isoformat(),
        "deferred": owed,
    }


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


def _store(judged: Judging, start: CaseStart) -> None:
    session, ctx, wanted, now = judged.session, judged.ctx, judged.wanted, judged.now
    item = judged.asked.snapshot(judged.lists.catalogue.version)
    dossier = Dossier(
        applicant=_person(wanted.applicant),
        household_region=wanted.applicant.household_region,
        agent=_person(wanted.agent) if wanted.agent else None,
        authorisation=authorisation_of(wanted.agent),
        form=judged.form,
        materials=judged.materials,
        pickup=_contact(wanted.pickup),
        delivery=_contact(wanted.delivery),
        consent=Consent(version=wanted.consent.version, accepted=True, messages=wanted.consent.messages),
        same_matter=judged.beside,
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
        clerk=judged.clerk,
        unit_id=judged.by.reach.unit or "",
        dossier=b"",
        start=start.model_dump(mode="json"),
        time_scale=start.time_scale,
        registered_at=now,
    )
    issue_key(session, ctx.sealer, case.case_no, now, *(plan.handling_no for plan in start.handlings))
    write_dossier(case, ctx.sealer, dossier)
    session.add(case)
    session.flush()
    applicant_keys(ctx.settings, ctx.sealer).issue(session, case.case_no, now)
    keep_face_of(session, ctx.settings, ctx.sealer, case.case_no, dossier)
    department = item.department
    handlings = [_handling(case.case_no, place, plan, department, now) for place, plan in enumerate(start.handlings)]
    session.add_all(handlings)
    session.flush()
    for handling in handlings:
        ctx.inbox.adopt_for(session, handling, now)
    issue(session, case, dossier, now, by=judged.clerk, first=True)
    acts: dict[str, Any] = acting(ctx, dossier, by_self=False, now=now)
    if judged.beside is not None:
        acts |= {"sameMatter": list(judged.beside.cases)}
    add_event(
        session,
        case_no=case.case_no,
        key="registered",
        kind="REGISTERED",
        at=now,
        now=now,
        actor=judged.clerk,
        data=acts,
    )


def _handling(case_no: str, place: int, plan: HandlingPlan, department: str, now: datetime) -> HandlingRow:
    return HandlingRow(
        handling_no=plan.handling_no,
        case_no=case_no,
        place=place,
        department=department,
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
