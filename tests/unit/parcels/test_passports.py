"""Each paper has a passport: lists of every parcel follow from it, and a count is named with who has counted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.paper_look import PaperLook
from domain.dossier import DossierMaterial, SupplementBrought
from domain.inbound import EventPayload
from domain.messages import LegEnd, LegOutcome, LegPlan
from domain.named_papers import NamedPaper
from domain.terms import Leg, MaterialForm, Provided, WireEvent
from parcels.paper_differences import count_one
from parcels.paper_fates import settle_fates
from parcels.passports import issue
from storage.cases.rows import CaseRow, HandlingRow, read_dossier, write_dossier
from storage.exchange.inbox import Inbox
from storage.parcels.papers import PaperRow, papers_of
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.activities.post_office import BOOK, CASE, SEALER, TEN, PostOffice
from tests.unit.storage.casework import message, take


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def material(seq, name, form=MaterialForm.ORIGINAL, provided=Provided.ORIGINAL, count=1):
    return DossierMaterial(seq=seq, name=name, form=form, provided=provided, count=count, pages=2)


def brought(office, *materials, pickup=False, edition=3):
    """A case whose originals travel, with these materials at the window (or at the door)."""
    office.live()
    with office.database.write() as session:
        case = session.get_one(CaseRow, CASE)
        dossier = read_dossier(case, SEALER).model_copy(update={"materials": materials})
        if not pickup:
            dossier = dossier.model_copy(update={"pickup": None})
        case.start = {"edition": edition}
        session.get_one(HandlingRow, CASE).originals_travel = True
        write_dossier(case, SEALER, dossier)
        issue(session, case, dossier, TEN, by="clerk")


def book(office, leg, number=1, round_=0):
    leg_id = f"{CASE}-{leg}-{number}"
    office.carrying.book_leg(LegPlan(leg_id=leg_id, case_no=CASE, handling_no=CASE, leg=leg, round=round_))
    return leg_id


def names(office, leg_id):
    return [(line["name"], line["count"]) for line in office.leg(leg_id).manifest]


def papers(office):
    with office.database.read() as session:
        return {paper.name: paper for paper in papers_of(session, CASE)}


def tasks(office, kind):
    with office.database.read() as session:
        return list(session.scalars(select(TaskRow).filter_by(kind=kind, resolved_at=None)))


def there(office, leg_id, *stages, **more):
    """Scans of the carrier, a minute after each other; `more` goes with the last."""
    for stage in stages:
        office.clock.now += timedelta(minutes=1)
        minute = (office.clock.now - TEN).total_seconds() / 60
        office.scan(leg_id, stage, minute, device="carrier-1", **(more if stage == stages[-1] else {}))


def test_what_is_brought_is_counted_by_the_clerk_who_takes_it(office):
    brought(office, material(1, "户口簿", count=2), material(2, "申请表", MaterialForm.FORM))
    book_, form = papers(office).values()
    assert (book_.paper_no, book_.count, book_.pages, book_.place) == (f"{CASE}-P1", 2, 2, "hall")
    assert (book_.counted, book_.counted_by, book_.counted_where) == (2, "clerk", "window")
    assert (book_.keep, form.keep) == (False, True)  # a form is the file's


def test_a_parcel_of_a_supplement_lists_what_is_in_it_and_nothing_else(office):
    brought(office, material(1, "户口簿", count=2), material(2, "照片", MaterialForm.COPY, Provided.COPY))
    first = book(office, Leg.FORWARD)
    assert names(office, first) == [("户口簿", 2)]
    there(office, first, "PICKED_UP", "DELIVERED")
    with office.database.write() as session:
        case = session.get_one(CaseRow, CASE)
        given = SupplementBrought(
            handling_no=CASE, round=1, materials=(material(99, "无犯罪记录证明"),), originals=True, at=TEN
        )
        dossier = read_dossier(case, SEALER).model_copy(update={"supplements": (given,)})
        write_dossier(case, SEALER, dossier)
        issue(session, case, dossier, TEN, by="clerk")
    second = book(office, Leg.FORWARD, 2, round_=1)
    assert names(office, second) == [("无犯罪记录证明", 1)]
    there(office, second, "PICKED_UP")
    assert {name: paper.place for name, paper in papers(office).items()} == {
        "户口簿": "authority",
        "照片": "hall",
        "无犯罪记录证明": "carrier",
    }


def test_what_came_back_from_the_way_is_on_the_list_of_the_next_parcel(office):
    brought(office, material(1, "户口簿"))
    first = book(office, Leg.FORWARD)
    there(office, first, "PICKED_UP", "RETURNED")
    assert papers(office)["户口簿"].place == "hall"
    with office.database.write() as session:
        session.merge(office.leg(first)).ended_at = TEN
    assert names(office, book(office, Leg.FORWARD, 2)) == [("户口簿", 1)]


def test_one_paper_is_on_the_list_of_one_parcel(office):
    brought(office, material(1, "户口簿"))
    assert names(office, book(office, Leg.FORWARD)) == [("户口簿", 1)]
    assert names(office, book(office, Leg.FORWARD, 2)) == []


def fetch(office, *materials, door, hall=None):
    brought(office, *materials, pickup=True)
    leg_id = book(office, Leg.PICKUP)
    office.look(leg_id)
    office.clock.at(30)
    office.scan(leg_id, "PICKED_UP", 9, manifest=door)
    office.scan(leg_id, "DELIVERED", 20, signerKind="hall")
    if hall is not None:
        office.scan(leg_id, "HALL_CHECKED", 25, device="hall-window", manifest=hall)
    return leg_id


FORM = {"name": "补发申请表", "form": "form", "count": 1}
MATERIALS = material(1, "户口簿"), material(2, "补发申请表", MaterialForm.FORM)


def test_a_paper_that_is_not_given_at_the_door_is_named_and_travels_nowhere(office):
    leg_id = fetch(office, *MATERIALS, door=[BOOK])
    courier = office.leg(leg_id).courier_id
    (task,) = tasks(office, "PAPERS_SHORT")
    assert task.data["papers"] == [
        {
            "paperNo": f"{CASE}-P2",
            "name": "补发申请表",
            "form": "form",
            "said": 1,
            "counted": 0,
            "by": courier,
            "at": "2026-11-23T02:09:00+00:00",
            "where": "door",
        }
    ]
    assert {name: paper.place for name, paper in papers(office).items()} == {
        "户口簿": "hall",
        "补发申请表": "applicant",
    }
    assert names(office, book(office, Leg.FORWARD)) == [("户口簿", 1)]
    assert not tasks(office, "DISCREPANCY")


def test_the_halls_count_decides(office):
    fetch(office, *MATERIALS, door=[BOOK], hall=[BOOK, FORM])
    assert not tasks(office, "PAPERS_SHORT")
    assert {paper.place for paper in papers(office).values()} == {"hall"}


def test_what_the_door_gave_and_the_hall_does_not_find_is_looked_for(office):
    leg_id = fetch(office, *MATERIALS, door=[BOOK, FORM], hall=[BOOK])
    assert papers(office)["补发申请表"].place == "nobody"
    assert office.effects(leg_id)[-1]["discrepancy"] is True


def test_a_check_without_a_count_relies_on_the_count_before(office):
    leg_id = fetch(office, *MATERIALS, door=[BOOK])
    office.scan(leg_id, "HALL_CHECKED", 25, device="hall-window")
    assert office.effects(leg_id)[-1]["discrepancy"] is True


def test_what_is_on_no_list_gets_a_passport_too_and_goes_back(office):
    fetch(office, MATERIALS[0], door=[BOOK, {"name": "结婚证", "form": "original", "count": 1}])
    stranger = papers(office)["结婚证"]
    assert (stranger.origin, stranger.count, stranger.counted, stranger.place) == ("found", 0, 1, "hall")
    assert [line["name"] for line in tasks(office, "PAPERS_SHORT")[0].data["papers"]] == ["结婚证"]
    assert names(office, book(office, Leg.DELIVERY)) == [("户口簿", 1), ("结婚证", 1)]


def test_cases_from_before_the_rule_have_the_task_that_they_had_and_it_names_the_paper(office):
    brought(office, *MATERIALS, pickup=True, edition=2)
    leg_id = book(office, Leg.PICKUP)
    office.look(leg_id)
    office.scan(leg_id, "PICKED_UP", 9, manifest=[BOOK])
    (task,) = tasks(office, "DISCREPANCY")
    assert task.data["findings"] == ["PAPERS_DIFFER"]
    assert [(line["name"], line["said"], line["counted"]) for line in task.data["papers"]] == [("补发申请表", 1, 0)]


def test_a_count_at_the_window_before_the_parcel_is_taken_does_not_bring_it_back(office):
    brought(office, material(1, "户口簿"))
    leg_id = book(office, Leg.FORWARD)
    office.clock.at(5)
    with office.database.write() as session:
        paper = session.get_one(PaperRow, f"{CASE}-P1")
        count_one(session, paper, 1, by="clerk", key="again", now=office.clock())
    office.clock.at(30)
    office.scan(leg_id, "PICKED_UP", 10, device="carrier-1")
    office.scan(leg_id, "DELIVERED", 20, device="carrier-1")
    assert papers(office)["户口簿"].place == "authority"


def decided(office, decision, kept=()):
    with office.database.write() as session:
        handling = session.get_one(HandlingRow, CASE)
        handling.decision, handling.result = decision, {"name": "结算单", "form": "paper"}
        for paper in papers_of(session, CASE):
            paper.keep = paper.keep or paper.name in kept


def sent_and_decided(office, decision):
    """Two originals are with the authority, of which the item's rule keeps one."""
    brought(office, material(1, "身份证"), material(2, "票据原件"), material(3, "申请表", MaterialForm.FORM))
    there(office, book(office, Leg.FORWARD), "PICKED_UP", "DELIVERED")
    decided(office, decision, kept=["票据原件"])
    return book(office, Leg.BACK)


def test_what_the_items_rule_keeps_does_not_come_back_once_it_is_approved(office):
    back = sent_and_decided(office, "APPROVED")
    assert names(office, back) == [("结算单", 1), ("身份证", 1)]
    assert [(paper.name, paper.fate) for paper in papers(office).values()] == [
        ("身份证", "returned"),
        ("票据原件", "kept"),
        ("申请表", "kept"),
        ("结算单", "returned"),
    ]
    assert PaperLook(office.database).look_at_papers(CASE).away == (CASE,)  # it is not here yet
    there(office, back, "PICKED_UP", "DELIVERED", "HALL_CHECKED")
    assert PaperLook(office.database).look_at_papers(CASE).away == ()
    assert papers(office)["票据原件"].place == "authority"


def test_what_is_refused_goes_back_whole(office):
    back = sent_and_decided(office, "REJECTED")
    assert [name for name, _ in names(office, back)] == ["结算单", "身份证", "票据原件"]


def test_the_authoritys_word_comes_before_the_rule(office):
    sent_and_decided(office, "APPROVED")
    id_card, receipt = (NamedPaper(name=name, form=MaterialForm.ORIGINAL, count=1) for name in ("身份证", "票据原件"))
    with office.database.write() as session:
        handling, rows = session.get_one(HandlingRow, CASE), papers_of(session, CASE)
        settle_fates(rows, handling, returned=[receipt], kept=[id_card])
        assert [paper.fate for paper in rows] == ["kept", "returned", "kept", "returned"]
        settle_fates(rows, handling, returned=[receipt])
        assert [paper.fate for paper in rows] == [None, "returned", "kept", "returned"]


def test_a_parcel_that_left_before_the_originals_had_come_brings_the_result_alone(office):
    brought(office, material(1, "身份证"))
    forward = book(office, Leg.FORWARD)
    there(office, forward, "PICKED_UP")
    decided(office, "APPROVED")
    back = book(office, Leg.BACK)
    assert names(office, back) == [("结算单", 1)]
    there(office, back, "PICKED_UP", "DELIVERED", "HALL_CHECKED")
    there(office, forward, "DELIVERED")
    assert papers(office)["身份证"].place == "authority"
    assert PaperLook(office.database).look_at_papers(CASE).away == (CASE,)


def test_what_comes_back_unannounced_is_here_because_it_was_counted(office):
    back = sent_and_decided(office, "APPROVED")
    counted = [("结算单", 1), ("身份证", 1), ("票据原件", 1)]
    lines = [{"name": name, "form": "original", "count": count} for name, count in counted]
    there(office, back, "PICKED_UP", "DELIVERED", "HALL_CHECKED", manifest=lines)
    receipt = papers(office)["票据原件"]
    assert (receipt.place, receipt.fate, receipt.counted) == ("hall", "returned", 1)
    (task,) = tasks(office, "DISCREPANCY")
    assert [(line["name"], line["said"], line["counted"]) for line in task.data["papers"]] == [("票据原件", 0, 1)]
    assert ("票据原件", 1) in names(office, book(office, Leg.DELIVERY))


def test_a_result_that_the_hall_does_not_find_is_not_shown_as_come(office):
    back = sent_and_decided(office, "APPROVED")
    lines = [{"name": "身份证", "form": "original", "count": 1}]
    there(office, back, "PICKED_UP", "DELIVERED", "HALL_CHECKED", manifest=lines)
    assert papers(office)["结算单"].place == "nobody"
    assert names(office, book(office, Leg.DELIVERY)) == [("身份证", 1)]


def test_what_the_authority_says_with_its_parcel_is_read_when_it_is_booked(office):
    brought(office, material(1, "身份证"), material(2, "票据原件"))
    there(office, book(office, Leg.FORWARD), "PICKED_UP", "DELIVERED")
    inbox = Inbox(SEALER)
    for seq, event in enumerate((WireEvent.RECEIVED, WireEvent.ACCEPTED, WireEvent.APPROVED), start=1):
        take(office.database, inbox, message(event, seq))
    kept = (NamedPaper(name="身份证", form=MaterialForm.ORIGINAL, count=1),)
    said = EventPayload(tracking_no="EB000717618HK", kept=kept)
    take(office.database, inbox, message(WireEvent.RESULT_SENT, 4, payload=said))
    assert names(office, book(office, Leg.BACK)) == [("许可证", 1), ("票据原件", 1)]
    assert papers(office)["身份证"].fate == "kept"


def told_the_case(office):
    with office.database.read() as session:
        return list(session.scalars(select(UpdateRow.name).filter_by(workflow_id=f"case-{CASE}")))


def test_a_recount_after_the_end_of_the_leg_is_told_to_the_case_that_waits(office):
    leg_id = fetch(office, *MATERIALS, door=[BOOK], hall=[BOOK])
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.DELIVERED, at=office.clock()))
    assert (told_the_case(office), len(tasks(office, "PAPERS_SHORT"))) == ([], 1)
    office.clock.at(50)
    office.scan(leg_id, "HALL_CHECKED", 45, device="hall-window", manifest=[BOOK, FORM])
    assert (told_the_case(office), tasks(office, "PAPERS_SHORT")) == (["papers_counted"], [])
    assert papers(office)["补发申请表"].place == "hall"
