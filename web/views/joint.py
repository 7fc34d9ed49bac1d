"""Joint handling as people read it (多地联办): its steps, what a step gives to the next, and what is being undone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.joint_results import plans_in, results_before
from catalog.regions import find as find_region
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import CaseStatus
from storage.cases.rows import CaseRow, HandlingRow
from storage.tasks.rows import TaskRow

_USUAL = ("向办成的一地核实结果是否仍然有效", "不能保留的，请该地撤销并恢复原状", "告知申请人现在的情况和可以怎么办")
"""What is done about an approved part of an item that names no steps."""

_WORK = "工作人员正在联系各地处理已办成的部分，办好后告诉您；请先不要自行办理相关手续。"

_CAME_OF_IT = {TaskOutcome.RESTORED: "已恢复原状", TaskOutcome.KEPT: "结果仍然有效，其余请另行申请"}


def steps_shown(case: CaseRow, handlings: Sequence[HandlingRow]) -> list[dict[str, Any]]:
    """The steps of a joint case for the applicant, in their order; [] where nothing has an order."""
    plans = plans_in(case.start)
    if not any(plan.after for plan in plans.values()):
        return []
    return [
        {
            "step": plans[row.handling_no].step or row.role or "",
            "place": place_name(row.region),
            "status": row.status,
            "statusLabel": CaseStatus(row.status).label,
        }
        for row in handlings
    ]


def given_to(session: Session, handling: HandlingRow) -> list[str]:
    """What the handlings before this one have given to it, each in words; [] where there is none before it."""
    case = session.get_one(CaseRow, handling.case_no)
    return [material.name for material in results_before(session, case, handling.handling_no, ())]


def undoing_sentence(session: Session, case: CaseRow) -> str | None:
    """What the applicant reads while a part is being undone: what was done, what was not, and what comes of it."""
    tasks = select(TaskRow).filter_by(case_no=case.case_no, kind=TaskKind.COMPENSATION, resolved_at=None)
    opened = list(session.scalars(tasks.order_by(TaskRow.opened_at)))
    if not opened:
        return None
    done = "、".join(step_words(task.data.get("done")) for task in opened)
    failed = step_words(opened[0].data.get("failed"))
    return f"{done}已办成，{failed}没有办成。{_WORK}"


def undone_sentence(session: Session, case: CaseRow) -> str:
    """What came of it, part by part, once a person has dealt with it; "" where nothing had to be undone."""
    tasks = select(TaskRow).filter_by(case_no=case.case_no, kind=TaskKind.COMPENSATION)
    over = session.scalars(tasks.where(TaskRow.outcome.in_(_CAME_OF_IT)).order_by(TaskRow.opened_at))
    return "".join(
        f"{step_words(task.data.get('done'))}：{_CAME_OF_IT[TaskOutcome(task.outcome)]}。"
        for task in over
        if task.outcome
    )


def undoing_shown(task: TaskRow) -> dict[str, Any] | None:
    """What is to be undone and how, in words; None for a task of another kind. Without steps of its own: the usual."""
    if task.kind != TaskKind.COMPENSATION:
        return None
    return {
        "done": step_words(task.data.get("done")),
        "failed": step_words(task.data.get("failed")),
        "steps": task.data.get("steps") or list(_USUAL),
    }


def step_words(step: dict[str, str] | None) -> str:
    """A step with its place, e.g. 广东省广州市越秀区的“迁出”; `step`: `{step, region}`, its name may be None."""
    if step is None:
        return "其中一步"
    place = place_name(step["region"])
    return f"{place}的“{step['step']}”" if step["step"] else f"{place}的办理"


def place_name(region: str) -> str:
    """The region's full name; an unknown code as it is."""
    found = find_region(region)
    return found.full_name if found else region
