"""What a case whose workflow is gone starts from: closed, forgotten by the server, or broken off (decisions.md 20).

A closed case left it in its row. A run that broke off can still be asked while the server remembers it. Else the rows
say what they know: statuses, what was passed on, decided and sent.
"""

import asyncio
from collections import Counter
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError

from domain.carried import CaseCarried, CaseRun, DeferralCarried, HandlingCarried, LegsCarried, ReturnCarried
from domain.messages import AuthorityEvent, CaseStart, LegPlan, PapersCounted, TaskOutcome, TaskResolved
from domain.naming import CaseUpdate, case_workflow_id
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ResultForm, WireEvent
from domain.wire import WireState
from storage.base import Database
from storage.cases.deferred_materials import still_owed
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, handlings_of
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from workflows.case import CaseWorkflow

log = structlog.get_logger(__name__)

_NOTHING_TO_DO = frozenset({TaskOutcome.ACKNOWLEDGE, TaskOutcome.RELEASE_BATCH})
_OPENS = frozenset({CaseUpdate.AUTHORITY_EVENT, CaseUpdate.HOLD, CaseUpdate.DEFERRED_BROUGHT})


def opens_again(name: str, argument: dict[str, object]) -> bool:
    """Whether this Update gets a case that is over a further run: somebody must act, or papers have come."""
    if name == CaseUpdate.TASK_RESOLVED:
        return TaskResolved.model_validate(argument).outcome not in _NOTHING_TO_DO
    if name == CaseUpdate.PAPERS_COUNTED:
        return PapersCounted.model_validate(argument).papers_kept
    return name in _OPENS


async def run_of(client: Client, database: Database, case_no: str) -> CaseRun | None:
    """The input of a further run of a case; None: no such case here, or it was not started yet.

    What it starts from, by what there is: its row once it has closed, the run that broke off, else our other rows.
    """
    found = await asyncio.to_thread(_row_of, database, case_no)
    if found is None:
        return None
    start, closed, kept = found
    carried = CaseCarried.model_validate(kept) if kept and closed else await _asked(client, case_no)
    if carried is None:
        carried = await asyncio.to_thread(_from_books, database, start)
    return CaseRun(**start.model_dump(), carried=carried.model_copy(update={"closed": closed}))


def _row_of(database: Database, case_no: str) -> tuple[CaseStart, bool, dict[str, Any] | None] | None:
    """Its start, whether it is closed, what it left; None as `run_of` has it."""
    with database.read() as session:
        case = session.get(CaseRow, case_no)
        if case is None or not case.started:
            return None
        return CaseStart.model_validate(case.start), case.closed_at is not None, case.carried


def _from_books(database: Database, start: CaseStart) -> CaseCarried:
    with database.read() as session:
        return _from_rows(session, session.get_one(CaseRow, start.case_no), start)


async def _asked(client: Client, case_no: str) -> CaseCarried | None:
    """The run that is over answers queries as long as the server keeps its history."""
    handle = client.get_workflow_handle_for(CaseWorkflow.run, case_workflow_id(case_no))
    try:
        carried = await handle.query(CaseWorkflow.carried)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as failure:
        log.warning("carried_from_rows", case_no=case_no, fault=type(failure).__name__)
        return None
    return carried


def _from_rows(session: Session, case: CaseRow, start: CaseStart) -> CaseCarried:
    handlings = {row.handling_no: row for row in handlings_of(session, case.case_no)}
    legs = list(session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at)))
    status = CaseStatus(case.status)
    owed = still_owed(session, case.case_no) if start.deferred else ()
    waited = select(func.count()).select_from(TaskRow).filter_by(case_no=case.case_no, kind=TaskKind.COLLECT_AT_HALL)
    collected = session.scalar(waited) or 0  # the next time that something waits at the hall is a task of its own
    submitting = any(row.wire_state != WireState.UNSENT for row in handlings.values())
    return CaseCarried(
        changes=session.scalar(select(func.count()).select_from(CaseEventRow).filter_by(case_no=case.case_no)) or 0,
        handlings={number: _handling(session, row, legs) for number, row in handlings.items()},
        outcome=status if status.is_outcome else None,
        withdrawal_pending=case.withdrawal_pending,
        fetched=case.collected_at is not None,
        collected=case.collected_at is not None,
        submitting=submitting,
        papers_in_hall=case.closed_at is None and start.papers_kept and not any(leg.ended_at is None for leg in legs),
        legs=LegsCarried(
            numbers={**Counter(f"{leg.handling_no}-{leg.leg}" for leg in legs), "collection": collected},
            running=tuple(_plan(leg, start) for leg in legs if leg.ended_at is None),
        ),
        deferral=DeferralCarried(begun=bool(start.deferred), over=not owed, owed=owed),
    )


def _handling(session: Session, row: HandlingRow, legs: list[LegRow]) -> HandlingCarried:
    mine = [leg for leg in legs if leg.handling_no == row.handling_no]
    back = next((leg for leg in reversed(mine) if leg.leg == Leg.BACK), None)
    result = row.result or {}
    ordered = select(TaskRow).filter_by(case_no=row.case_no, handling_no=row.handling_no, kind=TaskKind.COMPENSATION)
    undoing = session.scalar(ordered.limit(1))
    return HandlingCarried(
        status=CaseStatus(row.status),
        submitted=row.wire_state != WireState.UNSENT,
        withdrawal_sent=row.withdrawal_asked,
        issued=True,
        served=row.decision is not None,
        fetched_sha256=None,
        back=ReturnCarried(
            forwarded=any(leg.leg == Leg.FORWARD for leg in mine) and back is None,
            form=ResultForm(result["form"]) if result.get("form") else None,
            result_sha256=result.get("sha256"),
            sent=_sent(session, row.handling_no),
            followed_leg=back.leg_id if back is not None else None,
            arrived=back is not None and back.ended_at is not None,
        ),
        supplement_round=row.round,
        undoing=undoing.id if undoing is not None and undoing.resolved_at is None else None,
        undone=undoing is not None and undoing.resolved_at is not None,
    )


def _sent(session: Session, handling_no: str) -> AuthorityEvent | None:
    """RESULT_SENT as the case got it."""
    told = select(InboxRow.update).filter_by(handling_no=handling_no, event_name=WireEvent.RESULT_SENT)
    said = session.scalar(told.where(InboxRow.order.is_not(None)).order_by(InboxRow.order.desc()).limit(1))
    return AuthorityEvent.model_validate(said) if said else None


def _plan(leg: LegRow, start: CaseStart) -> LegPlan:
    return LegPlan(
        leg_id=leg.leg_id,
        case_no=leg.case_no,
        handling_no=leg.handling_no,
        leg=Leg(leg.leg),
        time_scale=leg.time_scale,
        edition=start.edition,
    )
