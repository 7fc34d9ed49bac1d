"""Electronic licences at the window: said whole, agreed to, seen where no office can be asked, shown with evidence."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from domain.licences import LicenceEvidence, OfficeWord
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role, WireEvent
from domain.wire import WireState
from storage.cases.rows import CaseRow, HandlingRow, read_dossier, write_dossier
from storage.pending_updates import UpdateRow
from storage.tasks.rows import open_task
from tests.unit.web.hall import PERSON, an_item, case_body, licence

ITEM = an_item(
    lambda i: (
        any(m.e_licence == "居民身份证" for m in i.materials)
        and i.applicant.value != "enterprise"
        and not (i.form and i.form.obligatory)
        and "chuanyu" in i.schemes
    )
)
CARD = next(m for m in ITEM.materials if m.e_licence == "居民身份证")
PLACE = ITEM.materials.index(CARD)


def body(checked=False, **changes):
    made = case_body(ITEM, **{f"m{CARD.seq}": "licence"})
    made["materials"][PLACE]["checked"] = checked
    for name, value in changes.items():
        said = made["materials"][PLACE]["licence"]
        said.pop(name) if value is None else said.update({name: value})
    return made


def without_office(hall):
    settings = hall.context.settings
    alone = settings.model_copy(update={"licences": settings.licences.model_copy(update={"base_url": None})})
    hall.context = hall.app.state.context = replace(hall.context, settings=alone)


def refused(answer, code, field):
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["field"] == f"materials.{PLACE}.{field}"


def kept(hall, case_no):
    with hall.database.read() as session:
        row = session.get_one(CaseRow, case_no)
        return next(m for m in read_dossier(row, hall.context.sealer).materials if m.seq == CARD.seq), row.start


def shown(hall, case_no, role=Role.CLERK):
    case = hall.as_(role).get(f"/api/v1/cases/{case_no}").json()
    return next(m for m in case["materials"] if m["seq"] == CARD.seq)


def test_a_licence_is_kept_with_number_issuer_and_consent_and_its_office_is_to_be_asked(hall):
    case_no = hall.started(body())
    material, start = kept(hall, case_no)
    assert (material.licence.type, material.licence.number) == ("居民身份证", PERSON["idNumber"])
    assert (material.licence.issuer, material.licence.consented_at) == ("重庆市公安局渝中区分局", hall.now)
    assert (material.grade, material.licence.look) == ("C", None)
    assert start["licences"] == [CARD.seq]


def test_people_see_it_masked(hall):
    case_no = hall.started(body())
    said = shown(hall, case_no)
    assert (said["grade"], said["licence"]["number"]) == ("C", "110105********002X")
    page = hall.as_().get(f"/window/{case_no}").text
    assert "110105********002X" in page
    assert "尚未核验" in page
    assert PERSON["idNumber"] not in page


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"consent": False}, "LICENCE_CONSENT", "licence.consent"),
        ({"consent": None}, "LICENCE_CONSENT", "licence.consent"),
        ({"type": "结婚证"}, "LICENCE_TYPE", "licence.type"),
        ({"number": "11010519491231003X"}, "IDENTIFIER", "licence.number"),
        ({"number": None}, "INVALID", "licence.number"),
        ({"number": "\u200b\u200b"}, "INVALID", "licence.number"),
        ({"issuer": " "}, "INVALID", "licence.issuer"),
        ({"issuer": None}, "INVALID", "licence.issuer"),
    ],
)
def test_what_lacks_is_said_at_its_field(hall, changes, code, field):
    refused(hall.start(body(**changes)), code, field)


def test_a_licence_without_anything_said_of_it(hall):
    made = body()
    del made["materials"][PLACE]["licence"]
    refused(hall.start(made), "LICENCE_MISSING", "licence.number")


def test_what_is_said_of_a_licence_that_was_not_brought(hall):
    made = case_body(ITEM)
    made["materials"][PLACE]["licence"] = licence(CARD)
    refused(hall.start(made), "LICENCE_UNUSED", "licence")


def test_without_an_office_the_clerk_looks_and_his_name_is_kept(hall):
    without_office(hall)
    refused(hall.start(body()), "LICENCE_LOOK", "checked")
    case_no = hall.started(body(checked=True))
    material, start = kept(hall, case_no)
    assert (material.grade, material.licence.look.by, material.licence.look.at) == ("B", "clerk", hall.now)
    assert "licences" not in start
    said = shown(hall, case_no)["licence"]
    assert (said["lookedBy"], said["word"]) == ("clerk", None)
    assert "窗口当面核对：clerk" in hall.as_().get(f"/window/{case_no}").text
    assert hall.as_().get("/api/v1/licences").json()["checked"] is False


def test_evidence_is_shown_with_its_number_time_and_word(hall):
    case_no = hall.started(body())
    evidence = LicenceEvidence(
        check_id="LC42", round=1, word=OfficeWord.VALID, checked_at=hall.now, answer_sha256="a" * 64
    )
    with hall.database.write() as session:
        row = session.get_one(CaseRow, case_no)
        dossier = read_dossier(row, hall.context.sealer)
        material = next(m for m in dossier.materials if m.seq == CARD.seq)
        checked = material.with_licence(material.licence.model_copy(update={"evidence": evidence}))
        write_dossier(row, hall.context.sealer, dossier.replaced(checked))
    said = shown(hall, case_no)
    assert (said["grade"], said["licence"]["checkId"], said["licence"]["wordLabel"]) == ("A", "LC42", "有效")
    page = hall.as_().get(f"/window/{case_no}").text
    assert "可信等级 A" in page
    assert "核验号 LC42" in page
    assert hall.as_().post(f"/api/v1/cases/{case_no}/materials/{CARD.seq}/verified").status_code == 409


def unconfirmed(hall, case_no):
    with hall.database.write() as session:
        return open_task(
            session,
            key=f"{case_no}/LICENCE_UNCONFIRMED/1-{CARD.seq}",
            kind=TaskKind.LICENCE_UNCONFIRMED,
            case_no=case_no,
            data={"seqs": [CARD.seq]},
            now=hall.now,
        )


def test_the_clerks_look_at_the_task_gives_b_in_his_name_and_the_case_goes_on(hall):
    case_no = hall.started(body())
    unconfirmed(hall, case_no)
    (task,) = hall.as_().get("/api/v1/tasks", params={"kind": "LICENCE_UNCONFIRMED"}).json()["tasks"]
    assert task["outcomes"] == ["looked", "check_again", "close_as_failed"]
    told = {"outcome": "looked", "reason": "申请人当面亮证"}
    assert hall.as_().post(f"/api/v1/tasks/{task['id']}/resolve", json=told).status_code == 200
    material, _ = kept(hall, case_no)
    assert (material.grade, material.licence.look.by) == ("B", "clerk")
    kinds = [event["kind"] for event in hall.as_().get(f"/api/v1/cases/{case_no}/events").json()["events"]]
    assert "LICENCE_LOOKED" in kinds
    with hall.database.read() as session:
        names = session.scalars(select(UpdateRow.name).filter_by(workflow_id=f"case-{case_no}")).all()
        assert names == ["task_resolved"]


def test_asked_again_nothing_is_graded(hall):
    case_no = hall.started(body())
    unconfirmed(hall, case_no)
    (task,) = hall.as_().get("/api/v1/tasks", params={"kind": "LICENCE_UNCONFIRMED"}).json()["tasks"]
    told = {"outcome": "check_again", "reason": "稍后再试"}
    assert hall.as_().post(f"/api/v1/tasks/{task['id']}/resolve", json=told).status_code == 200
    assert kept(hall, case_no)[0].grade == "C"


def supplement(hall, case_no, **changes):
    material = {"seq": CARD.seq, "provided": "licence", "licence": licence(CARD)} | changes
    headers = {"Idempotency-Key": f"supplement-{len(str(changes))}"}
    return hall.as_().post(
        f"/api/v1/cases/{case_no}/supplements", json={"round": 1, "materials": [material]}, headers=headers
    )


def test_a_licence_of_a_supplement_is_looked_at_by_the_clerk(hall):
    case_no = hall.started(case_body(ITEM))
    with hall.database.write() as session:
        row = session.get_one(HandlingRow, case_no)
        row.progress = row.progress.model_copy(
            update={"state": WireState.AWAITING_SUPPLEMENT, "last_event": WireEvent.NEED_SUPPLEMENT, "round": 1}
        )
        row.status = CaseStatus.SUPPLEMENT_REQUIRED
    answer = supplement(hall, case_no)
    assert (answer.status_code, answer.json()["code"]) == (422, "LICENCE_LOOK")
    assert supplement(hall, case_no, checked=True).status_code == 202
    with hall.database.read() as session:
        (given,) = read_dossier(session.get_one(CaseRow, case_no), hall.context.sealer).supplements
    assert (given.materials[0].grade, given.materials[0].licence.look.by) == ("B", "clerk")


def test_the_types_are_a_list_that_a_page_can_offer(hall):
    told = hall.as_().get("/api/v1/licences").json()
    assert (told["checked"], len(told["types"])) == (True, 141)
