"""What a workflow's task is about, as data: its clock, the word that came, the command that was refused.

A workflow orders a task by its key and kind alone, so that its history stays small and free of what people said.
References and facts only: the words are opened from where they are sealed when somebody reads the task.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.joint_results import plans_in, steps_in
from domain.matters import End, ending_by
from domain.messages import DeadlineKind, TaskOrder
from domain.tasks import TaskKind
from parcels.paper_differences import told
from parcels.paper_fates import owed_back
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.exchange.inbox_row import CITY, InboxRow
from storage.exchange.outbox import CommandRow
from storage.parcels.papers import papers_of

OF_A_CLOCK = ending_by(End.CLOCK_STOPPED)


def facts_of(session: Session, order: TaskOrder, case: CaseRow, handling_no: str | None) -> dict[str, Any]:
    """The data of a task that a workflow orders, as JSON; {} where its kind has none.

    `order.key` is `{handling or case}/{kind}/{what}`. `handling_no` None: a task of the whole case.
    """
    kind = TaskKind(order.kind)
    about, _, what = order.key.partition(f"/{kind}/")
    if kind in OF_A_CLOCK:
        return _clock(session, what.partition("-")[0], case, handling_no)
    match kind:
        case TaskKind.DEFERRED_LAPSED:
            return _clock(session, DeadlineKind.DEFERRED_MATERIAL, case, handling_no)
        case TaskKind.PAPERS_LAPSED:
            papers = [told(paper) for paper in papers_of(session, case.case_no) if paper.differs]
            return {"papers": papers, **_clock(session, DeadlineKind.MISSING_PAPER, case, handling_no)}
        case TaskKind.PAPERS_AWAY if (handling := session.get(HandlingRow, handling_no)) is not None:
            return {"papers": [told(paper) for paper in owed_back(papers_of(session, case.case_no), handling)]}
        case TaskKind.COLLECT_AT_HALL:
            return _clock(session, DeadlineKind.COLLECTION, case, handling_no)
        case TaskKind.CONTRADICTION | TaskKind.SAID_AFTER_END:
            return _said(session, what, handling_no)
        case TaskKind.LEG_BROKEN:
            return {"legId": about}
        case TaskKind.COMMAND_REFUSED:
            return _refused(session, what.rpartition("-")[0])
        case TaskKind.FILE_MISSING:
            return {"sha256": what}
        case TaskKind.COMPENSATION:
            return _undoing(case, handling_no, what)
        case TaskKind.SECOND_SUPPLEMENT:
            return {"round": int(what)} if what.isdecimal() else {}
        case TaskKind.LICENCE_UNCONFIRMED | TaskKind.LICENCE_DENIED:
            return {"seqs": [int(seq) for seq in what.partition("-")[2].split(".")]}
    return {}


def _clock(session: Session, kind: str, case: CaseRow, handling_no: str | None) -> dict[str, Any]:
    """Which clock, its end and who must act; a clock that this very step starts is not written yet."""
    running = select(DeadlineRow).filter_by(case_no=case.case_no, handling_no=handling_no, kind=kind, stopped_at=None)
    row = session.scalar(running.order_by(DeadlineRow.id.desc()).limit(1))
    if row is None:
        return {"clock": kind}
    return {"clock": kind, "dueAt": row.due_at.isoformat(), "responsible": row.responsible}


def _said(session: Session, message_id: str, handling_no: str | None) -> dict[str, Any]:
    handling = session.get(HandlingRow, handling_no) if handling_no is not None else None
    if handling is None:
        return {"messageId": message_id}
    sender = handling.partner or CITY
    said = session.scalar(select(InboxRow).filter_by(sender=sender, message_id=message_id))
    theirs = said.facts["event"] if said is not None else None
    # Where a person had closed the case, the authority's first decision came after the end: ours is none of the wire's.
    ours = handling.decision if handling.decision != theirs else None
    found = said.facts if said is not None else {"sender": sender, "messageId": message_id}
    return {**found, "ours": ours, "theirs": theirs}


def _undoing(case: CaseRow, handling_no: str | None, because: str) -> dict[str, Any]:
    """Which step was approved, which one failed, and what is to be done in which order, by the item as it was kept."""
    plans = plans_in(case.start)
    done, failed = plans.get(handling_no or ""), plans.get(because)
    known = steps_in(case.item).get(done.step or "") if done is not None else None
    return {
        "done": {"step": done.step, "region": done.region} if done is not None else None,
        "failed": {"step": failed.step, "region": failed.region} if failed is not None else None,
        "steps": list(known.compensation) if known is not None else [],
    }


def _refused(session: Session, key: str) -> dict[str, Any]:
    command = session.get(CommandRow, key)
    if command is None:
        return {"command": key}
    return {"command": key, "step": command.kind, "code": command.error}
