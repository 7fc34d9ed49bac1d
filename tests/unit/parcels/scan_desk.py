"""A scan intake over an empty database of either kind, with one leg under way: what tests of scans begin with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from domain.terms import Role
from parcels.scan_batch import Scanner
from parcels.scan_intake import BatchAnswer, ScanIntake
from storage.base import Base, Database
from storage.parcels.legs import CourierRow, LegRow
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import give_case

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COURIER = Scanner(username="courier", role=Role.COURIER)
CLERK = Scanner(username="clerk", role=Role.CLERK, serves_hall=True)
SUPERVISOR = Scanner(username="supervisor", role=Role.SUPERVISOR, serves_hall=True)
LEG = "50010320261123000001X-PICKUP-1"
NUMBER = "1200000000001"


@dataclass
class Desk:
    database: Database
    clock: list[datetime] = field(default_factory=lambda: [NOW])

    def __post_init__(self) -> None:
        self.intake = ScanIntake(self.database, self.now, lambda: None)

    def now(self) -> datetime:
        return self.clock[0]

    def take(self, device_id: str, *events: Any, scanner: Scanner = COURIER) -> BatchAnswer:
        return self.intake.take(device_id, events, scanner)

    def told(self, device_id: str, *events: Any, scanner: Scanner = COURIER) -> list[tuple[str, str | None]]:
        answer = self.take(device_id, *events, scanner=scanner)
        return [(result.result.value, result.code) for result in answer.results]

    def order(self, leg_id: str, number: str, leg: str = "PICKUP", **more: Any) -> None:
        with self.database.write() as session:
            give_case(session, leg_id[:21])
            session.add(leg_row(leg_id, number, leg, **more))

    def leg(self, leg_id: str = LEG) -> LegRow:
        with self.database.read() as session:
            return session.get_one(LegRow, leg_id)

    def count(self, table: type[Base], **of: Any) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table).filter_by(**of)) or 0

    def tasks(self) -> list[TaskRow]:
        with self.database.read() as session:
            return list(session.scalars(select(TaskRow).order_by(TaskRow.opened_at, TaskRow.key)))


def open_desk(database: Database) -> Desk:
    """With one leg and one courier."""
    Base.metadata.create_all(database.engine)
    desk = Desk(database)
    desk.order(LEG, NUMBER)
    with database.write() as session:
        session.add(CourierRow(courier_id="c1", outlet_id="shiyoulu", lat=29.53, lon=106.5))
    return desk


def leg_row(leg_id: str, number: str | None, leg: str = "PICKUP", **more: Any) -> LegRow:
    return LegRow(
        leg_id=leg_id,
        case_no=leg_id[:21],
        handling_no=leg_id[:21],
        leg=leg,
        region="500103",
        tracking_no=number,
        stage="ASSIGNED",
        **{"ordered_at": NOW - timedelta(hours=1), **more},
    )


def scan(kind: str, seq: int, ago_s: float = 60.0, **more: Any) -> dict[str, Any]:
    plain = {
        "eventId": f"event-{seq:04d}-{kind}",
        "deviceSeq": seq,
        "occurredAt": (NOW - timedelta(seconds=ago_s)).isoformat(),
        "kind": kind,
        "code": NUMBER,
        "epoch": 1,
    }
    return {**plain, **more}
