"""Batches of scans against a real database: what is stored, what is answered, what the workflow is to hear."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from domain.terms import ParcelStage, Role, ScanSource
from parcels.own_entries import say
from parcels.projection import cached, rebuild, state_of
from parcels.scan_batch import Scanner
from parcels.scan_intake import ScanIntake
from storage.base import Base, Database
from storage.documents.store import DocumentRow
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from storage.parcels.scans import ScanEventRow, ScanProofRow, ScanQuarantineRow, log_id
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.sealing import SEALER
from tests.unit.storage.casework import give_case

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COURIER = Scanner(username="courier", role=Role.COURIER)
CLERK = Scanner(username="clerk", role=Role.CLERK, serves_hall=True)
DOOR = (29.5400, 106.5100)
LEG = "50010320261123000001X-PICKUP-1"
NUMBER = "1200000000001"
PAPERS = [{"name": "户口簿", "form": "original", "count": 1}]


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        give_case(session, LEG[:21])
        session.add(leg_row(LEG, NUMBER))
        for courier_id in ("c1", "c2"):
            session.add(CourierRow(courier_id=courier_id, outlet_id="shiyoulu", lat=29.53, lon=106.5))
    yield database
    database.close()


def leg_row(leg_id, number, leg="PICKUP", courier="c1"):
    return LegRow(
        leg_id=leg_id,
        case_no=leg_id[:21],
        handling_no=leg_id[:21],
        leg=leg,
        region="500103",
        tracking_no=number,
        stage="ASSIGNED",
        manifest=PAPERS,
        lat=DOOR[0],
        lon=DOOR[1],
        outlet_id="shiyoulu",
        courier_id=courier,
        ordered_at=NOW - timedelta(hours=1),
    )


@pytest.fixture
def kicks():
    return []


@pytest.fixture
def intake(database, clock, kicks):
    return ScanIntake(database, clock, lambda: kicks.append(1))


def scan(kind, seq, ago_s=60.0, **more):
    plain = {
        "eventId": f"event-{seq:04d}-{kind}",
        "deviceSeq": seq,
        "occurredAt": (NOW - timedelta(seconds=ago_s)).isoformat(),
        "kind": kind,
        "code": NUMBER,
        "epoch": 1,
        "gps": {"lat": DOOR[0], "lon": DOOR[1], "accuracyM": 10, "datum": "WGS-84"},
    }
    return {**plain, **more}


def way():
    return [
        scan("EN_ROUTE", 1, 900),
        scan("ARRIVED_DOOR", 2, 600),
        scan("PICKED_UP", 3, 500, manifest=PAPERS, sealNo="YZ0000001"),
        scan("DELIVERED", 4, 100, signerKind="hall"),
    ]


def results(answer):
    return [(result.result.value, result.code) for result in answer.results]


def count(database, table):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def told(database, leg_id=LEG):
    with database.read() as session:
        query = select(UpdateRow.update_id).filter_by(workflow_id=f"leg-{leg_id}").order_by(UpdateRow.id)
        return [update_id.removeprefix(f"{leg_id}-") for update_id in session.scalars(query)]


def leg_of(database, leg_id=LEG):
    with database.read() as session:
        return session.get(LegRow, leg_id)


def test_a_batch_is_stored_projected_and_told(database, intake, kicks):
    answer = intake.take("c1", way(), COURIER)
    assert results(answer) == [("accepted", None)] * 4
    assert (answer.watermark, answer.serverTime) == (4, NOW)
    leg = leg_of(database)
    assert (leg.stage, leg.seal_no, leg.epoch) == ("DELIVERED", "YZ0000001", 1)
    assert leg.arrived_at == NOW - timedelta(seconds=600)
    assert told(database) == ["1-EN_ROUTE", "1-ARRIVED_DOOR", "1-PICKED_UP", "1-DELIVERED"]
    assert kicks


def test_a_replay_changes_nothing_and_says_duplicate(database, intake, kicks):
    intake.take("c1", way(), COURIER)
    kicks.clear()
    answer = intake.take("c1", way(), COURIER)
    assert results(answer) == [("duplicate", None)] * 4
    assert answer.watermark == 4
    assert (count(database, ScanEventRow), count(database, UpdateRow)) == (4, 4)
    assert not kicks


def test_any_order_and_any_cut_come_to_the_same(database, intake):
    shuffled = [way()[i] for i in (3, 1, 0, 2)]
    intake.take("c1", shuffled[:2], COURIER)
    intake.take("c1", shuffled[1:], COURIER)
    assert leg_of(database).stage == "DELIVERED"
    assert sorted(told(database)) == ["1-ARRIVED_DOOR", "1-DELIVERED", "1-EN_ROUTE", "1-PICKED_UP"]
    assert rebuild(database) == []


def test_the_watermark_waits_for_the_gap(intake):
    first, second, third, fourth = way()
    assert intake.take("c1", [first, fourth], COURIER).watermark == 1
    assert intake.take("c1", [third], COURIER).watermark == 1
    assert intake.take("c1", [second], COURIER).watermark == 4


def test_a_changed_duplicate_is_a_conflict_and_kept_aside(database, intake):
    intake.take("c1", way(), COURIER)
    changed = scan("PICKED_UP", 3, 499)
    for _ in range(2):
        assert results(intake.take("c1", [changed], COURIER)) == [("conflict", "CHANGED")]
    assert count(database, ScanQuarantineRow) == 1
    assert leg_of(database).stage == "DELIVERED"


def test_a_sequence_names_one_event_only(database, intake):
    intake.take("c1", way(), COURIER)
    answer = intake.take("c1", [scan("LOST", 4)], COURIER)
    assert results(answer) == [("conflict", "SEQUENCE_USED")]
    assert results(intake.take("c2", [scan("AT_OUTLET", 4)], COURIER)) == [("accepted", None)]


def test_a_sequence_names_one_event_within_a_batch_too(database, intake):
    answer = intake.take("c1", [scan("EN_ROUTE", 1), scan("LOST", 1), scan("ARRIVED_DOOR", 2)], COURIER)
    assert results(answer) == [("accepted", None), ("conflict", "SEQUENCE_USED"), ("accepted", None)]
    assert told(database) == ["1-EN_ROUTE", "1-ARRIVED_DOOR"]


def test_an_id_said_twice_in_a_batch_is_a_duplicate_and_changed_a_conflict(database, intake):
    said = scan("EN_ROUTE", 1)
    answer = intake.take("c1", [said, said, scan("LOST", 2, eventId=said["eventId"])], COURIER)
    assert results(answer) == [("accepted", None), ("duplicate", None), ("conflict", "CHANGED")]
    assert told(database) == ["1-EN_ROUTE"]


def test_an_id_that_another_device_said_first_shuts_nobody_out(database, intake):
    claimed = [scan("LOST", 1, eventId="event-0003-PICKED_UP", code="JUNK")]
    intake.take("c2", claimed, COURIER)
    assert results(intake.take("c1", way(), COURIER)) == [("accepted", None)] * 4
    assert results(intake.take("c1", way(), COURIER)) == [("duplicate", None)] * 4
    assert results(intake.take("c2", claimed, COURIER)) == [("duplicate", None)]
    assert leg_of(database).stage == "DELIVERED"


def test_a_bad_event_spoils_no_other_and_the_device_may_go_on(database, intake):
    bad = scan("FLOWN", 2)
    answer = intake.take("c1", [way()[0], bad, way()[2]], COURIER)
    assert results(answer) == [("accepted", None), ("rejected", "FORM:kind"), ("accepted", None)]
    assert answer.watermark == 3
    assert count(database, ScanQuarantineRow) == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("eventId", "x"),
        ("eventId", None),
        ("deviceSeq", -1),
        ("deviceSeq", True),
        ("deviceSeq", "7"),
        ("deviceSeq", 2**60),
        ("occurredAt", 1_700_000_000),
        ("occurredAt", "yesterday"),
        ("occurredAt", "２０２６-11-23T00:00:00Z"),
        ("monoMs", -1),
        ("monoMs", 10**15),
        ("epoch", 0),
        ("code", ""),
        ("code", "x" * 65),
        ("gps", {"lat": 91, "lon": 0, "accuracyM": 1, "datum": "WGS-84"}),
        ("gps", {"lat": 29, "lon": 106, "accuracyM": 1}),
        ("gps", {"lat": 29, "lon": 106, "accuracyM": 1, "datum": "GCJ"}),
        ("manifest", [{"name": "x", "form": "paper", "count": 1}]),
        ("manifest", [{"name": "x", "form": "copy", "count": "1"}]),
        ("proofs", ["ABC"]),
        ("signerKind", "neighbour"),
        ("note", "\x00"),
        ("voids", "event-0001-X"),
    ],
)
def test_out_of_form(intake, database, member, value):
    event = {**scan("PICKED_UP", 1), member: value}
    answer = intake.take("c1", [event], COURIER)
    assert answer.results[0].result == "rejected"
    assert answer.results[0].code.startswith(f"FORM:{member}")
    assert count(database, ScanEventRow) == 0


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ({**scan("FLOWN", 1)}, {**scan("FLOWN", 1)}),
        ({"note": "\x00"}, {"raw": '{"note": "\\u0000"}'}),
        ("x" * 5000, {"raw": '"' + "x" * 3999}),
    ],
)
def test_what_is_out_of_form_is_kept_as_any_database_can(database, intake, event, kept):
    intake.take("c1", [event], COURIER)
    with database.read() as session:
        assert session.scalars(select(ScanQuarantineRow.payload)).one() == kept


@pytest.mark.parametrize("event", [None, [], "x", 7, {}])
def test_what_is_no_event_at_all(intake, event):
    assert intake.take("c1", [event], COURIER).results[0].result == "rejected"


def test_scan_beats_assignment(database, intake):
    intake.take("c2", [scan("PICKED_UP", 1)], COURIER)
    assert leg_of(database).courier_id == "c2"
    with database.read() as session:
        assignment = session.scalars(select(AssignmentRow)).one()
        assert (assignment.courier_id, assignment.reason, assignment.active) == ("c2", "SCAN", True)
        assert session.get(CourierRow, "c2").lat == pytest.approx(DOOR[0])


def test_who_scans_is_at_work(database, intake):
    with database.write() as session:
        session.get(CourierRow, "c1").on_duty = False
    intake.take("c1", way(), COURIER)
    intake.take("c1", way(), COURIER)
    with database.read() as session:
        assert session.get(CourierRow, "c1").on_duty


def test_a_courier_stands_where_the_latest_scan_was_made(database, intake):
    def standing():
        with database.read() as session:
            courier = session.get(CourierRow, "c2")
            return courier.lat, courier.seen_at

    def at(lat):
        return {"gps": {"lat": lat, "lon": DOOR[1], "accuracyM": 10, "datum": "WGS-84"}}

    intake.take("c2", [scan("EN_ROUTE", 1, 60, **at(29.511)), scan("ARRIVED_DOOR", 2, 600, **at(29.512))], COURIER)
    assert standing() == (pytest.approx(29.511), NOW - timedelta(seconds=60))
    intake.take("c2", [scan("PICKED_UP", 3, 300, **at(29.513))], COURIER)
    assert standing() == (pytest.approx(29.511), NOW - timedelta(seconds=60))
    intake.take("c2", [scan("AT_OUTLET", 4, 30, **at(29.514))], COURIER)
    assert standing() == (pytest.approx(29.514), NOW - timedelta(seconds=30))


def test_a_double_scan_is_stored_without_effect(database, intake):
    intake.take("c1", way()[:3], COURIER)
    again = scan("PICKED_UP", 5, 490)
    assert results(intake.take("c1", [again], COURIER)) == [("accepted", "REPEAT")]
    assert told(database).count("1-PICKED_UP") == 1


def test_a_scan_before_its_leg_finds_it_later(database, intake):
    early = scan("PICKED_UP", 1, code=" ea12345678 5cn ")
    assert results(intake.take("c1", [early], COURIER)) == [("accepted", "UNKNOWN_PARCEL")]
    assert intake.attach_loose() == 0
    with database.write() as session:
        session.add(leg_row("50010320261123000002X-FORWARD-1", "EA123456785CN", "FORWARD"))
    assert intake.attach_loose() == 1
    assert told(database, "50010320261123000002X-FORWARD-1") == ["1-PICKED_UP"]
    assert intake.attach_loose() == 0


def test_our_qr_code_is_read(database, intake):
    assert results(intake.take("c1", [scan("PICKED_UP", 1, code=f"YZ1|{NUMBER}|P|ab12cd34")], COURIER)) == [
        ("accepted", None)
    ]


def test_a_proof_counts_when_it_has_come(database, intake):
    arrived = scan("ARRIVED_DOOR", 1, proofs=["a" * 64])
    intake.take("c1", [arrived], COURIER)
    assert told(database) == []
    assert intake.note_proofs() == 0
    upload(database, "a" * 64)
    assert intake.note_proofs() == 1
    assert told(database) == ["1-ARRIVED_DOOR"]
    with database.read() as session:
        assert session.scalars(select(ScanProofRow)).one().uploaded_at == NOW


def upload(database, sha256):
    with database.write() as session:
        session.add(DocumentRow(sha256=sha256, media_type="image/png", size=1, stored_at=NOW))


def test_a_proof_that_never_comes_is_a_task_once(database, intake, clock):
    intake.take("c1", [scan("ARRIVED_DOOR", 1, proofs=["a" * 64])], COURIER)
    assert intake.miss_proofs() == 0
    clock.now += timedelta(hours=25)
    assert (intake.miss_proofs(), intake.miss_proofs()) == (1, 0)
    with database.read() as session:
        task = session.scalars(select(TaskRow)).one()
        assert (task.leg_id, task.case_no, task.data["proofs"]) == (LEG, LEG[:21], ["a" * 64])
    upload(database, "a" * 64)
    assert intake.note_proofs() == 1
    with database.read() as session:
        assert session.scalars(select(TaskRow)).one().resolved_at == clock.now


@pytest.mark.parametrize("serves", [True, False])
@pytest.mark.parametrize("role", [Role.CLERK, Role.OUTLET])
def test_only_who_serves_the_hall_checks(intake, role, serves):
    scanner = Scanner(username="somebody", role=role, serves_hall=serves)
    answer = intake.take("hall", [scan("HALL_CHECKED", 1, manifest=PAPERS)], scanner)
    assert results(answer) == [("accepted", None) if serves else ("rejected", "ROLE")]


@pytest.mark.parametrize("device", ["c1", "anything"])
def test_a_courier_who_is_one_in_particular_scans_as_himself_whatever_his_device_says(database, intake, device):
    scanner = Scanner(username="wangmin", role=Role.COURIER, courier_id="c2")
    intake.take(device, [scan("EN_ROUTE", 1)], scanner)
    with database.read() as session:
        row = session.scalars(select(ScanEventRow)).one()
        assert (row.actor, row.login, row.device_id) == ("c2", "wangmin", device)
        assert session.get(CourierRow, "c2").on_duty


@pytest.mark.parametrize("role", [Role.COURIER, Role.OUTLET])
def test_the_name_of_a_login_makes_nobody_a_courier(database, intake, role):
    intake.take("phone", [scan("PICKED_UP", 1)], Scanner(username="c2", role=role))
    with database.read() as session:
        assert session.scalars(select(ScanEventRow.actor)).one() == "@c2"
        assert session.get(CourierRow, "c2").seen_at is None
    assert leg_of(database).courier_id == "c1"


def test_the_hall_finds_a_paper_missing(database, intake):
    intake.take("c1", way(), COURIER)
    intake.take("hall", [scan("HALL_CHECKED", 1, 50, manifest=[])], CLERK)
    with database.read() as session:
        update = session.scalar(select(UpdateRow).filter_by(update_id=f"{LEG}-1-HALL_CHECKED"))
        assert update.argument["discrepancy"] is True


def test_a_courier_takes_back_only_what_the_device_said(database, intake):
    intake.take("c1", way()[:3], COURIER)
    void = scan("VOID", 9, 10, voids="event-0003-PICKED_UP")
    assert results(intake.take("c2", [void], COURIER)) == [("rejected", "ROLE")]
    assert results(intake.take("c1", [{**void, "eventId": "event-void"}], COURIER)) == [("accepted", None)]
    assert leg_of(database).stage == "ARRIVED_DOOR"


def test_undelivering_waits_for_the_supervisor(database, intake):
    intake.take("c1", way(), COURIER)
    void = scan("VOID", 5, 10, voids="event-0004-DELIVERED")
    assert results(intake.take("c1", [void], COURIER)) == [("accepted", "VOID_PENDING")]
    assert leg_of(database).stage == "DELIVERED"
    second = scan("VOID", 1, 5, voids="event-0004-DELIVERED", eventId="event-second")
    supervisor = Scanner(username="supervisor", role=Role.SUPERVISOR, serves_hall=True)
    assert results(intake.take("desk", [second], supervisor)) == [("accepted", None)]
    assert leg_of(database).stage == "PICKED_UP"


def test_a_failed_attempt_opens_the_next_epoch(database, intake):
    intake.take("c1", [scan("EN_ROUTE", 1, 900), scan("ARRIVED_DOOR", 2, 600), scan("PICKUP_FAILED", 3, 500)], COURIER)
    leg = leg_of(database)
    assert (leg.stage, leg.epoch) == ("PICKUP_FAILED", 2)
    intake.take("c1", [scan("EN_ROUTE", 4, 400, epoch=2)], COURIER)
    assert told(database)[-2:] == ["1-PICKUP_FAILED", "2-EN_ROUTE"]


def test_a_clock_ahead_is_kept_and_proves_nothing(database, intake):
    future = scan("ARRIVED_DOOR", 1, -600)
    assert results(intake.take("c1", [future], COURIER)) == [("accepted", "CLOCK_SUSPECT")]
    with database.read() as session:
        row = session.scalars(select(ScanEventRow).filter_by(said_id=future["eventId"])).one()
        assert (row.occurred_at, row.corrected_at) == (NOW + timedelta(minutes=10), NOW)
    assert told(database) == []


def test_a_late_upload_keeps_its_own_time(database, intake, clock):
    clock.now = NOW + timedelta(hours=8)
    intake.take("c1", way(), COURIER)
    assert leg_of(database).arrived_at == NOW - timedelta(seconds=600)


def test_a_clock_set_back_within_a_boot_is_put_right(database, intake):
    boot = {"bootId": "b1"}
    intake.take("c1", [scan("EN_ROUTE", 1, 600, monoMs=1_000_000, **boot)], COURIER)
    intake.take("c1", [scan("ARRIVED_DOOR", 2, 3600, monoMs=1_540_000, **boot)], COURIER)
    assert leg_of(database).arrived_at == NOW - timedelta(seconds=60)


@pytest.mark.parametrize(("others", "ago_s"), [(7, 60), (8, 3600)])
def test_the_clocks_of_the_last_eight_boots_are_known(database, intake, others, ago_s):
    intake.take("c1", [scan("EN_ROUTE", 1, 600, bootId="b0", monoMs=1_000_000)], COURIER)
    boots = [scan("AT_OUTLET", n, 500, code="JUNK", bootId=f"b{n}", monoMs=1) for n in range(2, 2 + others)]
    intake.take("c1", boots, COURIER)
    intake.take("c1", [scan("ARRIVED_DOOR", 20, 3600, bootId="b0", monoMs=1_540_000)], COURIER)
    assert leg_of(database).arrived_at == NOW - timedelta(seconds=ago_s)


def test_a_boot_without_its_own_clock_counts_by_the_clock_on_the_wall(database, intake):
    assert results(intake.take("c1", [scan("ARRIVED_DOOR", 1, 600, bootId="b1")], COURIER)) == [("accepted", None)]
    assert leg_of(database).arrived_at == NOW - timedelta(seconds=600)


def test_the_cache_can_be_made_from_the_log_alone(database, intake):
    intake.take("c1", way(), COURIER)
    with database.write() as session:
        leg = session.get(LegRow, LEG)
        right = dict(leg.state)
        leg.state = {**right, "status": "LOST"}
    assert rebuild(database) == [LEG]
    with database.read() as session:
        leg = session.get(LegRow, LEG)
        assert leg.state == right == cached(state_of(session, leg))


def test_cancelled_while_the_courier_was_offline_must_come_back(database, intake, clock):
    """Cancelled 3 minutes ago, fetched 5 minutes ago, uploaded now: a parcel that is held is never refused."""
    for _ in range(2):
        with database.write() as session:
            leg = session.get(LegRow, LEG)
            say(session, leg, ParcelStage.CANCELLED, NOW - timedelta(minutes=3), NOW)
    assert leg_of(database).stage == "CANCELLED"
    assert told(database) == []
    answer = intake.take("c1", [scan("PICKED_UP", 1, 300, manifest=PAPERS)], COURIER)
    assert results(answer) == [("accepted", None)]
    leg = leg_of(database)
    assert leg.state["return_required"] and leg.stage == "PICKED_UP"
    with database.read() as session:
        assert [task.kind for task in session.scalars(select(TaskRow))] == ["RETURN_REQUIRED"]
    intake.take("c1", [scan("RETURNED", 2, 10, signerKind="self")], COURIER)
    assert leg_of(database).stage == "RETURNED"
    assert rebuild(database) == []


STORY = [
    ("c1", scan("EN_ROUTE", 1, 3000)),
    ("c1", scan("ARRIVED_DOOR", 2, 2700)),
    ("c1", scan("PICKUP_FAILED", 3, 2600, note="NOBODY_HOME")),
    ("c2", scan("EN_ROUTE", 1, 2000, epoch=2)),
    ("c2", scan("ARRIVED_DOOR", 2, 1500, epoch=2)),
    ("c2", scan("PICKED_UP", 3, 1400, epoch=2, manifest=PAPERS, sealNo="YZ0000001")),
    ("c2", scan("PICKED_UP", 4, 1390, epoch=2)),
    ("c2", scan("DAMAGED", 5, 1000, epoch=2)),
    ("c2", scan("VOID", 6, 900, voids="DAMAGED-5")),
    ("c2", scan("DELIVERED", 7, 600, epoch=2, signerKind="hall")),
    ("hall", scan("HALL_CHECKED", 1, 300, epoch=2, manifest=PAPERS)),
]
"""A failed attempt, another courier, a double scan, a damage taken back, home."""


def test_however_the_batches_fall_the_outcome_is_one(database, intake):
    """Forty schedules: cut anywhere, sent again, later batches first."""
    outcomes = set()
    for seed in range(40):
        leg_id, number = f"50010320261124{seed:06d}X-PICKUP-1", f"14{seed:011d}"
        with database.write() as session:
            give_case(session, leg_id[:21])
            session.add(leg_row(leg_id, number))
        for device, batch in schedule(seed, number):
            scanner = CLERK if device == "hall" else COURIER
            answer = intake.take(f"{device}-{seed}", batch, scanner)
            assert {result.result for result in answer.results} <= {"accepted", "duplicate"}
        leg = leg_of(database, leg_id)
        state = json.dumps(leg.state, sort_keys=True)
        for owner, event in STORY:
            device, said_id = f"{owner}-{seed}", named(event, owner, seed, number)["eventId"]
            state = state.replace(log_id(ScanSource.DEVICE, device, said_id), f"{owner}-{event['deviceSeq']}")
        # What was told before it was taken back can't be untold: the damage may be among it, or not.
        heard = frozenset(told(database, leg_id)) - {"2-DAMAGED"}
        outcomes.add((leg.stage, leg.epoch, state, heard))
    ((stage, epoch, _, heard),) = outcomes
    assert (stage, epoch) == ("HALL_CHECKED", 2)
    assert heard == {
        *("1-EN_ROUTE", "1-ARRIVED_DOOR", "1-PICKUP_FAILED", "2-EN_ROUTE", "2-ARRIVED_DOOR"),
        *("2-PICKED_UP", "2-DELIVERED", "2-HALL_CHECKED"),
    }


def schedule(seed, number):
    dice = random.Random(seed)
    sendings = []
    for device in ("c1", "c2", "hall"):
        events = [named(event, device, seed, number) for owner, event in STORY if owner == device]
        while events:
            cut = dice.randint(1, len(events))
            sendings += [(device, events[:cut])] * dice.choice((1, 1, 2, 3))
            events = events[cut:]
    dice.shuffle(sendings)
    return sendings


def named(event, device, seed, number):
    names = {"eventId": f"{device}-s{seed:02d}-{event['kind']}-{event['deviceSeq']}", "code": number}
    if "voids" in event:
        names["voids"] = f"{device}-s{seed:02d}-{event['voids']}"
    return {**event, **names}
