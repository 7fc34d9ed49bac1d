"""Claims over HTTP: opened from what is known, carried by two people, kept once, refused with what would do."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from storage.idempotency import IdempotencyRow
from storage.parcels.claims import ClaimEventRow, ClaimRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow
from tests.unit.web.claiming import a_parcel, answered, case_of, claim, claimed, counted, of_case, step, stepped

SAID = "下周孩子报名要用户口簿"


def rows(hall, table=ClaimRow):
    with hall.database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def code(answer):
    return (answer.status_code, answer.json()["code"])


def field(answer):
    return answer.json()["errors"][0]["field"]


def test_a_lost_parcel_is_claimed_as_scans_and_list_have_it(hall):
    leg_id = a_parcel(hall)
    (proposal,) = of_case(hall, case_of(leg_id))["proposals"]
    assert (proposal["kind"], proposal["kindLabel"]) == ("LOST", "丢失")
    assert [paper["name"] for paper in proposal["papers"]] == ["居民户口簿", "身份证复印件"]
    assert [fact["words"] for fact in proposal["facts"]] == ["11月20日 扫描：已揽收", "11月20日 扫描：丢失"]
    shown = claimed(hall, leg_id, statement=SAID)
    assert (shown["state"], shown["version"], shown["statement"]) == ("OPENED", 1, SAID)
    assert (shown["nextBy"], shown["dueAt"]) == ("窗口", "2026-11-26T15:59:59+00:00")
    assert (shown["mostFen"], shown["askUntil"]) == (3600, "2027-11-20T15:59:59+00:00")
    book, copy = shown["papers"]
    assert (book["issuer"], book["bearer"], book["status"]) == ("户籍地派出所", "carrier", "planned")
    assert (copy["issuer"], copy["status"]) == ("窗口", "not_needed")
    seen = of_case(hall, case_of(leg_id))
    assert [one["claimId"] for one in seen["claims"]] == [shown["claimId"]]
    assert seen["proposals"] == []


def test_what_lacks_is_claimed_by_the_last_count(hall):
    leg_id = a_parcel(hall, "HALL_CHECKED", leg="BACK")
    counted(hall, leg_id, 0)
    counted(hall, leg_id, 1, place=92, said=2)
    (proposal,) = of_case(hall, case_of(leg_id))["proposals"]
    assert proposal["kind"] == "MISSING_CONTENT"
    assert [paper["lacks"] for paper in proposal["papers"]] == [1, 1]
    assert "清点：居民户口簿应有1份，只有0份" in proposal["facts"][2]["words"]
    shown = claimed(hall, leg_id, kind="MISSING_CONTENT", papers=[f"{case_of(leg_id)}-P92"])
    assert [(paper["name"], paper["count"]) for paper in shown["papers"]] == [("身份证复印件", 1)]


def test_a_count_that_was_taken_back_shows_nothing(hall):
    leg_id = a_parcel(hall, "HALL_CHECKED", leg="BACK")
    counted(hall, leg_id, 0, where="hall")  # a scan that the leg's state does not keep any more
    (proposal,) = of_case(hall, case_of(leg_id))["proposals"]
    assert (proposal["kind"], [paper["lacks"] for paper in proposal["papers"]]) == (None, [0, 0])
    counted(hall, leg_id, 0)
    counted(hall, leg_id, 1)  # counted once more, and there it was
    (proposal,) = of_case(hall, case_of(leg_id))["proposals"]
    assert proposal["kind"] is None


@pytest.mark.parametrize(
    ("stage", "more", "kind"),
    [
        ("DAMAGED", {}, "DAMAGED"),
        ("DELIVERED", {"outcome": "LOST"}, "LOST"),
        ("IN_TRANSIT", {"late": True}, "DELAYED"),
        ("IN_TRANSIT", {}, None),
        ("DELIVERED", {}, None),
    ],
)
def test_what_is_proposed_follows_from_what_is_known(hall, stage, more, kind):
    late = {"deadline_at": hall.now - timedelta(hours=1)} if more.pop("late", False) else {}
    (proposal,) = of_case(hall, case_of(a_parcel(hall, stage, **more, **late)))["proposals"]
    assert proposal["kind"] == kind


def test_two_people_carry_it_to_its_end(hall):
    shown = answered(hall, a_parcel(hall), statement=SAID)
    assert (shown["state"], shown["steps"]) == ("ANSWERED", ["found", "withdraw", "reissue"])
    assert code(step(hall, shown, "accept", fen=3000)) == (409, "SAME_PERSON")
    assert code(step(hall, shown, "refuse", ground="no_loss", words="已妥投")) == (409, "SAME_PERSON")
    shown = stepped(hall, shown, "accept", role=Role.SUPERVISOR, fen=3000)
    assert (shown["state"], shown["acceptedFen"], shown["nextBy"]) == ("ACCEPTED", 3000, "邮政")
    assert code(step(hall, shown, "settle", role=Role.SUPERVISOR, receiptNo="FK-2026-01")) == (403, "ROLE")
    shown = stepped(hall, shown, "settle", receiptNo="FK-2026-01")
    assert (shown["state"], shown["dueAt"], shown["closedAt"]) == ("SETTLED", None, hall.now.isoformat())
    shown = stepped(hall, shown, "reissue", paper=shown["papers"][0]["key"], status="done", issuer="上清寺派出所")
    assert (shown["papers"][0]["statusLabel"], shown["papers"][0]["issuer"]) == ("已补办", "上清寺派出所")
    told = [(e["step"], e["actor"]) for e in shown["events"]]
    assert told == [
        ("open", "clerk"), ("inquire", "clerk"), ("answer", "clerk"), ("accept", "supervisor"), ("settle", "clerk"),
        ("reissue", "clerk"),
    ]  # fmt: skip
    history = hall.as_().get(f"/api/v1/cases/{shown['caseNo']}/events").json()["events"]
    labels = [event["label"] for event in history if event["kind"].startswith("CLAIM_")]
    assert labels[:2] == ["提出邮件理赔", "理赔：已向邮政查询"]
    assert labels[-2:] == ["理赔：已赔付", "理赔：补办有进展"]


def test_a_refusal_names_its_ground_and_ends_it(hall):
    shown = answered(hall, a_parcel(hall))
    shown = stepped(hall, shown, "refuse", role=Role.SUPERVISOR, ground="fault", words="收件人地址写错")
    assert (shown["state"], shown["nextBy"], shown["closedAt"]) == ("REFUSED", "", hall.now.isoformat())
    assert (shown["events"][-1]["ground"], shown["events"][-1]["words"]) == ("fault", "收件人地址写错")
    assert claim(hall, shown["legId"]).status_code == 201  # and a new one may follow


def test_after_thirty_days_without_an_answer_it_may_be_accepted(hall):
    shown = stepped(hall, claimed(hall, a_parcel(hall)), "inquire", inquiryNo="CX2026-01")
    assert code(step(hall, shown, "accept", role=Role.SUPERVISOR, fen=0)) == (409, "CLAIM_UNANSWERED")
    hall.now += timedelta(days=31)
    assert stepped(hall, shown, "accept", role=Role.SUPERVISOR, fen=3600)["state"] == "ACCEPTED"


def test_a_parcel_that_is_found_is_said_and_closes_the_claim(hall):
    shown = claimed(hall, a_parcel(hall))
    assert shown["foundAgain"] is False
    with hall.database.write() as session:
        session.get_one(LegRow, shown["legId"]).stage = "IN_TRANSIT"
    (seen,) = of_case(hall, shown["caseNo"])["claims"]
    assert seen["foundAgain"] is True
    page = hall.as_().get(f"/window/{shown['caseNo']}").text
    assert "这件邮件又有扫描了" in page
    assert stepped(hall, shown, "found")["state"] == "FOUND"


def test_the_same_request_twice_is_one_claim_and_one_step(hall):
    leg_id, key = a_parcel(hall), uuid4().hex
    first = claimed(hall, leg_id, key=key, statement=SAID)
    assert claimed(hall, leg_id, key=key, statement=SAID) == first
    assert code(claim(hall, leg_id, key=key, statement="别的")) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert rows(hall) == 1
    key = uuid4().hex
    once = stepped(hall, first, "inquire", key=key, inquiryNo="CX2026-01")
    assert stepped(hall, first, "inquire", key=key, inquiryNo="CX2026-01") == once
    assert rows(hall, ClaimEventRow) == 2


def test_what_somebody_says_is_kept_sealed_and_nowhere_else(hall):
    shown = answered(hall, a_parcel(hall), statement=SAID)
    with hall.database.read() as session:
        row = session.get_one(ClaimRow, shown["claimId"])
        assert SAID.encode() not in row.statement
        kept = [str(answer) for answer in session.scalars(select(IdempotencyRow.answer))]
        events = list(session.scalars(select(ClaimEventRow)))
    assert not any(SAID in answer or "查无下落" in answer for answer in kept)
    assert all("查无下落".encode() not in (event.words or b"") and "words" not in event.data for event in events)
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        (seen,) = of_case(hall, shown["caseNo"], role)["claims"]
        assert (seen["statement"], bool(seen["events"][2]["words"])) == (SAID, True)
        assert seen["steps"] == (["accept", "refuse"] if role is Role.SUPERVISOR else [])


def test_who_comes_second_sees_what_has_come_in_between(hall):
    shown = claimed(hall, a_parcel(hall))
    stepped(hall, shown, "withdraw", words="申请人自己找到了")
    late = step(hall, shown, "inquire", inquiryNo="CX2026-01")
    assert code(late) == (409, "CLAIM_CHANGED")
    theirs = late.json()["theirs"]
    assert (theirs["by"], theirs["what"], theirs["why"]) == ("clerk", "撤回理赔", "申请人自己找到了")


def test_of_a_parcel_one_claim_is_open(hall):
    leg_id = a_parcel(hall)
    claimed(hall, leg_id)
    assert code(claim(hall, leg_id)) == (409, "CLAIM_OPEN")


def test_a_parcel_is_its_own_cases(hall):
    leg_id, other = a_parcel(hall), hall.started()
    assert code(claim(hall, leg_id, case_no=other)) == (404, "LEG_UNKNOWN")
    assert code(claim(hall, leg_id, case_no="500103209911230000010")) == (404, "CASE_UNKNOWN")
    assert code(claim(hall, leg_id, papers=[f"{other}-P91"])) == (422, "CLAIM_PAPERS")
    assert rows(hall) == 0


def test_what_the_carrier_never_had_is_not_its_loss(hall):
    leg_id = a_parcel(hall, "ASSIGNED", leg="PICKUP", state={})
    assert of_case(hall, case_of(leg_id))["proposals"] == []
    assert code(claim(hall, leg_id)) == (409, "CLAIM_NOT_POSTED")


def test_after_a_year_nobody_may_ask(hall):
    leg_id = a_parcel(hall)
    hall.now += timedelta(days=361)
    shown = claimed(hall, leg_id)
    assert shown["dueAt"] == "2027-11-20T15:59:59+00:00"
    hall.now += timedelta(days=2)
    assert code(step(hall, shown, "inquire", inquiryNo="CX2026-01")) == (422, "CLAIM_TOO_LATE")
    stepped(hall, shown, "withdraw", words="已过期")
    assert code(claim(hall, leg_id)) == (422, "CLAIM_TOO_LATE")


@pytest.mark.parametrize(
    ("more", "expected", "at"),
    [
        ({"askedFen": 3601}, "CLAIM_AMOUNT", "askedFen"),
        ({"lossFen": 1000}, "CLAIM_AMOUNT", "askedFen"),
        ({"kind": "DELAYED"}, "CLAIM_AMOUNT", "askedFen"),
        ({"kind": "DAMAGED"}, "CLAIM_PAPERS", "papers"),
        ({"kind": "MISSING_CONTENT"}, "CLAIM_PAPERS", "papers"),
        ({"papers": ["结婚证"]}, "CLAIM_PAPERS", "papers"),
        ({"documents": ["0" * 64]}, "DOCUMENT_UNKNOWN", "documents.0"),
        ({"evidence": [{"sha256": "0" * 64}]}, "DOCUMENT_UNKNOWN", "evidence.0.sha256"),
        ({"kind": "STOLEN"}, "INVALID", "kind"),
        ({"askedFen": -1}, "INVALID", "askedFen"),
        ({"askedFen": 1.5}, "INVALID", "askedFen"),
        ({"askedFen": 10**14}, "INVALID", "askedFen"),
        ({"statement": "话" * 1001}, "INVALID", "statement"),
        ({"wanted": 1}, "INVALID", "wanted"),
    ],
)
def test_what_cannot_be_claimed_is_refused_at_its_field(hall, more, expected, at):
    answer = claim(hall, a_parcel(hall), **more)
    assert code(answer) == (422, expected)
    assert field(answer) == at
    assert rows(hall) == 0


def test_a_part_of_what_is_insured_needs_both_sides_of_the_proportion(hall):
    leg_id = a_parcel(hall, "DAMAGED")
    part = {"kind": "DAMAGED", "papers": [f"{case_of(leg_id)}-P91"], "insuredFen": 50_000, "askedFen": 20_000}
    assert field(claim(hall, leg_id, **part)) == "valueFen"
    assert field(claim(hall, leg_id, **part, valueFen=100_000)) == "lossFen"
    told = claim(hall, leg_id, **part, valueFen=100_000, lossFen=30_000)
    assert code(told) == (422, "CLAIM_AMOUNT") and "150.00元" in told.json()["detail"]
    assert claimed(hall, leg_id, **part | {"askedFen": 15_000}, valueFen=100_000, lossFen=30_000)["mostFen"] == 15_000


@pytest.mark.parametrize(
    ("name", "more", "expected", "at"),
    [
        ("accept", {}, "INVALID", "fen"),
        ("accept", {"fen": 3601}, "CLAIM_AMOUNT", "fen"),
        ("refuse", {"words": "有"}, "INVALID", "ground"),
        ("refuse", {"ground": "fault"}, "INVALID", "words"),
        ("refuse", {"ground": "because", "words": "有"}, "INVALID", "ground"),
    ],
)
def test_a_decision_says_what_it_must(hall, name, more, expected, at):
    answer = step(hall, answered(hall, a_parcel(hall)), name, role=Role.SUPERVISOR, **more)
    assert code(answer) == (422, expected)
    assert field(answer) == at


def test_what_is_insured_is_paid_for_whatever_nature_did(hall):
    shown = answered(hall, a_parcel(hall), insuredFen=50_000, askedFen=50_000)
    told = step(hall, shown, "refuse", role=Role.SUPERVISOR, ground="force_majeure", words="山洪")
    assert code(told) == (422, "CLAIM_GROUND")


@pytest.mark.parametrize(
    ("name", "more", "at"),
    [
        ("inquire", {}, "inquiryNo"),
        ("inquire", {"inquiryNo": "王秀兰的"}, "inquiryNo"),
        ("withdraw", {"words": " "}, "words"),
        ("reissue", {"status": "done"}, "paper"),
    ],
)
def test_a_step_says_what_it_must(hall, name, more, at):
    answer = step(hall, claimed(hall, a_parcel(hall)), name, **more)
    assert code(answer) == (422, "INVALID")
    assert field(answer) == at


def test_what_is_unknown_or_may_not_follow(hall):
    shown = claimed(hall, a_parcel(hall))
    assert code(step(hall, shown, "settle")) == (409, "CLAIM_STEP")
    assert code(step(hall, shown, "open")) == (409, "CLAIM_STEP")
    assert code(step(hall, shown, "reissue", paper="结婚证", status="done")) == (404, "CLAIM_PAPER_UNKNOWN")
    assert code(step(hall, shown | {"claimId": f"{shown['caseNo']}-C9"}, "inquire")) == (404, "CLAIM_UNKNOWN")
    for role in (Role.OFFICER, Role.AUDITOR, Role.OUTLET, Role.COURIER, Role.OPERATOR):
        assert step(hall, shown, "inquire", role=role, inquiryNo="CX2026-01").status_code == 403
        assert claim(hall, shown["legId"], role=role).status_code == 403
    assert claim(hall, shown["legId"], role=Role.SUPERVISOR).status_code == 403


def test_evidence_is_a_scans_the_cases_or_a_new_upload_and_becomes_the_cases(hall):
    leg_id, photo = a_parcel(hall), hall.uploaded(Role.COURIER, b"%PDF-1.7 at the door")
    with hall.database.write() as session:
        named = {"event_id": "e1", "sha256": photo, "leg_id": leg_id, "named_at": hall.now}
        session.add(ScanProofRow(**named, uploaded_at=hall.now))
        session.add(ScanProofRow(**named | {"sha256": "1" * 64}, uploaded_at=None))
    (proposal,) = of_case(hall, case_of(leg_id))["proposals"]
    assert proposal["documents"] == [photo]
    new = hall.uploaded(data=b"%PDF-1.7 of the clerk")
    shown = claimed(hall, leg_id, documents=[photo], evidence=[{"sha256": new}])
    assert shown["documents"] == [photo, new]
    for sha256 in (photo, new):
        read = hall.as_(Role.SUPERVISOR).get(f"/api/v1/documents/{sha256}", params={"caseNo": shown["caseNo"]})
        assert read.status_code == 200
    foreign = hall.uploaded(Role.OUTLET, b"%PDF-1.7 of somebody else")
    assert code(claim(hall, a_parcel(hall), evidence=[{"sha256": foreign}])) == (422, "DOCUMENT_UNKNOWN")


def test_the_list_says_what_ends_first_and_opens_nobodys_name(hall):
    shown = [claimed(hall, a_parcel(hall)) for _ in range(3)]
    stepped(hall, shown[0], "inquire", inquiryNo="CX2026-01")
    stepped(hall, shown[1], "withdraw", words="申请人自己找到了")

    def listed(role=Role.SUPERVISOR, **query):
        return hall.as_(role).get("/api/v1/claims", params=query).json()

    everything = listed()
    order = [shown[2], shown[0], shown[1]]
    assert [line["claimId"] for line in everything["claims"]] == [one["claimId"] for one in order]
    assert everything["claims"][0]["who"].startswith("王*") and everything["next"] is None
    first = listed(size=2)
    rest = listed(size=2, after=first["next"])
    assert [line["claimId"] for line in first["claims"] + rest["claims"]] == [one["claimId"] for one in order]
    assert [line["state"] for line in listed(Role.CLERK, state="INQUIRY")["claims"]] == ["INQUIRY"]
    soon = (hall.now + timedelta(days=5)).isoformat()
    assert [line["claimId"] for line in listed(due=soon)["claims"]] == [shown[2]["claimId"]]
    assert code(hall.as_().get("/api/v1/claims", params={"after": "e30="})) == (422, "CURSOR")
    assert hall.as_(Role.OFFICER).get("/api/v1/claims").status_code == 403
