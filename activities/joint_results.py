"""What one authority of a joint case gives to the next (多地联办): its result, as a further material of the submission."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.model import ItemSnapshot
from catalog.regions import find as find_region
from domain.messages import CaseStart, HandlingPlan
from domain.outbound import SentMaterial
from domain.terms import MaterialForm
from storage.cases.rows import CaseRow, HandlingRow


def plan_of(case: CaseRow, handling_no: str) -> HandlingPlan | None:
    """The plan of a handling as the case began with it; None for a number that is none of it."""
    return plan_in(case.start, handling_no)


def plan_in(start: dict[str, Any], handling_no: str) -> HandlingPlan | None:
    """The same out of a CaseStart as JSON."""
    plans = CaseStart.model_validate(start).handlings
    return next((plan for plan in plans if plan.handling_no == handling_no), None)


def step_name(case: CaseRow, handling_no: str) -> str:
    """The item's name as the authority reads it: with the step, where it does one of several."""
    plan = plan_of(case, handling_no)
    return f"{case.item_name}（{plan.step}）" if plan is not None and plan.step else case.item_name


def results_before(
    session: Session, case: CaseRow, handling_no: str, brought: Sequence[SentMaterial]
) -> tuple[SentMaterial, ...]:
    """The results of the handlings that this one follows, numbered on from what the applicant has `brought`.

    The name says what it is, whose and under which number; the file goes along where the result is electronic.
    """
    plan = plan_of(case, handling_no)
    if plan is None or not plan.after:
        return ()
    gives = {step.name: step.gives for step in ItemSnapshot.model_validate(case.item).joint_steps}
    first = max((material.seq for material in brought), default=0) + 1
    rows = [session.get_one(HandlingRow, number) for number in plan.after]
    steps = [plan_of(case, row.handling_no) for row in rows]
    return tuple(
        _material(seq, row, gives.get(step.step or "", "") if step else "")
        for seq, (row, step) in enumerate(zip(rows, steps, strict=True), start=first)
    )


def _material(seq: int, row: HandlingRow, gives: str) -> SentMaterial:
    result = row.result or {}
    place = find_region(row.region)
    number = result.get("document_no") or row.partner_no or row.handling_no
    whose = f"{place.full_name if place else row.region}，{number}"
    sha256 = result.get("sha256")
    return SentMaterial(
        seq=seq,
        name=f"{gives or result.get('name') or '前一步办理结果'}（{whose}）",
        form=MaterialForm.ELECTRONIC if sha256 else MaterialForm.COPY,
        sha256=sha256,
    )
