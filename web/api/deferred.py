"""容缺 and 告知承诺 at the window: what is still owed, when it has come, and a material compared with its original."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.clocks import compute_deadline
from catalog.materials import Brought, MaterialCheck, grade_of
from catalog.model import ItemSnapshot
from catalog.workdays import WorkdayCalendar
from domain.dossier import Dossier, DossierMaterial
from domain.errors import Conflict
from domain.messages import CaseStart, DeadlineKind, DeferredBrought
from domain.naming import CaseUpdate, case_workflow_id
from domain.terms import MaterialForm, Provided, TrustGrade
from parcels.passports import issue
from storage.cases.deferred_materials import came, came_already, commit, owe, still_owed
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.documents.uploads import bind
from storage.pending_updates import queue_update
from web.answers.cases import DeferredTaken, MaterialVerified
from web.api.agents import acting
from web.api.licences import with_licences
from web.api.material_files import check_files
from web.api.submitted import form_of, keeps_papers
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import DeferredRequest, MaterialRequest
from web.security.session import Clerk
from web.views.cases import find_case

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

_NOT_BROUGHT = (Provided.DEFERRED, Provided.COMMITTED)
_PLAIN = {
    MaterialForm.ORIGINAL: Provided.ORIGINAL,
    MaterialForm.COPY: Provided.COPY,
    MaterialForm.ELECTRONIC: Provided.ELECTRONIC,
    MaterialForm.FORM: Provided.ORIGINAL,
}


def note_owed(
    session: Session, calendar: WorkdayCalendar, start: CaseStart, checked: MaterialCheck, clerk: str
) -> list[dict[str, Any]]:
    """Write down what a new case still owes and what was promised instead, in the transaction that registers it.

    Returns the deferred materials as JSON with their last day; [] where nothing is owed.
    """
    now = start.registered_at
    if checked.committed:
        commit(session, start.case_no, tuple(c.seq for c in checked.committed), now=now, actor=clerk)
    if not checked.deferred:
        return []
    deadline = compute_deadline(
        DeadlineKind.DEFERRED_MATERIAL,
        now,
        start.item,
        calendar=calendar,
        time_scale=start.time_scale,
        workdays=start.deferral_workdays,
    )
    owed = {d.seq: d.name for d in checked.deferred}
    owe(session, case_no=start.case_no, owed=owed, deadline=deadline, now=now)
    due = deadline.due_at.isoformat()
    return [{"seq": seq, "name": name, "dueAt": due} for seq, name in owed.items()]


@router.post("/{case_no}/deferred", operation_id="bringDeferred", response_model=DeferredTaken)
def bring_deferred(case_no: str, given: DeferredRequest, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Deferred materials have come (容缺补交); the day of arrival counts. Brought twice is brought once.

    Refused: 404 CASE_UNKNOWN; 422 NOT_DEFERRED, STILL_DEFERRED, DOCUMENT_MISSING, DOCUMENT_UNKNOWN, PAGES,
    AGENT_UNAUTHORISED, AUTHORISATION_OVER.
    """
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        answer = take_deferred(session, ctx, case, given.materials, clerk.username, by_self=given.by_self)
    ctx.notify()
    return answer


def take_deferred(
    session: Session, ctx: Context, case: CaseRow, shapes: list[MaterialRequest], actor: str, *, by_self: bool
) -> dict[str, Any]:
    """Put what has come into the dossier, and queue the Update for the case; returns the route's answer.

    The caller holds the case's row locked.

    Raises:
        Unprocessable: a material that is not owed (`NOT_DEFERRED`), or deferred again (`STILL_DEFERRED`); a scan that
            is missing or was not uploaded by `actor`; an agent who may not.
    """
    now = ctx.now()
    before = dossier = read_dossier(case, ctx.sealer)
    acts = acting(ctx, dossier, by_self=by_self, now=now)
    item = ItemSnapshot.model_validate(case.item)
    owed = still_owed(session, case.case_no)
    fresh = tuple(shape.seq for shape in shapes if shape.seq in owed)
    for shape in shapes:
        if shape.seq in owed:
            dossier = dossier.replaced(_brought(ctx, item, dossier, shape, actor))
        elif not came_already(session, case.case_no, shape.seq):
            raise Unprocessable(f"第{shape.seq}项不是容缺材料", code="NOT_DEFERRED", field="materials")
    come = {shape.seq: place for place, shape in enumerate(shapes) if shape.seq in fresh}
    brought = {come[m.seq]: m for m in dossier.materials if m.seq in come}
    files = check_files(session, brought, uploader=actor, now=now, case_no=case.case_no)
    write_dossier(case, ctx.sealer, dossier)
    bind(session, case.case_no, files, now)
    issue(session, case, before, now)  # of a case from before passports
    issue(session, case, dossier, now, by=actor, later=True)
    for seq in fresh:
        came(session, case.case_no, seq, now=now, actor=actor, acts=acts)
    if fresh:
        queue_update(
            session,
            update_id=f"{case.case_no}-deferred-{'-'.join(map(str, fresh))}",
            workflow_id=case_workflow_id(case.case_no),
            name=CaseUpdate.DEFERRED_BROUGHT,
            argument=DeferredBrought(
                seqs=fresh, papers_kept=keeps_papers(m for m in dossier.materials if m.seq in fresh)
            ),
            now=now,
        )
    return {
        "caseNo": case.case_no,
        "stillOwed": list(still_owed(session, case.case_no)),
        "receivedAt": now.isoformat(),
    }


def as_listed(case: CaseRow, seq: int) -> MaterialRequest:
    """A deferred material in the form that the item asks for: what a clerk confirms with one press."""
    listed = next(m for m in ItemSnapshot.model_validate(case.item).materials if m.seq == seq)
    return MaterialRequest(seq=seq, provided=_PLAIN[listed.form], count=listed.copies, checked=True)


@router.post("/{case_no}/materials/{seq}/verified", operation_id="verifyMaterial", response_model=MaterialVerified)
def verify(case_no: str, seq: int, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """The window has compared an uploaded material with its original: grade C becomes B.

    Refused: 404 CASE_UNKNOWN; 409 GRADE (nothing to compare); 422 MATERIAL_UNKNOWN.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        dossier = read_dossier(case, ctx.sealer)
        material = next((m for m in dossier.materials if m.seq == seq), None)
        if material is None:
            raise Unprocessable(f"办件里没有第{seq}项材料", code="MATERIAL_UNKNOWN", field="seq")
        if material.licence is not None or material.grade not in (TrustGrade.B, TrustGrade.C):
            raise Conflict("只有申请人上传的材料才需要核对原件", code="GRADE")
        write_dossier(case, ctx.sealer, dossier.replaced(material.model_copy(update={"grade": TrustGrade.B})))
        _note_verified(session, case_no, seq, clerk.username, now)
        return {"caseNo": case_no, "seq": seq, "grade": TrustGrade.B}


def _note_verified(session: Session, case_no: str, seq: int, actor: str, now: datetime) -> None:
    key = f"verified/{seq}"
    data = {"seq": seq}
    add_event(session, case_no=case_no, key=key, kind="MATERIAL_VERIFIED", at=now, now=now, actor=actor, data=data)


def _brought(ctx: Context, item: ItemSnapshot, dossier: Dossier, shape: MaterialRequest, clerk: str) -> DossierMaterial:
    """The material as it has come now."""
    listed = next((m for m in item.materials if m.seq == shape.seq), None)
    known = next((m for m in dossier.materials if m.seq == shape.seq), None)
    if listed is None or known is None:
        raise LookupError("a material is owed that the dossier does not have")
    if shape.provided in _NOT_BROUGHT:
        raise Unprocessable("容缺材料请提供实际材料", code="STILL_DEFERRED", field="materials")
    changes = {
        "provided": shape.provided,
        "form": form_of(shape.provided, listed.form),
        "pages": shape.pages,
        "count": shape.count,
        "sha256": shape.sha256,
        "grade": grade_of(listed, Brought(seq=shape.seq, provided=shape.provided, checked=shape.checked)),
    }
    (came,) = with_licences(ctx, item, (known.model_copy(update=changes),), (shape,), clerk)
    return came
