"""Tasks as rows: one open per matter, a line for each thing that happened."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.matters import WAITED_FOR, End, Named, gravest, matter_of, outranks
from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind, task_id
from storage.base import Base
from storage.sealed_types import SealedJson, SealedText

WORKFLOW: Final = "workflow"
"""Who resolved what nobody needs to act on any more."""

_OPEN = text("resolved_at IS NULL")


class TaskRow(Base):
    """A task (待办). Of the tasks of one `matter` at most one is open (domain.matters).

    Opened and settled by this module, resolved by a person through `web.api.tasks`.

    `key`: its first line's; `{key}+{n}` when that key was opened for the n-th time. `id`: a UUID made from the key,
    so that a workflow can name it. `owner`: the role that resolves it. `data`: facts without personal data. `outcome`
    and `resolved_by`: set when it is resolved; `workflow` where it closed itself.
    """

    __tablename__ = "task"
    __table_args__ = (Index("uq_task_matter_open", "matter", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    matter: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(16))
    case_no: Mapped[str | None] = mapped_column(String(21), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(SealedJson("task.data"))
    opened_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(24))
    # A person's words; a code of domain.matters.End where it closed itself.
    reason: Mapped[str | None] = mapped_column(SealedText("task.reason"))
    resolved_by: Mapped[str | None] = mapped_column(String(64))
    delivered: Mapped[bool] = mapped_column(default=True)  # read by nobody: a verdict waits in UpdateRow

    @property
    def settled(self) -> bool:
        """Whether it closed itself: nobody has decided anything."""
        return self.resolved_at is not None and self.resolved_by == WORKFLOW


class TaskLineRow(Base):
    """One thing that a task is about. `number`: 2 and up when a key that had closed itself is opened again.

    `settled_at` None: it still holds.
    """

    __tablename__ = "task_line"
    __table_args__ = (UniqueConstraint("key", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    number: Mapped[int] = mapped_column(default=1)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(SealedJson("task_line.data"))
    settled_at: Mapped[datetime | None]


def open_task(
    session: Session,
    *,
    key: str,
    kind: TaskKind,
    now: datetime,
    case_no: str | None = None,
    handling_no: str | None = None,
    leg_id: str | None = None,
    deadline_at: datetime | None = None,
    data: dict[str, Any] | None = None,
    matter: str | None = None,
) -> str:
    """Open a task once per key, or add a line to the open one of its matter; returns the task's id.

    A key that a person has resolved stays resolved. One that had closed itself is opened again. `matter`: where the
    kind's own pattern (domain.matters) does not say it. `data`: no personal data. A graver kind raises an open task.
    """
    facts = data or {}
    about = Named(key, case_no, handling_no, leg_id, facts.get("clock"))
    return _opened(session, about, kind, now, matter or matter_of(kind, about), deadline_at, facts)


def _opened(
    session: Session,
    about: Named,
    kind: TaskKind,
    now: datetime,
    matter: str,
    deadline_at: datetime | None,
    facts: dict[str, Any],
) -> str:
    row = open_task_of(session, matter)  # locked first: whoever says the same at this moment is seen, or waits
    known = _last_line(session, about.key)
    if known is not None and (kind in WAITED_FOR or not _closed_itself(session, known)):
        return known.task_id
    number = known.number + 1 if known is not None else 1
    carried: list[TaskLineRow] = []
    if row is not None and kind in WAITED_FOR:  # a workflow waits for this very id
        matter, carried = _replaced(session, row, about.key, now)
        row = None
    row = row or _new_row(session, about, kind, now, matter, number)
    if row is None:  # somebody was quicker
        return _opened(session, about, kind, now, matter, deadline_at, facts)
    _note(row, kind, facts, deadline_at)
    for earlier in carried:
        earlier.task_id = row.id
    session.add(TaskLineRow(key=about.key, number=number, task_id=row.id, kind=kind, at=now, data=facts))
    session.flush()
    return row.id


def _replaced(session: Session, row: TaskRow, key: str, now: datetime) -> tuple[str, list[TaskLineRow]]:
    """Make room for a task that is waited for: its matter, and the lines that it takes over."""
    if TaskKind(row.kind) in WAITED_FOR:
        return key, []  # that one is waited for too: each has its own
    carried = _open_lines(session, row)
    _close(row, now, End.REPLACED)
    return row.matter, carried


def settle_task(session: Session, key: str, now: datetime, end: End = End.SETTLED) -> None:
    """What this key was opened for has settled itself; the task closes with its last open line.

    `end`: kept as its reason. Nothing happens for an unknown or resolved one.
    """
    line = _last_line(session, key)
    if line is None or line.settled_at is not None:
        return
    row = session.get_one(TaskRow, line.task_id)
    if row.resolved_at is not None:
        return
    line.settled_at = now
    session.flush()
    left = _open_lines(session, row)
    if not left or TaskKind(line.kind) in WAITED_FOR:  # what it had replaced goes with it
        _close(row, now, end)
        return
    kind = gravest(TaskKind(other.kind) for other in left)
    row.kind, row.owner = kind, RULES[kind][1]


def settle_matter(session: Session, matter: str, now: datetime, end: End) -> None:
    """Close the open task of a matter, if there is one: nobody needs to act on it any more."""
    row = open_task_of(session, matter)
    if row is not None:
        _close(row, now, end)


def settle_kinds(
    session: Session,
    kinds: Iterable[TaskKind],
    now: datetime,
    end: End,
    *,
    case_no: str | None = None,
    handling_no: str | None = None,
    leg_id: str | None = None,
) -> None:
    """Close every open task of these kinds of a case, a handling or a leg; of several given, all must fit.

    Raises:
        TypeError: none of the three is given.
    """
    named = {"case_no": case_no, "handling_no": handling_no, "leg_id": leg_id}
    given = {name: value for name, value in named.items() if value is not None}
    if not given:
        raise TypeError("whose tasks")
    waiting = select(TaskRow).filter_by(resolved_at=None, **given).where(TaskRow.kind.in_(list(kinds)))
    for row in session.scalars(waiting):
        _close(row, now, end)


def lines_of(session: Session, task_ids: Iterable[str]) -> dict[str, list[TaskLineRow]]:
    """Task id → its lines, the oldest first."""
    found: dict[str, list[TaskLineRow]] = {}
    lines = select(TaskLineRow).where(TaskLineRow.task_id.in_(list(task_ids))).order_by(TaskLineRow.id)
    for line in session.scalars(lines):
        found.setdefault(line.task_id, []).append(line)
    return found


def open_task_of(session: Session, matter: str) -> TaskRow | None:
    """The open task of a matter, locked until the transaction ends; None if there is none."""
    return session.scalar(select(TaskRow).filter_by(matter=matter, resolved_at=None).with_for_update())


def open_tasks_of(session: Session, matters: Collection[str]) -> list[TaskRow]:
    """The open tasks of these matters, in no order, locked until the transaction ends."""
    found = select(TaskRow).where(TaskRow.matter.in_(matters), TaskRow.resolved_at.is_(None))
    return list(session.scalars(found.with_for_update()))


def task_of(session: Session, key: str) -> TaskRow | None:
    """The task in which a key was opened last; None for an unknown key."""
    line = _last_line(session, key)
    return session.get(TaskRow, line.task_id) if line is not None else None


def _new_row(session: Session, about: Named, kind: TaskKind, now: datetime, matter: str, number: int) -> TaskRow | None:
    """A new task; None where somebody else has opened one of this key or matter at the same moment."""
    key = about.key if number == 1 else f"{about.key}+{number}"
    row = TaskRow(
        id=task_id(key),
        key=key,
        matter=matter,
        kind=kind,
        owner=RULES[kind][1],
        case_no=about.case_no,
        handling_no=about.handling_no,
        leg_id=about.leg_id,
        data={},
        opened_at=now,
    )
    session.flush()
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return row


def _note(row: TaskRow, kind: TaskKind, facts: dict[str, Any], deadline_at: datetime | None) -> None:
    """What is new about an open task; a graver kind raises it, and of one kind what was said last counts."""
    graver = outranks(kind, TaskKind(row.kind))
    if graver:
        row.kind, row.owner = kind, RULES[kind][1]
    if graver or kind == row.kind:
        row.data = {**row.data, **facts}
    else:
        row.data = {**facts, **row.data}
    row.deadline_at = deadline_at or row.deadline_at


def _last_line(session: Session, key: str) -> TaskLineRow | None:
    return session.scalar(select(TaskLineRow).filter_by(key=key).order_by(TaskLineRow.number.desc()).limit(1))


def _closed_itself(session: Session, line: TaskLineRow) -> bool:
    return line.settled_at is not None or session.get_one(TaskRow, line.task_id).settled


def _open_lines(session: Session, row: TaskRow) -> list[TaskLineRow]:
    return list(session.scalars(select(TaskLineRow).filter_by(task_id=row.id, settled_at=None)))


def _close(row: TaskRow, now: datetime, end: End) -> None:
    row.resolved_at, row.outcome, row.reason, row.resolved_by = now, TaskOutcome.SETTLED, end, WORKFLOW
