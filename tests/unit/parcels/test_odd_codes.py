"""Codes that are not what they seem: each is kept, said in a word of its own, and holds up no other."""

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import Leg
from logistics.label_code import LabelCode, code_text, is_forged
from parcels.projection import cached, rebuild, state_of
from parcels.scan_intake import ScanIntake, ScanSecrets
from storage.base import Database
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanQuarantineRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import LEG, NUMBER, leg_row, open_desk, scan
from tests.unit.storage.casework import give_case

KEY, OLDER = b"l" * 32, b"o" * 32
OURS = code_text(LabelCode(number=NUMBER, leg=Leg.PICKUP), KEY)
FORGED = OURS[:-1] + ("0" if OURS[-1] != "0" else "1")
NOBODYS = "50010320261123000099X-PICKUP-1"


@pytest.fixture
def desk(tmp_path):
    opened = open_desk(Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER))
    opened.intake = ScanIntake(opened.database, opened.now, lambda: None, ScanSecrets(labels=(KEY, OLDER)))
    yield opened
    opened.database.close()


@pytest.mark.parametrize(
    ("text", "forged"),
    [
        (OURS, False),
        (f"]Q1{OURS}", False),
        (OURS.lower(), False),
        (code_text(LabelCode(number=NUMBER, leg=Leg.PICKUP), OLDER), False),
        (NUMBER, False),
        (LEG, False),
        ("A|B", False),
        (FORGED, True),
        (OURS.replace("PICKUP", "DELIVERY"), True),
        (OURS.replace(NUMBER, "1200000000002"), True),
        (OURS.rpartition("|")[0], True),
        (f"YZ1|{NUMBER}|P|ab12cd34", True),
        (f"YZ1|{NUMBER}", True),
        ("YZ1||PICKUP|0a1b2c3d", True),
        (code_text(LabelCode(number=NUMBER, leg=Leg.PICKUP), b"x" * 32), True),
    ],
)
def test_a_label_is_ours_by_its_seal_alone(text, forged):
    assert is_forged(text, (KEY, OLDER)) is forged


def test_a_label_of_ours_is_a_scan_like_any_other(desk):
    assert desk.told("c1", scan("PICKED_UP", 1, code=OURS)) == [("accepted", None)]
    assert desk.leg().state["picked_up"]["verified"] is True
    assert desk.tasks() == []


def test_a_label_that_we_have_not_sealed_is_kept_proves_nothing_and_a_person_is_asked(desk):
    assert desk.told("c1", scan("PICKED_UP", 1, code=FORGED)) == [("accepted", "LABEL_WRONG")]
    leg = desk.leg()
    assert (leg.stage, leg.state["picked_up"]["verified"]) == ("PICKED_UP", False)
    (task,) = desk.tasks()
    assert (task.kind, task.leg_id, task.data["findings"]) == (TaskKind.DISCREPANCY, LEG, ["LABEL_WRONG"])
    assert desk.told("c1", scan("PICKED_UP", 1, code=FORGED)) == [("duplicate", None)]
    assert rebuild(desk.database) == []


def test_what_is_said_about_a_label_is_ours_to_say(desk):
    """A device can neither accuse its own label nor clear it."""
    said = [scan("EN_ROUTE", 1, labelWrong=True), scan("PICKED_UP", 2, 50, code=FORGED, labelWrong=False)]
    assert desk.told("c1", *said) == [("accepted", None), ("accepted", "LABEL_WRONG")]
    with desk.database.read() as session:
        kept = {row.device_seq: row.payload.get("labelWrong") for row in session.scalars(select(ScanEventRow))}
    assert kept == {1: None, 2: True}


def test_a_forged_label_that_comes_before_its_parcel_is_judged_when_it_is_found(desk):
    early = scan("PICKED_UP", 1, code=FORGED.replace(NUMBER, "1200000000007"))
    assert desk.told("c1", early) == [("accepted", "LABEL_WRONG")]
    desk.order("50010320261123000007X-PICKUP-1", "1200000000007")
    assert desk.intake.attach_loose() == 1
    (task,) = desk.tasks()
    assert task.data["findings"] == ["LABEL_WRONG"]


def test_without_keys_no_label_is_judged(desk):
    desk.intake = ScanIntake(desk.database, desk.now, lambda: None)
    assert desk.told("c1", scan("PICKED_UP", 1, code=FORGED)) == [("accepted", None)]


@pytest.mark.parametrize("kind", ["PICKED_UP", "DAMAGED", "LOST", "RETURNING", "DELIVERED"])
def test_a_parcel_whose_case_nobody_knows_holds_up_no_other(desk, kind):
    with desk.database.write() as session:
        session.add(leg_row(NOBODYS, "1200000000099"))
    papers = [{"name": "户口簿", "form": "original", "count": 0}]
    odd = scan(kind, 2, 50, code="1200000000099", manifest=papers)
    told = desk.told("c1", scan("EN_ROUTE", 1), odd, scan("PICKED_UP", 3, 40))
    assert [told[0], told[2]] == [("accepted", None)] * 2
    assert told[1][0] in ("accepted", "rejected")
    with desk.database.write() as session:
        give_case(session, NOBODYS[:21])
    answer = desk.take("c1", odd)  # as a device does that has not been told that it is stored
    assert answer.results[0].result in ("accepted", "duplicate")
    assert (answer.watermark, desk.count(ScanEventRow)) == (3, 3)


def test_a_scan_from_which_nothing_can_follow_waits_and_somebody_is_told(desk, monkeypatch):
    spoilt, real = scan("PICKED_UP", 2, 50), desk.intake._projected

    def projected(session, leg_ids):
        session.flush()
        if session.scalar(select(ScanEventRow).filter_by(said_id=spoilt["eventId"])) is not None:
            raise ValueError("a fault of ours")
        return real(session, leg_ids)

    monkeypatch.setattr(desk.intake, "_projected", projected)
    batch = (scan("EN_ROUTE", 1), spoilt, scan("AT_OUTLET", 3, 40))
    for _ in range(2):  # a device that comes again opens no second task
        answer = desk.take("c1", *batch)
        assert [(one.result, one.code, one.retryable) for one in answer.results][1] == ("rejected", "FAULT", True)
        assert answer.watermark == 1
    assert {result for result, _ in desk.told("c1", batch[0], batch[2])} == {"duplicate"}
    with desk.database.read() as session:
        (kept,) = session.scalars(select(ScanQuarantineRow))
        assert (kept.reason, kept.payload["eventId"]) == ("FAULT", spoilt["eventId"])
        state = state_of(session, session.get_one(LegRow, LEG))
    assert cached(state)["stage"] == "AT_OUTLET"
    assert [task.kind for task in desk.tasks()] == [TaskKind.SCANS_SET_ASIDE]
    monkeypatch.undo()
    assert desk.told("c1", spoilt) == [("accepted", None)]
    assert desk.take("c1").watermark == 3
