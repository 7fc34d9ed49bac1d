"""What somebody else has done meanwhile, told to whoever comes second, so that nothing is overwritten (冲突)."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.claims import ClaimStep
from domain.dossier import Dossier, SupplementBrought
from domain.messages import TaskOutcome
from storage.cases.rows import CaseEventRow, handlings_of
from storage.parcels.claims import ClaimRow, events_of
from storage.tasks.rows import TaskRow
from web.foundation.context import Context
from web.foundation.problems import Overtaken
from web.foundation.request_schemas import SupplementRequest
from web.views import claim_words
from web.views.sentences import REFUSED, Refused
from web.views.todo import newest_fact
from web.views.wording import FORMS, OUTCOMES

_BY_ITSELF: Final = "系统"


def task_done(row: TaskRow) -> Overtaken:
    """A task that is resolved already: by whom, how and why."""
    outcome = TaskOutcome(row.outcome) if row.outcome else None
    return Overtaken(
        "这个待办已经处理",
        code="TASK_DONE",
        by=_BY_ITSELF if row.settled else str(row.resolved_by),
        at=row.resolved_at.isoformat() if row.resolved_at else None,
        what=OUTCOMES[outcome or TaskOutcome.SETTLED],
        why=None if row.settled else row.reason,
    )


def task_changed(task: Mapping[str, Any], known: int) -> Overtaken:
    """A task to which more has come than the `known` lines; `task`: as `shown_tasks` has it."""
    lines = task["lines"]
    newest = lines[-1]
    more = task["lineCount"] - known
    return Overtaken(
        "这件事刚有新的情况，请看过再处理",
        code="TASK_CHANGED",
        by=_BY_ITSELF,
        at=newest["at"],
        what=f"新增 {more} 条情况：" + "；".join(line["title"] for line in lines[-more:]),
        why=newest_fact(task),
    )


def claim_changed(session: Session, ctx: Context, row: ClaimRow) -> Overtaken:
    """A claim with which somebody has gone on: who, when, with which step and words."""
    last = events_of(session, [row.claim_id])[row.claim_id][-1]
    return Overtaken(
        "这项理赔刚有新的进展，请看过再办",
        code="CLAIM_CHANGED",
        by=last.actor,
        at=last.at.isoformat(),
        what=claim_words.STEPS[ClaimStep(last.step)],
        why=last.said(ctx.sealer) or None,
    )


def refuse_overtaken(session: Session, case_no: str, dossier: Dossier, given: SupplementRequest) -> None:
    """Nothing where this round is still to be brought.

    Raises:
        Overtaken: somebody has brought it (`SUPPLEMENT_DONE`).
    """
    named = [given.handling_no] if given.handling_no else [h.handling_no for h in handlings_of(session, case_no)]
    before = [brought for number in named if (brought := dossier.brought(number, given.round)) is not None]
    if len(before) == len(named) and before:
        raise _supplement_done(session, case_no, before[-1])


def _supplement_done(session: Session, case_no: str, before: SupplementBrought) -> Overtaken:
    own = {"case_no": case_no, "handling_no": before.handling_no, "kind": "SUPPLEMENT_BROUGHT", "at": before.at}
    by = session.scalar(select(CaseEventRow.actor).filter_by(**own).limit(1))
    return Overtaken(
        REFUSED[Refused.SUPPLEMENT_DONE],
        code=Refused.SUPPLEMENT_DONE,
        by=by or "窗口",
        at=before.at.isoformat(),
        what=f"已提交第 {before.round} 次补正",
        why="、".join(f"{m.name}（{FORMS[m.form]}）" for m in before.materials),
    )
