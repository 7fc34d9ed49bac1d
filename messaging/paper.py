"""Where no phone can be reached: what must be known goes on paper, the rest is kept as not sent (信件告知)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.applicant_messages import TEMPLATES, MessageKind, MessageState
from domain.matters import End
from domain.tasks import TaskKind
from storage.cases.applicant_messages import MessageRow
from storage.tasks.rows import TaskRow, lines_of, open_task, settle_kinds


def not_by_phone(session: Session, row: MessageRow, reason: str, now: datetime, *, tried: bool) -> None:
    """End a message that no channel brings: a letter where the applicant must know it, else FAILED or UNSENT.

    `reason`: a code, kept. `tried`: a gateway has had it.
    """
    row.reason, row.ended_at, row.secrets = reason, now, None
    if not TEMPLATES[MessageKind(row.kind)].on_paper:
        row.state = MessageState.FAILED if tried else MessageState.UNSENT
        return
    row.state = MessageState.LETTER
    open_task(
        session,
        key=f"{row.id}/{TaskKind.LETTER}",
        kind=TaskKind.LETTER,
        case_no=row.case_no,
        handling_no=row.handling_no,
        now=now,
        data={"messageId": row.id},
    )


def printed(session: Session, task_id: str, now: datetime) -> None:
    """A person has told the applicant by letter: every message of the task is PRINTED."""
    ids = [line.data.get("messageId") for line in lines_of(session, [task_id]).get(task_id, [])]
    for row in session.scalars(
        select(MessageRow).where(MessageRow.id.in_(ids), MessageRow.state == MessageState.LETTER)
    ):
        row.state, row.ended_at = MessageState.PRINTED, now


def told_in_person(session: Session, case_no: str, now: datetime) -> None:
    """The applicant has taken everything at the hall, and was told there: no letter is due any more."""
    letters = session.scalars(select(TaskRow.id).filter_by(case_no=case_no, kind=TaskKind.LETTER, resolved_at=None))
    for task_id in letters.all():
        printed(session, task_id, now)
    settle_kinds(session, [TaskKind.LETTER], now, End.HANDED_OVER, case_no=case_no)
