"""Hand-over by both sides, gaps at once, documents that only the applicant may sign for, loss and damage."""

import pytest
from sqlalchemy import select

from domain.errors import BadInput, Conflict
from domain.matters import End
from domain.messages import LegEnd, LegOutcome, LookReason
from domain.tasks import TaskKind
from domain.terms import Leg, MaterialForm
from logistics.scans import PaperLine
from parcels.handover import HandoverSaid, Side, confirm
from parcels.projection import rebuild
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, read_dossier
from storage.parcels.legs import LegRow, lock_leg
from storage.tasks.rows import TaskRow, settle_kinds
from tests.unit.activities.post_office import BOOK, CASE, SEALER, PostOffice
from web.views.cases import leg_sentence
from web.views.custody import papers_of

BOOK_LINE = PaperLine.model_validate(BOOK)


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def fetched(office):
    """A pickup that its courier has in the bag."""
    leg_id = office.order()
    office.clock.at(10)
    office.scan(leg_id, "ARRIVED_DOOR", 8)
    office.scan(leg_id, "PICKED_UP", 9, manifest=[BOOK], sealNo="YZ0000009")
    return leg_id


def word(office, leg_id, side, giver, taker, manifest=(BOOK_LINE,), seal="YZ0000009"):
    said = HandoverSaid(
        side=side, from_party=giver, to_party=taker, manifest=manifest, seal_no=seal, by=f"somebody-{side}"
    )
    with office.database.write() as session:
        return confirm(session, lock_leg(session, leg_id), said, office.clock())


def both(office, leg_id, giver, taker, **taken):
    word(office, leg_id, Side.FROM, giver, taker)
    return word(office, leg_id, Side.TO, giver, taker, **taken)


def read(office, leg_id):
    """What the applicant reads."""
    with office.database.read() as session:
        return leg_sentence(session, session.get_one(LegRow, leg_id))


def discrepancies(office):
    with office.database.read() as session:
        found = session.scalars(select(TaskRow.data).filter_by(kind="DISCREPANCY"))
        return [{"findings": data["findings"]} for data in found]


def test_nothing_changes_hands_before_the_other_side_agrees(office, fetched):
    courier = office.leg(fetched).courier_id
    office.clock.at(30)
    waiting = word(office, fetched, Side.FROM, courier, "daping")
    assert (waiting.confirmed, waiting.holder) == (False, courier)
    again = word(office, fetched, Side.FROM, courier, "daping")
    assert (again.number, again.confirmed) == (waiting.number, False)
    done = word(office, fetched, Side.TO, courier, "daping")
    assert (done.number, done.confirmed, done.holder, done.findings) == (1, True, "daping", ())
    assert office.leg(fetched).stage == "AT_OUTLET"
    assert office.effects(fetched)[-1]["stage"] == "AT_OUTLET"
    assert discrepancies(office) == []
    assert rebuild(office.database) == []


def test_one_who_does_not_hold_it_cannot_hand_it_on_unseen(office, fetched):
    office.clock.at(30)
    done = both(office, fetched, "jiefangbei-1", "daping")
    assert [finding.kind for finding in done.findings] == ["CUSTODY_GAP"]
    assert discrepancies(office) == [{"findings": ["CUSTODY_GAP"]}]


@pytest.mark.parametrize(
    ("taken", "findings"),
    [
        ({"manifest": ()}, ["PAPERS_DIFFER"]),
        ({"manifest": (BOOK_LINE, PaperLine(name="结婚证", form=MaterialForm.ORIGINAL, count=1))}, ["PAPERS_DIFFER"]),
        ({"seal": "YZ0000010"}, ["SEAL_CHANGED"]),
    ],
)
def test_what_the_taker_finds_otherwise_is_raised_at_once(office, fetched, taken, findings):
    office.clock.at(30)
    courier = office.leg(fetched).courier_id
    done = both(office, fetched, courier, "hall", **taken)
    assert [finding.kind for finding in done.findings] == findings
    assert discrepancies(office) == [{"findings": findings}]
    assert office.leg(fetched).stage == "DELIVERED"
    office.look(fetched, LookReason.MOVED)
    assert len(discrepancies(office)) == 1  # the leg's own look knows it already


def test_two_sides_that_count_differently_are_both_heard(office, fetched):
    office.clock.at(30)
    courier = office.leg(fetched).courier_id
    word(office, fetched, Side.FROM, courier, "hall", manifest=())
    word(office, fetched, Side.TO, courier, "hall")
    assert discrepancies(office) == [{"findings": ["SIDES_DIFFER"]}]


def test_from_courier_to_courier_the_job_goes_with_the_parcel(office):
    leg_id = office.order(Leg.DELIVERY)
    first = office.leg(leg_id).courier_id
    office.clock.at(10)
    office.scan(leg_id, "PICKED_UP", 5)
    office.scan(leg_id, "OUT_FOR_DELIVERY", 6)
    both(office, leg_id, first, "jiefangbei-1", seal=None)
    leg = office.leg(leg_id)
    assert (leg.courier_id, leg.state["holder"], leg.stage) == ("jiefangbei-1", "jiefangbei-1", "OUT_FOR_DELIVERY")
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id == "jiefangbei-1"  # what is in a bag stays with its courier


def test_a_hand_over_to_oneself_or_after_the_end_is_refused(office, fetched):
    with pytest.raises(BadInput):
        word(office, fetched, Side.FROM, "hall", "hall")
    office.ending.end_leg(LegEnd(leg_id=fetched, outcome=LegOutcome.DELIVERED, at=office.clock()))
    with pytest.raises(Conflict):
        word(office, fetched, Side.FROM, "daping", "hall")


@pytest.mark.parametrize("outcome", [LegOutcome.DELIVERED, LegOutcome.CANCELLED])
def test_a_leg_ends_once_however_often_its_end_is_said(office, outcome):
    """A step taken at once is taken again where the server did not take the answer that carried it."""
    leg_id = office.order()

    def books():
        leg = office.leg(leg_id)
        with office.database.read() as session:
            told = list(session.scalars(select(CaseEventRow.key).order_by(CaseEventRow.id)))
        return leg.ended_at, leg.outcome, leg.stage, office.promise(leg_id).verdict, office.tasks(), told

    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=outcome, at=office.clock()))
    first = books()
    office.clock.at(5)
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=outcome, at=office.clock()))
    assert books() == first


def test_the_hall_checks_against_the_list(office, fetched):
    office.clock.at(40)
    office.scan(fetched, "DELIVERED", 39, signerKind="hall")
    office.scan(fetched, "HALL_CHECKED", 40, device="hall-window", manifest=[])
    office.look(fetched, LookReason.MOVED)
    assert office.tasks() == ["DISCREPANCY"]
    assert "材料与清单不一致" in read(office, fetched) and "无误" not in read(office, fetched)
    assert office.effects(fetched)[-1]["discrepancy"] is True


@pytest.mark.parametrize(
    ("signer", "stage"), [("self", "DELIVERED"), ("agent", "ON_HOLD"), ("locker", "AWAITING_COLLECTION")]
)
def test_where_the_paper_needs_the_applicants_own_signature_nothing_else_counts(office, signer, stage):
    leg_id = office.order(Leg.DELIVERY)
    assert office.leg(leg_id).sign_self  # the household register
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 5)
    answer = office.scan(leg_id, "DELIVERED", 19, signerKind=signer)
    assert office.leg(leg_id).stage == stage
    assert answer.results[0].code == (None if signer == "self" else "SIGNER_SHORT")


def test_what_came_by_courier_goes_back_by_courier_once(office):
    with office.database.write() as session:
        handling = session.get_one(HandlingRow, CASE)
        handling.result = {"name": "准迁证", "form": "paper"}
        handling.originals_travel = True
    for leg, minute, last in ((Leg.FORWARD, 10, "DELIVERED"), (Leg.BACK, 20, "HALL_CHECKED")):
        office.clock.at(minute)
        leg_id = office.order(leg)
        for stage in ("PICKED_UP", last):
            office.scan(leg_id, stage, minute, device="carrier-1")
    assert [line["name"] for line in office.leg(office.order(Leg.DELIVERY)).manifest] == ["准迁证", "户口簿"]


def test_a_damage_is_open_until_a_person_has_resolved_it(office):
    leg_id = office.order(Leg.BACK)
    assert not office.ending.is_damage_open(leg_id)
    office.scan(leg_id, "PICKED_UP", -20, device="carrier-1")
    office.scan(leg_id, "DAMAGED", -10, device="carrier-1")
    assert office.ending.is_damage_open(leg_id)
    with office.database.write() as session:
        settle_kinds(session, {TaskKind.PARCEL_DAMAGED}, office.clock(), End.VOIDED, leg_id=leg_id)
    assert not office.ending.is_damage_open(leg_id)


def test_damage_between_halls_is_told_to_the_authority_and_loss_too(office):
    with office.database.write() as session:
        session.get_one(HandlingRow, CASE).result = {"name": "准迁证", "form": "paper"}
    for number, stage in ((1, "DAMAGED"), (2, "LOST")):
        leg_id = office.order(Leg.BACK, number)
        office.scan(leg_id, "PICKED_UP", -20, device="carrier-1")
        office.scan(leg_id, stage, -10, device="carrier-1")
        assert office.effects(leg_id)[-1] | {"occurred_at": ""} == {
            "leg_id": leg_id,
            "epoch": 1,
            "stage": stage,
            "occurred_at": "",
            "signer_kind": None,
            "verified": True,
            "discrepancy": True,
        }
        office.look(leg_id, LookReason.MOVED)
    assert {"PARCEL_DAMAGED", "PARCEL_LOST"} <= set(office.tasks())


def test_a_lost_parcel_that_is_found_goes_on(office, fetched):
    office.clock.at(30)
    office.scan(fetched, "LOST", 20)
    office.look(fetched, LookReason.MOVED)
    assert (office.leg(fetched).stage, "PARCEL_LOST" in office.tasks()) == ("LOST", True)
    assert "全力查找" in read(office, fetched)
    office.clock.at(60)
    office.scan(fetched, "DELIVERED", 59, signerKind="hall")
    assert office.leg(fetched).stage == "DELIVERED"
    office.look(fetched, LookReason.MOVED)
    assert (office.tasks(), read(office, fetched)) == ([], "材料已到大厅，等待核对。")
    assert office.promise(fetched).verdict == "KEPT"  # at the door in time, whatever came after


def test_what_is_overdue_between_halls_is_looked_for_until_it_comes(office):
    leg_id = office.order(Leg.BACK)
    office.scan(leg_id, "PICKED_UP", -20, device="carrier-1")
    office.clock.now = office.leg(leg_id).deadline_at
    again = office.look(leg_id)
    assert office.tasks() == ["LEG_OVERDUE"]
    assert "比预计晚到" in read(office, leg_id)
    office.clock.now = again
    office.scan(leg_id, "DELIVERED", 0, device="carrier-1", signerKind="hall")
    office.look(leg_id, LookReason.MOVED)
    assert (office.tasks(), read(office, leg_id)) == ([], "办理结果已寄到大厅，等待核对。")


def test_everybody_sees_who_holds_which_paper(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id

    def where():
        with office.database.read() as session:
            case = session.get_one(CaseRow, CASE)
            return [p["holder"]["label"] for p in papers_of(session, case, read_dossier(case, SEALER))]

    assert where() == ["申请人"]
    office.clock.at(10)
    office.scan(leg_id, "PICKED_UP", 9)
    assert where() == [f"投递员 {courier}"]
    both(office, leg_id, courier, "daping", seal=None)
    assert where() == ["大坪网点"]
    office.clock.at(50)
    office.scan(leg_id, "DELIVERED", 49, signerKind="hall")
    assert where() == ["区政务服务大厅"]
    delivery = office.order(Leg.DELIVERY)
    office.scan(delivery, "PICKED_UP", 50)
    assert where() == [f"投递员 {office.leg(delivery).courier_id}"]
    office.clock.at(70)
    office.scan(delivery, "DELIVERED", 69, signerKind="self")
    assert where() == ["申请人"]


def test_cancelled_while_the_courier_had_no_network(office):
    """Cancelled at 10:20; the papers were taken at 10:15 and the scan comes at 10:40: they must come back."""
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(20)
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=office.clock()))
    assert (office.leg(leg_id).stage, office.promise(leg_id).verdict) == ("CANCELLED", "CANCELLED")
    office.clock.at(40)
    office.scan(leg_id, "PICKED_UP", 15, device=courier)
    leg = office.leg(leg_id)
    assert (leg.state["return_required"], leg.state["holder"]) == (True, courier)
    assert "RETURN_REQUIRED" in office.tasks()
    assert "退还给您" in read(office, leg_id)
    office.scan(leg_id, "RETURNED", 39, device=courier)
    assert office.leg(leg_id).stage == "RETURNED"
