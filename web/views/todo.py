"""What waits for a person, grouped by what is to be done, each with the newest fact in words (我的待办)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, literal, select, text, union_all
from sqlalchemy.orm import Session

from domain.tasks import RULES, TaskKind
from domain.terms import Role
from storage.tasks.rows import TaskRow
from web.views.wording import FORMS

COUNTED_TO: Final = 99
"""So far is counted for people."""

_K = TaskKind
_SHORT: Final[dict[TaskKind, str]] = {
    _K.COMMAND_REFUSED: "对方拒收",
    _K.NOT_TAKEN: "告知申请人",
    _K.FILE_MISSING: "文件未取到",
    _K.DEADLINE_WARNING: "时限将到",
    _K.DISCREPANCY: "材料不符",
    _K.PAPERS_SHORT: "清点不符",
    _K.PAPERS_LAPSED: "缺件逾期",
    _K.COLLECT_AT_HALL: "大厅待领",
    _K.DEFERRED_MATERIAL: "容缺补交",
    _K.COMPENSATION: "联办恢复",
    _K.LETTER: "打印信件",
    _K.NUMBER_SHARED: "邮件号重复",
    _K.RESULT_WITHOUT_FILE: "结果缺文件",
    _K.RESULT_NOT_FETCHED: "结果未领",
    _K.LICENCE_UNCONFIRMED: "证照待核对",
    _K.LICENCE_DENIED: "证照不符",
    _K.CLAIM_DUE: "理赔将到期",
}


def what_to_do(kind: str) -> str:
    """A kind of task in a few characters."""
    known = TaskKind(kind)
    return _SHORT.get(known) or RULES[known][0].split("，")[0]


def kinds_of(role: Role) -> tuple[TaskKind, ...]:
    """The kinds that people of this role resolve."""
    return tuple(kind for kind, (_, owner, _) in RULES.items() if owner is role)


def group_counts(session: Session, kinds: Sequence[TaskKind]) -> list[dict[str, Any]]:
    """`[{kind, label, count}]` of the kinds that have open tasks, most first; `count` is text, 99+ beyond that."""
    found = {kind: n for kind, n in session.execute(union_all(*(_counted(kind) for kind in kinds))) if n}
    most_first = sorted(found.items(), key=lambda one: -one[1])
    return [{"kind": kind, "label": what_to_do(kind), "count": shown_count(n)} for kind, n in most_first]


def shown_count(n: int) -> str:
    """A number that was counted to `COUNTED_TO` and one more at most."""
    return str(n) if n <= COUNTED_TO else f"{COUNTED_TO}+"


def _counted(kind: TaskKind) -> Any:
    some = select(TaskRow.id).where(text("resolved_at IS NULL"), TaskRow.kind == kind).limit(COUNTED_TO + 1)
    counted = select(func.count()).select_from(some.subquery()).scalar_subquery()
    return select(literal(str(kind)), counted)


def grouped(tasks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`[{label, tasks}]` by kind, in the order in which the kinds first come."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for task in tasks:
        groups.setdefault(task["kind"], []).append(task)
    return [{"kind": kind, "label": what_to_do(kind), "tasks": some} for kind, some in groups.items()]


def newest_fact(task: Mapping[str, Any]) -> str:
    """What came last, in words: an authority's reason, the paper that lacks, else what is to be done."""
    newest = task["lines"][-1] if task["lines"] else task
    came, data = newest["came"] or {}, {**task["data"], **newest["data"]}
    if came.get("reason"):
        return f"{came['label']}：{came['reason']}" if came.get("label") else str(came["reason"])
    if came.get("materials"):
        return "缺 " + "、".join(came["materials"])
    if data.get("papers"):
        return "；".join(_paper(paper) for paper in data["papers"])
    if data.get("name"):
        return f"待补 {data['name']}"
    return str(newest["title"])


def _paper(paper: Mapping[str, Any]) -> str:
    named = f"{paper['name']}（{FORMS[paper['form']]}）"
    return f"{named} 应有 {paper['said']} 份" + (f"，清点 {paper['counted']} 份" if paper.get("where") else "")
