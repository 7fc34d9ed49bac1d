"""Very many rows, made directly in the database: what a busy district has after a while."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from domain.identifiers import make_case_number
from domain.tasks import RULES, TaskKind, task_id
from domain.terms import CaseStatus, Mode, Scheme, WireEvent
from domain.wire import WireState
from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.tasks.rows import TaskRow

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
_AT_ONCE = 2_000
_A_DAY = 5_000


def number(serial: int) -> str:
    """The number of the case that was registered as the `serial`th: numbers rise with time."""
    return make_case_number("500103", date(2026, 3, 2) + timedelta(days=serial // _A_DAY), serial % _A_DAY + 1)


def registered_at(serial: int) -> datetime:
    return BEGAN + timedelta(days=serial // _A_DAY, seconds=serial % _A_DAY)


def case_values(serial: int, **more: Any) -> dict[str, Any]:
    """An open case; its boundary is not in the order of registration."""
    return {
        "case_no": number(serial),
        "item_code": f"YZ-{serial % 40}",
        "item_name": f"事项{serial % 40}",
        "item": {"code": "YZ", "materials": []},
        "scheme": Scheme.CHUANYU,
        "mode": Mode.ONLINE,
        "status": CaseStatus.SUBMITTED,
        "on_hold": False,
        "withdrawal_pending": False,
        "channel": "window",
        "clerk": "clerk",
        "unit_id": "hall",
        "dossier": b"sealed",
        "start": {},
        "started": True,
        "time_scale": 1.0,
        "registered_at": registered_at(serial),
        "due_at": registered_at(serial) + timedelta(days=1 + serial * 7 % 20),
        "closed_at": None,
        "version": 0,
    } | more


def handling_values(serial: int, **more: Any) -> dict[str, Any]:
    """An in-city handling that an officer may decide."""
    return {
        "handling_no": number(serial),
        "case_no": number(serial),
        "place": 0,
        "department": "人力资源社会保障",
        "region": "500112",
        "scheme": Scheme.QUANYU,
        "partner": None,
        "mode": Mode.ONLINE,
        "originals_travel": False,
        "result_travels": False,
        "status": CaseStatus.SUBMITTED,
        "partner_no": "",
        "wire_state": WireState.SUBMITTED,
        "last_seq": 0,
        "round": 0,
        "decision": None,
        "withdrawal_asked": False,
        "applied_count": 0,
    } | more


DECIDED = {"wire_state": WireState.DECIDED, "decision": WireEvent.APPROVED, "status": CaseStatus.APPROVED}


def task_values(serial: int, kind: TaskKind = TaskKind.DEADLINE_WARNING, **more: Any) -> dict[str, Any]:
    """An open task of the `serial`th case; every third has no deadline."""
    opened = registered_at(serial)
    return {
        "id": task_id(f"{number(serial)}/{kind}"),
        "key": f"{number(serial)}/{kind}",
        "matter": f"{number(serial)}/{kind}",
        "kind": kind,
        "owner": RULES[kind][1],
        "case_no": number(serial),
        "handling_no": None,
        "leg_id": None,
        "data": {},
        "opened_at": opened,
        "deadline_at": opened + timedelta(days=serial * 3 % 17) if serial % 3 else None,
        "resolved_at": None,
        "delivered": True,
    } | more


def fill(database: Database, table: type[CaseRow] | type[HandlingRow] | type[TaskRow], rows: Iterator[Any]) -> None:
    made: Table = table.__table__
    some: list[dict[str, Any]] = []
    with database.write() as session:
        for row in rows:
            some.append(row)
            if len(some) == _AT_ONCE:
                session.execute(insert(made), some)
                some = []
        if some:
            session.execute(insert(made), some)
