"""Hand-over codes: another one per leg and attempt, judged on upload, never kept, never silently fine."""

import json

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from parcels.scan_intake import ScanIntake, ScanSecrets
from storage.base import Database
from storage.parcels.code_checks import CodeCheckRow, Handing, HandoverKeys, asks_code, at_hall, code_of, digits_of
from storage.parcels.scans import ScanEventRow, ScanQuarantineRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import LEG, NUMBER, leg_row, open_desk, scan

CASE = LEG[:21]
KEY = b"k" * 32
KEYS = HandoverKeys(b"t" * 32, lambda _session, case_no: KEY if case_no == CASE else b"")
RIGHT, NEXT = code_of(KEY, Handing(CASE, LEG, 1)), code_of(KEY, Handing(CASE, LEG, 2))
WRONG = f"{(int(RIGHT) + 1) % 10**6:06}"


@pytest.fixture
def desk(tmp_path):
    opened = open_desk(Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER))
    opened.intake = ScanIntake(opened.database, opened.now, lambda: None, ScanSecrets(handover=KEYS))
    return opened


def checks(desk):
    with desk.database.read() as session:
        return {row.event_id: row for row in session.scalars(select(CodeCheckRow))}


def verdicts(desk):
    return sorted((row.verdict, row.doubted) for row in checks(desk).values())


def tasks(desk):
    return [task for task in desk.tasks() if task.kind == TaskKind.CODE_WRONG]


def pickup(seq, code, ago_s=60.0, **more):
    return scan("PICKED_UP", seq, ago_s, handoverCode=code, **more)


def test_a_code_belongs_to_its_leg_and_attempt():
    others = [
        code_of(KEY, Handing(CASE, LEG + "2", 1)),
        code_of(KEY, at_hall(LEG[:21], 1)),
        code_of(b"j" * 32, Handing(CASE, LEG, 1)),
    ]
    assert len({RIGHT, NEXT, *others}) == 5
    assert len(RIGHT) == 6
    assert RIGHT.isdecimal()
    assert digits_of(" １２３-456 ") == "123456"


def test_who_says_a_code():
    assert asks_code(leg_row("L-PICKUP-1", NUMBER))
    assert asks_code(leg_row("L-DELIVERY-1", NUMBER, "DELIVERY", sign_self=True))
    assert not asks_code(leg_row("L-DELIVERY-1", NUMBER, "DELIVERY", sign_self=False))
    assert not asks_code(leg_row("L-FORWARD-1", NUMBER, "FORWARD"))


def test_the_right_code_is_simply_accepted(desk):
    spaced = f"{RIGHT[:3]} {RIGHT[3:]}"
    assert desk.told("c1", pickup(1, spaced)) == [("accepted", None)]
    assert verdicts(desk) == [("RIGHT", False)]
    assert tasks(desk) == []
    assert desk.leg().stage == "PICKED_UP"


def test_a_wrong_code_keeps_the_scan_and_asks_a_person(desk):
    assert desk.told("c1", pickup(1, WRONG)) == [("accepted", "CODE_WRONG")]
    leg = desk.leg()
    assert leg.stage == "PICKED_UP"  # the parcel is held all the same
    assert leg.state["picked_up"]["verified"] is False  # and nothing is proved
    (task,) = tasks(desk)
    assert (task.owner, task.leg_id, task.resolved_at) == ("clerk", LEG, None)


def test_the_right_code_afterwards_settles_it(desk):
    desk.take("c1", pickup(1, WRONG, 300))
    assert desk.told("c1", pickup(2, RIGHT, 100)) == [("accepted", None)]
    assert verdicts(desk) == [("RIGHT", False), ("WRONG", False)]
    (task,) = tasks(desk)
    assert task.resolved_at is not None


def test_after_five_wrong_ones_no_code_counts(desk):
    for seq in range(1, 6):
        desk.take("c1", pickup(seq, WRONG, 600 - 70 * seq))
    assert desk.told("c1", pickup(6, RIGHT, 10)) == [("accepted", "CODE_WRONG")]
    assert verdicts(desk)[0] == ("TOO_MANY", True)


def test_a_failed_attempt_has_used_the_code_up(desk):
    desk.take("c1", scan("PICKUP_FAILED", 1, 600, note="NOBODY_HOME"))
    assert desk.leg().epoch == 2
    assert desk.told("c1", pickup(2, RIGHT, 60, epoch=None)) == [("accepted", "CODE_WRONG")]
    assert desk.told("c1", pickup(3, NEXT, 50, epoch=None))[0][1] != "CODE_WRONG"


def test_what_was_typed_is_kept_nowhere(desk):
    desk.take("c1", pickup(1, RIGHT), {"eventId": "out-of-form", "deviceSeq": 2, "handoverCode": RIGHT})
    with desk.database.read() as session:
        for table in (ScanEventRow.__table__, CodeCheckRow.__table__, ScanQuarantineRow.__table__):
            rows = [dict(row._mapping) for row in session.execute(select(table))]
            assert RIGHT not in json.dumps(rows, default=str)
    assert [row.typed_mac for row in checks(desk).values()] == [""]


def test_sent_again_it_is_judged_once(desk):
    desk.take("c1", pickup(1, WRONG))
    assert desk.told("c1", pickup(1, WRONG)) == [("duplicate", None)]
    assert desk.told("c1", pickup(1, RIGHT)) == [("conflict", "CHANGED")]
    assert verdicts(desk) == [("WRONG", True)]


@pytest.mark.parametrize(("number", "right"), [("1200000000099", True), ("1200000000098", False)])
def test_a_scan_before_its_leg_is_judged_when_the_leg_comes(desk, number, right):
    late = LEG.replace("PICKUP-1", "PICKUP-2")
    code = code_of(KEY, Handing(CASE, late, 1)) if right else WRONG
    assert desk.told("c1", scan("PICKED_UP", 1, code=number, handoverCode=code)) == [("accepted", "UNKNOWN_PARCEL")]
    assert verdicts(desk) == [("WAITING", False)]
    with desk.database.write() as session:
        session.add(leg_row(late, number))
    assert desk.intake.attach_loose() == 1
    assert verdicts(desk) == [("RIGHT", False) if right else ("WRONG", True)]
    assert len(tasks(desk)) == (0 if right else 1)


def test_a_reason_instead_of_a_code_is_enough(desk):
    assert desk.told("c1", scan("PICKED_UP", 1, noCode="ID_SEEN")) == [("accepted", None)]
    assert desk.told("c1", scan("AT_OUTLET", 2, noCode="BECAUSE")) == [("rejected", "FORM:noCode")]
    assert checks(desk) == {}
