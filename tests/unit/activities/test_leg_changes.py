"""Changes of a visit on our postal side whole: planned again, promised anew, told; a wrong address, a withdrawal."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.courier_dispatch import decide, lock_dispatch
from activities.courier_silence import start_due
from activities.leg_changes import LegChanges
from activities.under_way import under_way
from activities.withdrawn_visits import resume_visits, stop_visits
from domain.dossier import Contact
from domain.errors import BadInput, Conflict
from domain.leg_changes import APPLICANT, ChangeKind, Halt
from domain.messages import LegEnd, LegOutcome, LegPlan, LookReason
from domain.personal import Consented, RequestKind
from domain.terms import Datum, Leg
from logistics.appointments import window_from
from logistics.geo import Point
from logistics.leg_changes import WantedChange
from parcels.outlets import put_at
from storage.cases.rows import CaseEventRow
from storage.parcels.leg_changes import LegChangeRow, untold
from storage.parcels.legs import LegRow, lock_leg
from storage.parcels.papers import papers_of
from storage.pending_updates import UpdateRow
from storage.personal.person_requests import PersonRequestRow
from storage.tasks.rows import TaskRow
from storage.work_lists import stops_of, version_of_stops
from tests.unit.activities.post_office import CASE, FAR, OUTSIDE, TEN, PostOffice
from tests.unit.activities.test_failed_attempts import attempt
from tests.unit.storage.casework import SEALER
from web.views.legs import leg_sentence

K = ChangeKind
ELSEWHERE = "渝中区中山三路131号8-3"


def point(where):
    return Point(lat=where[0], lon=where[1], datum=Datum.WGS84)


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    opened.changes = LegChanges(SEALER, opened.promises, lambda _case, _kind: "12月3日", opened.clock)
    yield opened
    opened.database.close()


def change(office, leg_id, kind, by="clerk", **values):
    with office.database.write() as session:
        lock_dispatch(session)
        office.changes.change(session, lock_leg(session, leg_id), WantedChange(kind=kind, **values), by)


def at(minutes):
    return TEN + timedelta(minutes=minutes)


def move(office, leg_id, where=FAR, text=ELSEWHERE):
    change(office, leg_id, K.ADDRESS, address=text, point=point(where) if where else None)


def rows(office, leg_id):
    with office.database.read() as session:
        return list(session.scalars(select(LegChangeRow).filter_by(leg_id=leg_id).order_by(LegChangeRow.version)))


def events(office):
    with office.database.read() as session:
        return [
            (row.kind, row.actor, row.data) for row in session.scalars(select(CaseEventRow).order_by(CaseEventRow.id))
        ]


def versions(office, leg_id):
    return [(version.cause, version.deadline) for version in office.promise(leg_id).versions]


def contact(office, leg_id):
    return Contact.model_validate_json(SEALER.open(office.leg(leg_id).contact, f"leg/{leg_id}"))


def send_somebody(office):
    """Whatever makes the dispatcher decide anew."""
    with office.database.write() as session:
        lock_dispatch(session)
        decide(session, office.clock(), "TEST")


def updates(office, name):
    with office.database.read() as session:
        return list(session.scalars(select(UpdateRow.update_id).filter_by(name=name)))


def listed(office, leg_id):
    """Whether the outlet's work list has it."""
    with office.database.read() as session:
        (segment,) = stops_of(office.leg(leg_id).outlet_id, office.clock())
        return leg_id in session.scalars(select(LegRow.leg_id).where(*segment.where))


def test_another_address_is_planned_and_promised_anew_at_once(office):
    leg_id = office.order()
    before = office.leg(leg_id)
    office.clock.at(20)
    move(office, leg_id)
    leg = office.leg(leg_id)
    assert (leg.lat, leg.lon, leg.changes) == (*FAR, 1)
    assert leg.courier_id is not None and leg.planned_arrival_at > office.clock()
    assert versions(office, leg_id) == [("accepted", at(60)), ("address", at(80))]
    assert leg.deadline_at == at(80)
    assert contact(office, leg_id).address == ELSEWHERE
    (row,) = rows(office, leg_id)
    assert (row.promised_before, row.promised_after, row.by) == (at(60), at(80), "clerk")
    assert (row.outlet_id, row.courier_id) == (before.outlet_id, before.courier_id)
    assert ELSEWHERE.encode() not in row.after
    assert [values["address"] for values in office.changes.values_of(row)] == ["渝中区大坪正街1号", ELSEWHERE]
    assert updates(office, "task_resolved") == [f"{leg_id}-changed-1"]  # its workflow looks when it is due
    office.look(leg_id, LookReason.ASKED)
    assert versions(office, leg_id)[-1] == ("address", at(80))


def test_the_record_says_who_and_what_and_no_value(office):
    leg_id = office.order()
    move(office, leg_id)
    change(office, leg_id, K.CONTACT, APPLICANT, contact_name="张三丰", contact_phone="13900000009")
    told = [(kind, actor) for kind, actor, _ in events(office) if kind.startswith("VISIT_")]
    assert told == [("VISIT_ADDRESS_CHANGED", "clerk"), ("VISIT_CONTACT_CHANGED", "applicant")]
    everything = json.dumps(events(office), ensure_ascii=False)
    assert not any(word in everything for word in ("中山三路", "张三丰", "13900000009"))
    assert [row.version for row in rows(office, leg_id)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "where"),
    [(ELSEWHERE, None), ("重庆市渝中区", FAR), (ELSEWHERE, OUTSIDE)],
    ids=["no point", "coarse", "far"],
)
def test_an_address_that_cannot_be_placed_is_a_persons_before_anybody_goes(office, text, where):
    leg_id = office.order()
    office.clock.at(20)
    move(office, leg_id, where, text)
    assert (office.leg(leg_id).lat, office.leg(leg_id).courier_id, office.tasks()) == (None, None, ["PLACE_ADDRESS"])
    assert office.leg(leg_id).deadline_at is None
    office.clock.at(200)
    office.look(leg_id)
    assert office.tasks() == ["PLACE_ADDRESS"]  # nothing is promised, so nothing is broken
    with office.database.write() as session:
        put_at(session, session.get_one(LegRow, leg_id), point(FAR))
        for task in session.scalars(select(TaskRow).filter_by(kind="PLACE_ADDRESS", resolved_at=None)):
            task.resolved_at = office.clock()
    office.look(leg_id, LookReason.ASKED)
    assert versions(office, leg_id) == [("accepted", at(60)), ("address", at(260))]
    assert office.leg(leg_id).courier_id is not None


def test_an_appointment_is_no_job_before_its_window_and_one_at_its_begin(office):
    leg_id = office.order()
    office.clock.at(10)
    change(office, leg_id, K.WINDOW, window_start=at(300))
    assert (office.leg(leg_id).courier_id, office.leg(leg_id).planned_arrival_at) == (None, None)
    assert versions(office, leg_id) == [("accepted", at(60)), ("appointment", at(360))]
    assert not listed(office, leg_id)
    assert office.look(leg_id, LookReason.ASKED) == at(300)  # its workflow wakes when the window begins
    office.order(Leg.PICKUP, 2)
    assert office.leg(leg_id).courier_id is None
    office.clock.at(120)
    office.look(leg_id)
    assert (office.promise(leg_id).verdict, office.promise(leg_id).clock) == ("ON_TRACK", "WAITING")
    assert "PROMISE_AT_RISK" not in office.tasks()
    office.clock.at(300)
    office.look(leg_id)
    leg = office.leg(leg_id)
    assert leg.courier_id is not None and leg.planned_arrival_at <= at(330)
    assert listed(office, leg_id)


def test_who_had_set_out_before_the_visit_was_moved_is_not_on_his_way_to_it(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(5)
    office.scan(leg_id, "EN_ROUTE", 4)
    change(office, leg_id, K.WINDOW, window_start=at(300))
    with office.database.read() as session:
        assert leg_sentence(session, session.get_one(LegRow, leg_id)).startswith("已约好11月23日 15:00–15:30上门取件")
    office.clock.at(300)
    office.look(leg_id)
    with office.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        assert under_way(session, [leg]) == set()
        assert start_due(session, leg) is not None  # whoever is sent now has still to start
    office.scan(leg_id, "EN_ROUTE", 300, device=office.leg(leg_id).courier_id)
    with office.database.read() as session:
        assert under_way(session, [session.get_one(LegRow, leg_id)]) == {leg_id}
    assert courier is not None


@pytest.mark.parametrize("minutes", [-30, 15, 480, 60 * 24 * 8])
def test_a_window_that_nobody_serves_changes_nothing(office, minutes):
    leg_id = office.order()
    with pytest.raises(BadInput) as refused:
        change(office, leg_id, K.WINDOW, window_start=at(minutes))
    assert (refused.value.code, refused.value.field) == ("WINDOW", "windowFrom")
    assert (office.leg(leg_id).changes, office.leg(leg_id).window_from, rows(office, leg_id)) == (0, None, [])


def test_another_contact_moves_nothing_else(office):
    leg_id = office.order()
    before = office.leg(leg_id)
    change(office, leg_id, K.CONTACT, contact_name="张三丰", contact_phone="13900000009")
    leg = office.leg(leg_id)
    assert (contact(office, leg_id).contact_name, contact(office, leg_id).contact_phone) == ("张三丰", "13900000009")
    assert (leg.courier_id, leg.planned_arrival_at, leg.deadline_at) == (
        before.courier_id, before.planned_arrival_at, before.deadline_at,
    )  # fmt: skip
    assert len(versions(office, leg_id)) == 1


def test_a_cancelled_pickup_sends_nobody_and_waits_for_the_papers_at_the_hall(office):
    leg_id = office.order()
    change(office, leg_id, K.CANCEL, APPLICANT)
    assert (office.leg(leg_id).halted, office.leg(leg_id).courier_id) == (Halt.CANCELLED, None)
    assert updates(office, "call_off") == [f"{leg_id}-cancelled-1"]
    send_somebody(office)
    office.look(leg_id)
    assert office.leg(leg_id).courier_id is None
    assert not listed(office, leg_id)
    office.clock.at(1)
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=office.clock()))
    assert office.promise(leg_id).verdict == "CANCELLED"
    assert office.ending.result_of(leg_id).called_off
    assert office.carrier.cancelled == [leg_id]
    with office.database.read() as session:
        (book,) = papers_of(session, CASE)
    assert (book.awaited, book.place) == (True, "applicant")


def test_a_cancelled_delivery_leaves_the_papers_alone(office):
    leg_id = office.order(Leg.DELIVERY)
    change(office, leg_id, K.CANCEL)
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=office.clock()))
    with office.database.read() as session:
        assert not any(paper.awaited for paper in papers_of(session, CASE))


@pytest.mark.parametrize("kind", K)
def test_never_after_the_courier_has_the_papers(office, kind):
    leg_id = office.order()
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 19)
    values = {"address": ELSEWHERE, "window_start": at(300), "contact_name": "张三丰", "contact_phone": "13900000009"}
    with pytest.raises(Conflict) as refused:
        change(office, leg_id, kind, **values)
    assert refused.value.code == "PAPERS_HELD"
    assert rows(office, leg_id) == []


def test_the_same_once_more_is_no_change(office):
    leg_id = office.order()
    wanted = [
        (K.ADDRESS, {"address": "渝中区大坪正街1号"}),
        (K.CONTACT, {"contact_name": "王秀兰", "contact_phone": "13800000001"}),
    ]
    for kind, values in wanted:
        with pytest.raises(BadInput, match="没有改动"):
            change(office, leg_id, kind, **values)
    change(office, leg_id, K.WINDOW, window_start=at(300))
    with pytest.raises(BadInput, match="没有改动"):
        change(office, leg_id, K.WINDOW, window_start=at(300))
    assert len(rows(office, leg_id)) == 1


def test_a_broken_promise_stays_broken_whatever_is_changed(office):
    leg_id = office.order()
    office.clock.at(70)
    office.look(leg_id)
    assert office.promise(leg_id).verdict == "BREACHED"
    move(office, leg_id)
    assert (office.promise(leg_id).verdict, len(versions(office, leg_id))) == ("BREACHED", 1)
    assert office.leg(leg_id).courier_id is not None  # somebody goes all the same


def test_the_courier_hears_of_it_until_his_next_scan(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    outlet = office.leg(leg_id).outlet_id
    with office.database.read() as session:
        version = version_of_stops(session)
    office.clock.at(5)
    change(office, leg_id, K.CANCEL)
    with office.database.read() as session:
        assert version_of_stops(session) != version
        assert [row.kind for row in untold(session, outlet, office.clock())] == ["CANCEL"]
    other = office.order(Leg.PICKUP, 2)
    office.clock.at(9)
    office.scan(other, "EN_ROUTE", 8, device=courier)
    with office.database.read() as session:
        assert untold(session, outlet, office.clock()) == []


def test_a_wrong_address_stops_visits_with_the_scan_itself(office):
    leg_id = office.order()
    office.clock.at(20)
    office.scan(leg_id, "PICKUP_FAILED", 20, note="WRONG_ADDRESS")
    assert office.tasks() == ["PLACE_ADDRESS"]
    send_somebody(office)  # before its own workflow has looked
    assert office.leg(leg_id).courier_id is None


@pytest.mark.parametrize("leg", [Leg.PICKUP, Leg.DELIVERY])
def test_while_the_address_is_wrong_nothing_is_broken_and_the_change_mends_it(office, leg):
    leg_id = office.order(leg)
    attempt(office, leg_id, "WRONG_ADDRESS", 20)
    for minutes in (50, 61, 90, 300):
        office.clock.at(minutes)
        office.look(leg_id)
        assert office.tasks() == ["PLACE_ADDRESS"]
        assert (office.promise(leg_id).verdict, office.leg(leg_id).deadline_at) == ("ON_TRACK", None)
    move(office, leg_id)
    assert office.tasks() == []
    assert office.leg(leg_id).courier_id is not None
    assert versions(office, leg_id)[-1] == ("address", at(360))
    with office.database.read() as session:
        (task,) = session.scalars(select(TaskRow).filter_by(kind="PLACE_ADDRESS"))
    assert (task.reason, task.resolved_by) == ("CORRECTED", "workflow")
    office.look(leg_id, LookReason.ATTEMPT_FAILED)  # its workflow hears of the failure only now
    assert (office.tasks(), office.leg(leg_id).courier_id is not None) == ([], True)


def test_who_holds_what_has_no_door_waits_for_another_address_alone(office):
    leg_id = office.order(Leg.DELIVERY)
    attempt(office, leg_id, "WRONG_ADDRESS", 20)
    holder = office.leg(leg_id).state["holder"]
    with pytest.raises(Conflict):
        change(office, leg_id, K.WINDOW, window_start=at(300))
    move(office, leg_id)
    assert office.leg(leg_id).courier_id == holder  # it is in his bag


def test_placed_by_a_person_the_rest_of_the_hour_counts_on(office):
    leg_id = office.order()
    attempt(office, leg_id, "WRONG_ADDRESS", 20)
    office.clock.at(120)
    with office.database.write() as session:
        put_at(session, session.get_one(LegRow, leg_id), point(FAR))
        for task in session.scalars(select(TaskRow).filter_by(kind="PLACE_ADDRESS")):
            task.resolved_at = office.clock()
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).deadline_at == at(160)
    assert office.promise(leg_id).excused == {"applicant": 100.0}


def test_a_withdrawal_stops_visits_at_once_and_lets_them_go_on_where_it_fails(office):
    leg_id = office.order()
    with office.database.write() as session:
        stop_visits(session, CASE)
    assert (office.leg(leg_id).halted, office.leg(leg_id).courier_id) == (Halt.WITHDRAWAL, None)
    send_somebody(office)
    office.look(leg_id)
    assert office.leg(leg_id).courier_id is None
    assert not listed(office, leg_id)
    with pytest.raises(Conflict) as refused:
        move(office, leg_id)
    assert refused.value.code == "WITHDRAWAL_PENDING"
    office.clock.at(90)
    office.look(leg_id)
    assert office.tasks() == []  # nobody is called late who was called back
    with office.database.write() as session:
        resume_visits(session, CASE, office.clock())
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id is not None
    assert len(updates(office, "task_resolved")) == 1


def test_a_withdrawal_leaves_what_somebody_holds_with_him(office):
    leg_id = office.order()
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 19)
    before = office.leg(leg_id)
    with office.database.write() as session:
        stop_visits(session, CASE)
        resume_visits(session, CASE, office.clock())
    assert (office.leg(leg_id).halted, office.leg(leg_id).courier_id) == (None, before.courier_id)


def test_what_may_be_changed_and_what_follows_is_what_the_doing_does(office):
    leg_id = office.order()
    office.clock.at(20)
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        options = {option.kind: option for option in office.changes.options(session, leg)}
        offered = office.changes.windows(session, leg)
    assert all(option.obstacle is None for option in options.values())
    assert "今天 11:20 前" in options[K.ADDRESS].consequence
    assert "12月3日" in options[K.CANCEL].consequence
    move(office, leg_id)
    assert office.leg(leg_id).deadline_at == at(80)  # 11:20
    assert offered[0] == window_from(at(30))
    change(office, leg_id, K.WINDOW, window_start=offered[-1].start)
    assert office.leg(leg_id).window_from == offered[-1].start


@pytest.mark.parametrize("leg", [Leg.PICKUP, Leg.DELIVERY])
def test_a_visit_that_is_ordered_after_its_consent_was_withdrawn_is_none(office, leg):
    """Its workflow hears of it with the booking, and ends it; nobody is sent, and no door is written down."""
    with office.database.write() as session:
        session.add(
            PersonRequestRow(
                case_no=CASE, kind=RequestKind.CONSENT_WITHDRAWN, what=Consented.DELIVERY, reason="", channel="track",
                by=APPLICANT, text_version="1", at=TEN,
            )
        )  # fmt: skip
    leg_id = office.order(leg)
    booked = office.carrying.book_leg(LegPlan(leg_id=leg_id, case_no=CASE, handling_no=CASE, leg=leg))
    assert booked.called_off
    row = office.leg(leg_id)
    assert (row.halted, row.contact, row.lat, row.courier_id) == (Halt.CANCELLED, None, None, None)
    assert office.assigned(leg_id) == [] and office.tasks() == []
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=TEN))
    assert office.ending.result_of(leg_id).called_off
    assert office.carrier.cancelled == [leg_id]


def test_a_consent_for_messages_stops_no_visit(office):
    with office.database.write() as session:
        session.add(
            PersonRequestRow(
                case_no=CASE, kind=RequestKind.CONSENT_WITHDRAWN, what=Consented.MESSAGES, reason="", channel="track",
                by=APPLICANT, text_version="1", at=TEN,
            )
        )  # fmt: skip
    assert office.leg(office.order()).courier_id is not None
