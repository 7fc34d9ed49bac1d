"""Every outcome of a task on which two people agree: one login through each route, then two; nobody is both."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.messages import TaskOutcome
from domain.tasks import OF_PAPERS, OF_THE_HALL, RULES, TaskKind
from domain.terms import Role
from domain.two_people import TWO_PEOPLE
from storage.pending_updates import UpdateRow
from storage.tasks.proposals import TaskProposalRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.web.hall import Hall, case_body

K, O = TaskKind, TaskOutcome  # noqa: E741
ACTS = sorted(TWO_PEOPLE, key=str)
WHY = "已电话核实"


@pytest.fixture
def strict(tmp_path, hall_template, monkeypatch):
    """A hall in which two people agree on what gives something up."""
    monkeypatch.setenv("FOUR_EYES", "TASKS")
    opened = Hall(tmp_path, hall_template, monkeypatch)
    yield opened
    opened.database.close()


def a_task(hall, kind):
    case_no = hall.started(case_body())
    with hall.database.write() as session:
        return open_task(session, key=f"{case_no}/{kind}/x", kind=kind, case_no=case_no, now=hall.now)


def resolve(client, task_id, outcome, **more):
    return client.post(f"/api/v1/tasks/{task_id}/resolve", json={"outcome": outcome, "reason": WHY, **more})


def end(client, task_id, proposal, how, **body):
    return client.post(f"/api/v1/tasks/{task_id}/proposals/{proposal['id']}/{how}", json=body)


def state(hall, task_id):
    """What has been decided, and what was told because of it."""
    with hall.database.read() as session:
        row = session.get_one(TaskRow, task_id)
        told = session.scalars(select(UpdateRow.update_id).filter_by(update_id=f"task-{task_id}")).all()
        return row.outcome, row.resolved_by, len(told)


OPEN = (None, None, 0)


@pytest.mark.parametrize(("kind", "outcome"), ACTS, ids=str)
def test_one_login_cannot_and_two_can(strict, kind, outcome):
    task_id, role = a_task(strict, kind), RULES[kind][1]
    one, other = strict.as_(role), strict.as_user("another", role)
    proposed = resolve(one, task_id, outcome)
    assert proposed.status_code == 200, proposed.text
    proposal = proposed.json()["proposal"]
    assert (proposal["by"], proposal["outcome"], proposal["reason"], proposal["ending"]) == (role, outcome, WHY, None)
    assert proposal["until"] == (strict.now + timedelta(hours=72)).isoformat()
    assert {"outcome": outcome, "why": TWO_PEOPLE[kind, outcome]} in proposed.json()["twoPeople"]
    assert state(strict, task_id) == OPEN
    refused = end(one, task_id, proposal, "confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "SAME_PERSON")
    assert "另一个人" in refused.json()["detail"]
    for said in RULES[kind][2]:
        again = resolve(one, task_id, said)
        assert again.status_code == (200 if said == outcome else 409), again.text
        if said != outcome:
            assert again.json()["code"] == "PROPOSAL_OPEN"
    assert state(strict, task_id) == OPEN
    for _ in range(2):
        done = end(other, task_id, proposal, "confirm")
        assert done.status_code == 200, done.text
        assert (done.json()["outcome"], done.json()["proposal"]["endedBy"]) == (outcome, "another")
    told = 0 if kind in OF_THE_HALL else 1
    assert state(strict, task_id) == (outcome, role.value, told)
    assert resolve(other, task_id, outcome).json()["code"] == "TASK_DONE"


ASKS_MORE = {K.PLACE_ADDRESS, K.COLLECT_AT_HALL, K.LICENCE_UNCONFIRMED, *OF_PAPERS, *OF_THE_HALL}
"""Kinds whose outcomes want more than a word: a point, a count, a look."""
ONE_WORD = [
    (kind, outcome) for kind in K if kind not in ASKS_MORE for outcome in RULES[kind][2] if (kind, outcome) not in ACTS
]


@pytest.mark.parametrize(("kind", "outcome"), ONE_WORD, ids=str)
def test_what_gives_nothing_up_is_one_persons_word(strict, kind, outcome):
    task_id = a_task(strict, kind)
    answer = resolve(strict.as_(RULES[kind][1]), task_id, outcome)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["proposal"]) == (200, outcome, None)


def test_who_may_not_resolve_may_not_confirm(strict):
    task_id = a_task(strict, K.COMMAND_REFUSED)
    proposal = resolve(strict.as_(), task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    for role in (Role.OFFICER, Role.OUTLET, Role.COURIER, Role.AUDITOR, Role.OPERATOR):
        for how in ("confirm", "return"):
            answer = end(strict.as_(role), task_id, proposal, how, **({"reason": "不同意"} if how == "return" else {}))
            unseen = role is Role.OFFICER  # the case is decided elsewhere
            assert (answer.status_code, answer.json()["code"]) == ((404, "TASK_UNKNOWN") if unseen else (403, "ROLE"))
    assert end(strict.as_(Role.SUPERVISOR), task_id, proposal, "confirm").json()["outcome"] == O.CLOSE_AS_FAILED


def test_sent_back_it_is_open_again_and_says_why(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    one, other = strict.as_(Role.SUPERVISOR), strict.as_user("another", Role.SUPERVISOR)
    proposal = resolve(one, task_id, O.ACCEPT_THEIRS).json()["proposal"]
    for _ in range(2):
        back = end(other, task_id, proposal, "return", reason="请先问清楚").json()
        assert (back["proposal"]["ending"], back["proposal"]["endReason"]) == ("returned", "请先问清楚")
    assert "请先问清楚" in one.get("/supervisor").text
    late = end(strict.as_user("third", Role.SUPERVISOR), task_id, proposal, "confirm")
    assert (late.status_code, late.json()["code"]) == (409, "PROPOSAL_ENDED")
    assert state(strict, task_id) == OPEN
    assert resolve(other, task_id, O.RESUME).json()["outcome"] == O.RESUME


def test_its_proposer_recalls_it(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    one = strict.as_(Role.SUPERVISOR)
    proposal = resolve(one, task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    assert end(one, task_id, proposal, "return", reason="看错了").json()["proposal"]["ending"] == "recalled"
    assert resolve(one, task_id, O.RESUME).json()["outcome"] == O.RESUME


def test_it_falls_after_three_days(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    one, other = strict.as_(Role.SUPERVISOR), strict.as_user("another", Role.SUPERVISOR)
    first = resolve(one, task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    strict.now += timedelta(hours=72)
    one, other = strict.as_(Role.SUPERVISOR), strict.as_user("another", Role.SUPERVISOR)
    (shown,) = [t for t in one.get("/api/v1/tasks").json()["tasks"] if t["id"] == task_id]
    assert shown["proposal"]["ending"] == "lapsed"
    late = end(other, task_id, first, "confirm")
    assert (late.status_code, late.json()["code"]) == (409, "PROPOSAL_ENDED")
    anew = resolve(other, task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    assert (anew["by"], anew["id"] > first["id"]) == ("another", True)
    assert end(one, task_id, anew, "confirm").json()["outcome"] == O.CLOSE_AS_FAILED


def test_what_was_over_before_is_overtaken(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    proposal = resolve(strict.as_(Role.SUPERVISOR), task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    with strict.database.write() as session:
        row = session.get_one(TaskRow, task_id)
        row.resolved_at, row.outcome, row.resolved_by = strict.now, O.SETTLED, "workflow"
    answer = end(strict.as_user("another", Role.SUPERVISOR), task_id, proposal, "confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "TASK_DONE")
    with strict.database.read() as session:
        assert session.scalar(select(TaskProposalRow.ending)) == "overtaken"


def test_nobody_confirms_over_lines_that_he_has_not_read(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    proposal = resolve(strict.as_(Role.SUPERVISOR), task_id, O.CLOSE_AS_FAILED).json()["proposal"]
    answer = end(strict.as_user("another", Role.SUPERVISOR), task_id, proposal, "confirm", lines=0)
    assert (answer.status_code, answer.json()["code"]) == (409, "TASK_CHANGED")


def test_the_page_shows_who_wants_what_and_lets_another_agree(strict):
    task_id = a_task(strict, K.CONTRADICTION)
    one, other = strict.as_(Role.SUPERVISOR), strict.as_user("another", Role.SUPERVISOR)
    assert "终止（须另一人复核）" in one.get("/supervisor").text
    resolve(one, task_id, O.CLOSE_AS_FAILED)
    own, theirs = one.get("/supervisor").text, other.get("/supervisor").text
    for page in (own, theirs):
        assert "提出“终止”：" + WHY in page
        assert "须另一人在" in page and "待复核" in page
        assert f"/tasks/{task_id}/resolve" not in page
    assert "收回" in own and "/confirm" not in own
    assert "/confirm" in theirs and "退回给 supervisor" in theirs


@pytest.mark.parametrize(("four_eyes", "two"), [("", False), ("off", False), ("REJECTED", False), ("TASKS", True)])
def test_a_small_hall_says_so_in_one_setting(tmp_path, hall_template, monkeypatch, four_eyes, two):
    monkeypatch.setenv("FOUR_EYES", four_eyes)
    hall = Hall(tmp_path, hall_template, monkeypatch)
    task_id = a_task(hall, K.CONTRADICTION)
    shown = resolve(hall.as_(Role.SUPERVISOR), task_id, O.CLOSE_AS_FAILED).json()
    assert (shown["outcome"] is None, bool(shown["proposal"]), bool(shown["twoPeople"])) == (two, two, two)
    hall.database.close()
