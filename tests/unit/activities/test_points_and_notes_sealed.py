"""Where somebody lives, what a courier saw there, what people say about it: in no file of the database in clear."""

import struct
from datetime import timedelta

from sqlalchemy import select

from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from storage.parcels.legs import CourierRow, LegRow
from storage.parcels.scans import ScanEventRow
from storage.parcels.suspensions import SuspensionRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.activities.post_office import TEN, PostOffice
from tests.unit.storage.casework import CASE

DOOR = (29.5412345678, 106.5187654321)
NOTE, REASON, WHY = "狗很凶请先打电话", "老人住院由女儿代收", "大坪正街发洪水"


def written(folder):
    """Every byte of the database's files, journal and all."""
    files = list(folder.glob("kuayu.db*"))
    assert any(file.name.endswith("-wal") for file in files)
    return b"".join(file.read_bytes() for file in files)


def traces(value):
    """How a number could lie there: as text, or as a float of either order."""
    said = (f"{value:.{digits}f}".rstrip("0").encode() for digits in (6, 8, 10))
    return {*said, struct.pack(">d", value), struct.pack("<d", value)}


def test_points_notes_and_reasons_lie_nowhere_in_clear(tmp_path):
    office = PostOffice(tmp_path)
    leg_id = office.order(door=DOOR)
    office.scan(leg_id, "EN_ROUTE", 5, note=NOTE)
    office.hear(office.leg(leg_id).courier_id)
    with office.database.write() as session:
        data = {"by": "supervisor", "reason": REASON}
        task_id = open_task(session, key="k", kind=TaskKind.REMINDED, now=TEN, case_no=CASE, data=data)
        task = session.get_one(TaskRow, task_id)
        task.resolved_at, task.outcome, task.resolved_by, task.reason = TEN, TaskOutcome.ACKNOWLEDGE, "clerk", REASON
        session.add(SuspensionRow(from_at=TEN, to_at=TEN + timedelta(hours=1), declared_at=TEN, reason=WHY, by="s"))
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        assert (leg.lat, leg.lon) == DOOR
        assert leg.distance_m is not None and leg.outlet_id is not None
        seen = session.get_one(CourierRow, leg.courier_id)
        assert (seen.lat, seen.lon) == DOOR
        payload = session.scalars(select(ScanEventRow.payload).filter_by(kind="EN_ROUTE")).one()
        assert payload["note"] == NOTE and payload["gps"]["lat"] == DOOR[0]
        assert session.scalars(select(SuspensionRow.reason)).one() == WHY
        assert session.get_one(TaskRow, task_id).reason == REASON
        assert session.get_one(TaskRow, task_id).data["reason"] == REASON
    kept = written(tmp_path)
    for words in (NOTE, REASON, WHY):
        assert words.encode() not in kept
        assert words.encode("unicode_escape") not in kept
    for value in DOOR:
        assert [trace for trace in traces(value) if trace in kept] == []
    assert leg_id.encode() in kept, "the files are looked at after something was written"
    office.database.close()
