"""容缺 and 告知承诺 at the window: what is still owed, when it has come, and a material compared with its original."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.clocks import compute_deadline
from catalog.materials import Brought, MaterialCheck, grade_of
from catalog.model import ItemSnapshot
from domain.dossier import Dossier, DossierMaterial
from domain.errors import Conflict
from domain.messages import CaseStart, DeadlineKind
from domain.tasks import TaskKind
from domain.terms import Provided, TrustGrade
from storage.cases import CaseRow, add_event, read_dossier, write_dossier
from storage.owing import came, came_already, commit, owe, still_owed
from storage.tasks import open_task
from web.brought import check_documents, form_of
from web.casebook import find_case
from web.context import Context, Ctx
from web.problems import Unprocessable
from web.session import Clerk
from web.shapes import DeferredShape, MaterialShape

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

_NOT_BROUGHT = (Provided.DEFERRED, Provided.COMMITTED)


def note_owed(
    session: Session, ctx: Context, start: CaseStart, checked: MaterialCheck, clerk: str, *, agent: bool, vouched: bool
) -> list[dict[str, Any]]:
    """Write down what a new case still owes; returns the deferred materials with their last day.

    `agent`, `vouched`: somebody acts for the applicant, and has shown on what.
    """
    now, owed = start.registered_at, []
    for deferral in checked.deferred:
        deadline = compute_deadline(
            DeadlineKind.DEFERRED_MATERIAL,
            now,
            start.item,
            calendar=ctx.calendar,
            time_scale=start.time_scale,
            workdays=deferral.workdays,
        )
        owe(session, case_no=start.case_no, seq=deferral.seq, name=deferral.name, deadline=deadline, now=now)
        owed.append({"seq": deferral.seq, "name": deferral.name, "dueAt": deadline.due_at.isoformat()})
    if checked.committed:
        commit(session, start.case_no, tuple(c.seq for c in checked.committed), now=now, actor=clerk)
    if agent and not vouched:
        key = f"{start.case_no}/authorisation"
        open_task(session, key=key, kind=TaskKind.AGENT_AUTHORISATION, case_no=start.case_no, now=now)
    return owed


@router.post("/{case_no}/deferred", operation_id="bringDeferred")
def bring_deferred(case_no: str, given: DeferredShape, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Deferred materials have come (容缺补交); the day of arrival counts. Brought twice is brought once."""
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        dossier = read_dossier(case, ctx.sealer)
        item = ItemSnapshot.model_validate(case.item)
        owed = still_owed(session, case_no)
        for shape in given.materials:
            if shape.seq in owed:
                dossier = _replaced(dossier, _brought(item, dossier, shape))
            elif not came_already(session, case_no, shape.seq):
                raise Unprocessable(f"第{shape.seq}项不是容缺材料", code="NOT_DEFERRED", field="materials")
        check_documents(session, dossier.materials)
        write_dossier(case, ctx.sealer, dossier)
        for shape in given.materials:
            came(session, case_no, shape.seq, now=now, actor=clerk.username)
        return {"caseNo": case_no, "stillOwed": list(still_owed(session, case_no)), "receivedAt": now.isoformat()}


@router.post("/{case_no}/materials/{seq}/verified", operation_id="verifyMaterial")
def verify(case_no: str, seq: int, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """The window has compared an uploaded material with its original: grade C becomes B."""
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        dossier = read_dossier(case, ctx.sealer)
        material = next((m for m in dossier.materials if m.seq == seq), None)
        if material is None:
            raise Unprocessable(f"办件里没有第{seq}项材料", code="MATERIAL_UNKNOWN", field="seq")
        if material.grade not in (TrustGrade.B, TrustGrade.C):
            raise Conflict("只有申请人上传的材料才需要核对原件", code="GRADE")
        write_dossier(case, ctx.sealer, _replaced(dossier, material.model_copy(update={"grade": TrustGrade.B})))
        _note_verified(session, case_no, seq, clerk.username, now)
        return {"caseNo": case_no, "seq": seq, "grade": TrustGrade.B}


def _note_verified(session: Session, case_no: str, seq: int, actor: str, now: datetime) -> None:
    key = f"verified/{seq}"
    data = {"seq": seq}
    add_event(session, case_no=case_no, key=key, kind="MATERIAL_VERIFIED", at=now, now=now, actor=actor, data=data)


def _brought(item: ItemSnapshot, dossier: Dossier, shape: MaterialShape) -> DossierMaterial:
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
        "sha256": shape.sha256,
        "grade": grade_of(listed, Brought(seq=shape.seq, provided=shape.provided, checked=shape.checked)),
    }
    return known.model_copy(update=changes)


def _replaced(dossier: Dossier, material: DossierMaterial) -> Dossier:
    materials = tuple(material if m.seq == material.seq else m for m in dossier.materials)
    return dossier.model_copy(update={"materials": materials})
