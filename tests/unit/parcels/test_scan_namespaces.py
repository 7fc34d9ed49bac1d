"""Whatever one device says, it can't take the place of another sender: not ours, not a hand-over's, not a device's."""

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import MaterialForm, ParcelStage
from logistics.scans import PaperLine
from parcels.device_watermark import heard_at
from parcels.handover import CARRIER, HALL, HandoverSaid, Side, confirm
from parcels.own_entries import say
from parcels.projection import rebuild
from storage.base import Database
from storage.parcels.legs import CourierRow, lock_leg
from storage.parcels.scans import ScanEventRow, ScanQuarantineRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import LEG, NOW, NUMBER, SUPERVISOR, open_desk, scan


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    yield open_desk(database)
    database.close()


def hand_over(desk, leg_id=LEG, to_party=CARRIER):
    with desk.database.write() as session:
        leg = lock_leg(session, leg_id)
        for side in Side:
            said = HandoverSaid(
                side=side, from_party=HALL, to_party=to_party, by=f"somebody-{side}", seal_no="YZ0000001"
            )
            done = confirm(session, leg, said, NOW)
    return done


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_junk_under_our_own_device_does_not_stop_the_end_of_a_leg(desk, seq):
    for device in (f"kuayu-{LEG}", "kuayu"):
        junk = [
            scan("LOST", seq, code="JUNK", eventId=f"own-{LEG}-1-CANCELLED"),
            scan("LOST", seq + 1, code="JUNK", eventId=f"own-{LEG}-1-RETURNED"),
        ]
        assert {result for result, _ in desk.told(device, *junk)} == {"accepted"}
    for _ in range(2):
        with desk.database.write() as session:
            say(session, lock_leg(session, LEG), ParcelStage.CANCELLED, NOW, NOW)
    assert desk.leg().stage == "CANCELLED"
    assert desk.count(ScanEventRow, source="own") == 1
    assert rebuild(desk.database) == []


def test_an_id_claimed_first_does_not_stop_a_hand_over(desk):
    for number in range(1, 5):
        claimed = scan("LOST", number, code="JUNK", eventId=f"handover-{LEG}-{number}")
        desk.take(f"handover-{LEG}", claimed)
        desk.take("d9", claimed)
    assert hand_over(desk).holder == CARRIER
    assert hand_over(desk, to_party="c1").holder == "c1"
    assert rebuild(desk.database) == []


def test_a_device_cannot_say_a_hand_over(desk):
    forged = scan("IN_TRANSIT", 1, fromParty="hall", toParty="boss")
    assert desk.told(f"handover-{LEG}", forged) == [("accepted", None)]
    assert desk.leg().state["holder"] == "courier"


def test_a_device_with_the_name_of_a_hand_over_holds_up_no_promise(desk):
    hand_over(desk, to_party="c1")
    desk.take(f"handover-{LEG}", scan("LOST", 9, code="JUNK"))
    with desk.database.read() as session:
        assert heard_at(session, session.get_one(CourierRow, "c1"), LEG) is None


def test_junk_under_anothers_next_number_is_evidence_and_a_persons_matter(desk):
    honest = scan("PICKED_UP", 2)
    desk.take("c1", scan("EN_ROUTE", 1, 900))
    desk.take("c1", scan("LOST", 2, code="JUNK", eventId="event-junk"))
    for _ in range(3):
        assert desk.told("c1", honest) == [("conflict", "SEQUENCE_USED")]
    assert desk.told("c1", {**honest, "occurredAt": NOW.isoformat()}) == [("conflict", "SEQUENCE_USED")]
    assert desk.count(ScanQuarantineRow, event_id=honest["eventId"]) == 2
    (task,) = desk.tasks()
    assert (task.kind, task.owner) == (TaskKind.SCANS_SET_ASIDE, "outlet")
    assert task.data == {"deviceId": "c1", "day": "2026-11-23", "count": 2}
    assert desk.told("c1", {**honest, "deviceSeq": 3}) == [("accepted", None)]
    assert desk.leg().stage == "PICKED_UP"


def test_a_matter_that_goes_on_after_it_was_resolved_is_a_new_task(desk):
    desk.take("c1", scan("EN_ROUTE", 1), scan("PICKED_UP", 1), scan("AT_OUTLET", 1, code="X"))
    with desk.database.write() as session:
        task = session.merge(desk.tasks()[0])
        task.resolved_at = NOW
    desk.take("c1", scan("DELIVERED", 1))
    desk.take("C1", scan("DELIVERED", 1), scan("LOST", 1))
    assert sorted((task.data["deviceId"], task.data["count"]) for task in desk.tasks()) == [
        *(("C1", 1), ("c1", 1), ("c1", 2)),
    ]


def test_a_supervisor_takes_back_what_another_device_said(desk):
    desk.take("c2", scan("LOST", 1, code="JUNK", eventId="event-picked"))
    desk.take("c1", scan("PICKED_UP", 1, eventId="event-picked"))
    void = scan("VOID", 1, 10, voids="event-picked", eventId="event-void-1")
    assert desk.told("desk", void, scanner=SUPERVISOR) == [("accepted", None)]
    assert desk.leg().stage == "ORDERED"
    with desk.database.read() as session:
        voided = select(ScanEventRow.voids_id).filter_by(said_id="event-void-1").scalar_subquery()
        assert session.scalars(select(ScanEventRow.device_id).filter_by(event_id=voided)).one() == "c1"


def test_an_id_said_first_on_the_same_parcel_shields_nobody(desk):
    """The first correction takes back the first with that id, the next one the next."""
    desk.take("c2", scan("AT_OUTLET", 1, 500, eventId="event-same"))
    desk.clock[0] = NOW.replace(minute=1)
    desk.take("c1", scan("PICKED_UP", 1, 600, eventId="event-same"))
    for number in (1, 2):
        void = scan("VOID", number, 10, voids="event-same", eventId=f"event-void-{number}")
        assert desk.told("desk", void, scanner=SUPERVISOR) == [("accepted", None)]
    assert desk.leg().stage == "ORDERED"
    assert desk.leg().state["holder"] is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_correction_may_come_before_what_it_corrects(desk, order):
    events = [scan("PICKED_UP", 1, eventId="event-picked"), scan("VOID", 2, 10, voids="event-picked")]
    for place in order:
        assert desk.told("c1", events[place]) == [("accepted", None)]
    assert desk.leg().stage == "ORDERED"
    assert rebuild(desk.database) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_supervisors_correction_may_come_before_another_devices_scan(desk, order):
    takes = [
        lambda: desk.told("c1", scan("PICKED_UP", 1, eventId="event-picked")),
        lambda: desk.told("desk", scan("VOID", 1, 10, voids="event-picked"), scanner=SUPERVISOR),
    ]
    for place in order:
        assert takes[place]() == [("accepted", None)]
    assert desk.leg().stage == "ORDERED"


def test_a_couriers_early_correction_never_means_another_device(desk):
    assert desk.told("c2", scan("VOID", 1, 10, voids="event-picked")) == [("accepted", None)]
    desk.take("c1", scan("PICKED_UP", 1, eventId="event-picked"))
    assert desk.leg().stage == "PICKED_UP"


def test_a_number_that_an_authority_names_takes_no_scan_from_the_parcel_that_has_it(desk):
    """RESULT_SENT with the number of another's pickup, under way or over."""
    desk.order("50010320261123000002X-BACK-1", NUMBER, "BACK", ordered_at=NOW)
    assert desk.told("c1", scan("PICKED_UP", 1)) == [("accepted", None)]
    assert desk.leg().stage == "PICKED_UP"
    with desk.database.write() as session:
        lock_leg(session, LEG).ended_at = NOW
    desk.take("c1", scan("AT_OUTLET", 2, 30))
    assert desk.leg().stage == "AT_OUTLET"
    assert desk.leg("50010320261123000002X-BACK-1").stage == "ASSIGNED"


def test_a_seal_longer_than_a_label_spoils_its_line_only(desk):
    lines = [scan("EN_ROUTE", 1), scan("PICKED_UP", 2, sealNo="S" * 40), scan("PICKED_UP", 3, code="ß" * 40)]
    assert desk.told("c1", *lines, scan("PICKED_UP", 4)) == [
        *(("accepted", None), ("rejected", "FORM:sealNo"), ("rejected", "FORM:code"), ("accepted", None)),
    ]


def test_papers_of_a_hand_over_are_compared_as_before(desk):
    line = PaperLine(name="户口簿", form=MaterialForm.ORIGINAL, count=1)
    with desk.database.write() as session:
        leg = lock_leg(session, LEG)
        given = HandoverSaid(side=Side.FROM, from_party=HALL, to_party="c1", by="a", manifest=(line,))
        confirm(session, leg, given, NOW)
        taken = HandoverSaid(side=Side.TO, from_party=HALL, to_party="c1", by="b", manifest=())
        assert confirm(session, leg, taken, NOW).confirmed
    assert [task.kind for task in desk.tasks()] == [TaskKind.DISCREPANCY]
