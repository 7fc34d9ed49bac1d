"""What one authority of a joint case gives to the next: its result, as a further material of the submission."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.joint import JointStep
from catalog.regions import find as find_region
from domain.messages import HandlingPlan
from domain.outbound import SentMaterial
from domain.terms import MaterialForm
from storage.cases.rows import CaseRow, HandlingRow


def plans_in(start: Mapping[str, Any]) -> dict[str, HandlingPlan]:
    """Handling number → its plan, in the order of the steps; `start`: a CaseStart as JSON."""
    plans = map(HandlingPlan.model_validate, start.get("handlings", ()))
    return {plan.handling_no: plan for plan in plans}


def steps_in(item: Mapping[str, Any]) -> dict[str, JointStep]:
    """Name → step of the item that a case keeps; `item`: an ItemSnapshot as JSON."""
    steps = map(JointStep.model_validate, item.get("joint_steps", ()))
    return {step.name: step for step in steps}


def step_name(case: CaseRow, handling_no: str) -> str:
    """The item's name as the authority reads it: with the step, where it does one of several."""
    plan = plans_in(case.start).get(handling_no)
    return f"{case.item_name}（{plan.step}）" if plan is not None and plan.step else case.item_name


def results_before(
    session: Session, case: CaseRow, handling_no: str, brought: Sequence[SentMaterial]
) -> tuple[SentMaterial, ...]:
    """The results of the handlings that this one follows, numbered on from what the applicant has `brought`.

    The name says what it is, whose and under which number; the file goes along where the result is electronic.
    """
    plans, steps = plans_in(case.start), steps_in(case.item)
    if handling_no not in plans:
        return ()
    before = [plans[number] for number in plans[handling_no].after]
    first = max((material.seq for material in brought), default=0) + 1
    return tuple(
        _material(seq, session.get_one(HandlingRow, plan.handling_no), steps.get(plan.step or ""))
        for seq, plan in enumerate(before, start=first)
    )


def _material(seq: int, row: HandlingRow, step: JointStep | None) -> SentMaterial:
    result = row.result or {}
    gives = step.gives if step is not None else ""
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
