"""Tasks: every kind has a title, an owner and a way out; ids are stable."""

import pytest

from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind, task_id
from domain.terms import Role


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_says_who_acts_and_how_it_ends(kind):
    title, owner, outcomes = RULES[kind]
    assert title
    assert not title.isascii()
    assert owner in Role
    assert owner not in (Role.AUDITOR, Role.OFFICER)  # they read, or have a queue of their own
    assert outcomes
    assert len(set(outcomes)) == len(outcomes)


def test_what_stops_a_case_can_be_ended_by_a_person():
    stopping = {TaskKind.CONTRADICTION, TaskKind.COMMAND_REFUSED, TaskKind.VOIDED_ROW, TaskKind.DELIVERY_FAILED}
    for kind in stopping:
        assert TaskOutcome.CLOSE_AS_FAILED in RULES[kind][2]
    assert TaskOutcome.ACCEPT_THEIRS in RULES[TaskKind.CONTRADICTION][2]
    assert TaskOutcome.RESEND in RULES[TaskKind.COMMAND_REFUSED][2]
    assert TaskOutcome.REDELIVER in RULES[TaskKind.DELIVERY_FAILED][2]


def test_ids_are_stable_and_differ_by_key():
    assert task_id("a/COMMAND_REFUSED/1") == task_id("a/COMMAND_REFUSED/1")
    assert task_id("a/COMMAND_REFUSED/1") != task_id("a/COMMAND_REFUSED/2")
    assert task_id("x") == "8558d34a-d3c6-5881-a6e3-bf8f3e6110ea"  # in recorded histories: must never change
