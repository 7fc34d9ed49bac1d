"""What an applicant still has to bring, paper by paper, why and until when (还缺什么)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import DeadlineKind
from domain.tasks import TaskKind
from domain.terms import CaseStatus, WireEvent
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.parcels.papers import PaperRow
from storage.tasks.rows import TaskRow
from web.views.lacking import difference_words
from web.views.next_steps import day_said


def missing_shown(
    session: Session,
    case: CaseRow,
    handlings: Sequence[HandlingRow],
    said: Sequence[Mapping[str, Any]],
    papers: Sequence[PaperRow],
    clocks: Sequence[DeadlineRow],
    now: datetime,
) -> list[dict[str, Any]]:
    """`[{name, why, until}]` as JSON (`web.answers.track.Missing`); [] where nothing is asked for."""
    asked = [h for h in handlings if h.status == CaseStatus.SUPPLEMENT_REQUIRED]
    return [
        *(line for handling in asked for line in _of_supplement(handling, said, clocks, now)),
        *_counted_short(papers, clocks, now),
        *_deferred(session, case, now),
    ]


def _of_supplement(
    handling: HandlingRow, said: Sequence[Mapping[str, Any]], clocks: Sequence[DeadlineRow], now: datetime
) -> list[dict[str, Any]]:
    """What the authority has named in the open round; one line without a name where it named nothing."""
    words = [one for one in said if one["handlingNo"] == handling.handling_no]
    notice = next((one for one in reversed(words) if one["event"] == WireEvent.NEED_SUPPLEMENT), None)
    until = _until(clocks, DeadlineKind.SUPPLEMENT_REPLY, now, handling.handling_no)
    if notice is None:
        return []
    named = [f"{p['name']}（{p['formLabel']}{p['count']}份）" for p in notice["papers"] or ()] or notice["materials"]
    why = "：".join(part for part in (notice["place"] or "办理地", notice["reason"]) if part)
    return [{"name": name, "why": why, "until": until} for name in named or ["办理地要求补充的材料"]]


def _counted_short(papers: Sequence[PaperRow], clocks: Sequence[DeadlineRow], now: datetime) -> list[dict[str, Any]]:
    until = _until(clocks, DeadlineKind.MISSING_PAPER, now)
    short = [paper for paper in papers if paper.differs and paper.awaited]
    return [{"name": p.name, "why": f"清点时{difference_words(p)}", "until": until} for p in short]


def _deferred(session: Session, case: CaseRow, now: datetime) -> list[dict[str, Any]]:
    """Deferred materials (容缺) that have not come."""
    tasks = select(TaskRow).filter_by(case_no=case.case_no, kind=TaskKind.DEFERRED_MATERIAL, resolved_at=None)
    return [
        {
            "name": task.data["name"],
            "why": "先行办理时欠的，补齐后才能领结果",
            "until": day_said(task.deadline_at, now) if task.deadline_at else None,
        }
        for task in session.scalars(tasks.order_by(TaskRow.opened_at))
    ]


def _until(
    clocks: Sequence[DeadlineRow], kind: DeadlineKind, now: datetime, handling_no: str | None = None
) -> str | None:
    own = (c for c in clocks if c.kind == kind and handling_no in (None, c.handling_no))
    clock = next(own, None)
    return day_said(clock.due_at, now) if clock is not None else None
