"""帮代办: nobody acts for another without an authorisation; who acted stands in every step, and never a number."""

import hashlib
from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.identifiers import mod_11_2
from domain.terms import CaseStatus
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, read_dossier
from tests.unit.web.hall import PERSON, case_body
from tests.unit.web.test_owing import DEFERRABLE, OWED

_NUMBER = "50019919800101001"
AGENT = PERSON | {"name": "李建国", "idNumber": _NUMBER + mod_11_2(_NUMBER), "phone": "13800000002"}
SEEN = {"kind": "letter", "originalSeen": True, "until": "2026-11-25"}


def agent(authorisation=SEEN) -> dict:
    return AGENT | {"authorisation": authorisation}


def step(hall, case_no, path, **body):
    return hall.as_().post(f"/api/v1/cases/{case_no}/{path}", json=body, headers={"Idempotency-Key": uuid4().hex})


def steps(hall, case_no) -> dict[str, dict]:
    with hall.database.read() as session:
        rows = session.scalars(select(CaseEventRow).filter_by(case_no=case_no))
        return {row.kind: row.data for row in rows}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (None, "AGENT_UNAUTHORISED", "agent.authorisation"),
        ({"kind": "letter"}, "AGENT_UNAUTHORISED", "agent.authorisation"),
        (SEEN | {"until": "2026-11-22"}, "AUTHORISATION_OVER", "agent.authorisation.until"),
        ({"kind": "letter", "documentSha256": "0" * 64}, "DOCUMENT_UNKNOWN", "agent.authorisation.documentSha256"),
        ({"kind": "word of mouth", "originalSeen": True}, None, "agent.authorisation.kind"),
        ({}, None, "agent.authorisation.kind"),
    ],
)
def test_without_an_authorisation_that_holds_there_is_no_case(hall, given, code, field):
    answer = hall.start(case_body(), agent=agent(given))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    if code is not None:
        assert answer.json()["code"] == code
    if code == "AGENT_UNAUTHORISED":
        assert "授权委托书" in answer.json()["detail"]
    with hall.database.read() as session:
        assert session.scalars(select(CaseRow)).all() == []


def test_an_authorisation_is_kept_with_its_scan_and_its_last_day(hall):
    data = b"%PDF-1.4 authorisation"
    sha = hashlib.sha256(data).hexdigest()
    assert hall.as_().put(f"/api/v1/documents/{sha}", content=data).status_code < 300
    case_no = hall.started(agent=agent({"kind": "notarised", "documentSha256": sha, "until": "2026-11-23"}))
    shown = hall.as_().get(f"/api/v1/cases/{case_no}").json()["agent"]
    assert shown["authorisation"] == {
        "kind": "notarised", "until": "2026-11-23", "documentSha256": sha, "originalSeen": False,
    }  # fmt: skip
    assert "李建国" not in str(shown)
    with hall.database.read() as session:
        kept = read_dossier(session.get_one(CaseRow, case_no), hall.context.sealer)
    assert (kept.agent.name, kept.authorisation.document_sha256) == ("李建国", sha)


def test_the_agent_stands_in_every_step_by_an_id_that_is_nobodys_number(hall):
    body = case_body(DEFERRABLE, **{f"m{OWED}": "deferred"})
    case_no = hall.started(body, agent=agent())
    brought = {"materials": [{"seq": OWED, "provided": "original"}]}
    assert step(hall, case_no, "deferred", **brought).status_code == 200
    assert step(hall, case_no, "withdraw", reason="不办了").status_code == 202
    seen = steps(hall, case_no)
    ids = {seen[kind]["agentId"] for kind in ("REGISTERED", "DEFERRED_CLOSED", "WITHDRAWAL_ASKED")}
    other = hall.started(agent=agent())
    assert ids == {hall.as_().get(f"/api/v1/cases/{other}").json()["agent"]["id"]}
    assert AGENT["idNumber"] not in str(seen) and AGENT["phone"] not in str(seen)


def test_a_supplement_by_the_agent_says_so(hall):
    case_no = hall.started(agent=agent())
    with hall.database.write() as session:
        handling = session.get_one(HandlingRow, case_no)
        handling.wire_state, handling.round = "AWAITING_SUPPLEMENT", 1
    materials = [{"seq": 1, "provided": "copy"}]
    assert step(hall, case_no, "supplements", round=1, materials=materials).status_code == 202
    assert steps(hall, case_no)["SUPPLEMENT_BROUGHT"]["agentId"].startswith("A")


def test_the_applicant_may_always_come_in_person(hall):
    case_no = hall.started(agent=agent())
    assert step(hall, case_no, "withdraw", reason="不办了", bySelf=True).status_code == 202
    assert "agentId" not in steps(hall, case_no)["WITHDRAWAL_ASKED"]


def test_an_authorisation_that_has_run_out_stops_the_agent_and_not_the_applicant(hall):
    case_no = hall.started(agent=agent())
    hall.now = hall.now.replace(day=26)
    answer = step(hall, case_no, "withdraw", reason="不办了")
    assert (answer.status_code, answer.json()["code"]) == (422, "AUTHORISATION_OVER")
    assert "WITHDRAWAL_ASKED" not in steps(hall, case_no)
    renewed = hall.as_().put(f"/api/v1/cases/{case_no}/agent", json=agent(SEEN | {"until": "2026-12-31"}))
    assert renewed.json()["agent"]["authorisation"]["until"] == "2026-12-31"
    assert step(hall, case_no, "withdraw", reason="不办了").status_code == 202
    assert {"AGENT_AUTHORISED", "WITHDRAWAL_ASKED"} <= set(steps(hall, case_no))


def test_an_agent_may_be_named_later_but_not_the_applicant_for_themselves(hall):
    case_no = hall.started()
    path = f"/api/v1/cases/{case_no}/agent"
    assert hall.as_().put(path, json=agent(None)).json()["code"] == "AGENT_UNAUTHORISED"
    assert hall.as_().put(path, json=PERSON | {"authorisation": SEEN}).json()["code"] == "AGENT"
    assert hall.as_().put(path, json=agent()).status_code == 200
    assert hall.as_().put("/api/v1/cases/500103202611239999990/agent", json=agent()).status_code == 404


@pytest.mark.parametrize(
    ("with_agent", "day", "code"),
    [(False, 23, "AGENT_UNAUTHORISED"), (True, 23, None), (True, 26, "AUTHORISATION_OVER")],
)
def test_only_an_authorised_agent_collects_the_result(hall, with_agent, day, code):
    from tests.unit.web.test_handing_over import PATH, waiting

    case_no = waiting(hall, agent=agent() if with_agent else None)
    hall.now = hall.now.replace(day=day)
    answer = hall.as_().post(PATH, json={"signerKind": "agent"}, headers={"Idempotency-Key": uuid4().hex})
    assert answer.status_code == (422 if code else 202)
    if code:
        assert answer.json()["code"] == code
    else:
        assert steps(hall, case_no)["COLLECTED_BY"]["agentId"].startswith("A")
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["status"] == CaseStatus.APPROVED
