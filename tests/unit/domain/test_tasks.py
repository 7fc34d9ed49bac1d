"""Tasks: every kind has a title, an owner and a way out; ids are stable."""

import pytest

from domain.messages import TaskOutcome
from domain.tasks import OF_THE_HALL, RULES, TaskKind, task_id
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


Out, K = TaskOutcome, TaskKind
GO_ON_OR_END = {Out.RESUME, Out.CLOSE_AS_FAILED}
REWORK = {Out.REWORKED, Out.EXPLAINED, Out.UNFOUNDED, Out.ACKNOWLEDGE}
WAYS_OUT = {
    K.CONTRADICTION: {Out.RESUME, Out.ACCEPT_THEIRS, Out.CLOSE_AS_FAILED},
    K.COMMAND_REFUSED: {Out.RESEND, Out.CLOSE_AS_FAILED},
    K.LEG_BROKEN: GO_ON_OR_END,
    K.CASE_BROKEN: GO_ON_OR_END,
    K.VOIDED_ROW: GO_ON_OR_END,
    K.OLD_BATCH: {Out.RELEASE_BATCH, Out.ACKNOWLEDGE},
    K.PLACE_ADDRESS: {Out.ACKNOWLEDGE, Out.CLOSE_AS_FAILED},
    K.DELIVERY_FAILED: {Out.REDELIVER, Out.CLOSE_AS_FAILED},
    K.DISCREPANCY: GO_ON_OR_END,
    K.PAPERS_SHORT: {Out.RECOUNTED, Out.BRING_LATER, Out.GO_WITHOUT, Out.GIVE_UP},
    K.PAPERS_LAPSED: {Out.BRING_LATER, Out.GO_WITHOUT, Out.GIVE_UP},
    K.PARCEL_DAMAGED: GO_ON_OR_END,
    K.PARCEL_LOST: GO_ON_OR_END,
    K.LEG_OVERDUE: {Out.ACKNOWLEDGE, Out.CLOSE_AS_FAILED},
    K.PAPERS_NOT_ARRIVED: {Out.ACKNOWLEDGE, Out.CLOSE_AS_FAILED},
    K.PAPERS_CAME_BACK: {Out.REDELIVER, Out.CLOSE_AS_FAILED},
    K.BAD_RATING: REWORK,
    K.REWORK_OVERDUE: REWORK,
    K.DEFERRED_LAPSED: {Out.WAIT, Out.CLOSE_AS_FAILED},
    K.LICENCE_UNCONFIRMED: {Out.LOOKED, Out.CHECK_AGAIN, Out.CLOSE_AS_FAILED},
    K.LICENCE_DENIED: {Out.CHECK_AGAIN, Out.CLOSE_AS_FAILED},
    K.POST_CHECK: {Out.CHECKED_TRUE, Out.CHECKED_FALSE},
    K.COMPENSATION: {Out.RESTORED, Out.KEPT},
}
"""decisions.md 8: what is there to decide; everything else is only seen."""


@pytest.mark.parametrize("kind", TaskKind)
def test_a_person_can_decide_what_there_is_to_decide(kind):
    assert set(RULES[kind][2]) == WAYS_OUT.get(kind, {Out.ACKNOWLEDGE})


def test_no_case_waits_for_what_the_hall_settles_by_itself():
    assert set(OF_THE_HALL) == {
        K.BAD_RATING,
        K.REWORK_OVERDUE,
        K.DEFERRED_MATERIAL,
        K.POST_CHECK,
        K.NOT_TAKEN,
        K.STEP_STUCK,
        K.RESULT_NOT_FETCHED,
        K.RESULT_WITHOUT_FILE,
        K.LETTER,
        K.REMINDED,
        K.SAME_PERSON,
        K.CODE_WRONG,
        K.CLAIM_DUE,
        K.CLAIM_OVERDUE,
    }


def test_ids_are_stable_and_differ_by_key():
    assert task_id("a/COMMAND_REFUSED/1") == task_id("a/COMMAND_REFUSED/1")
    assert task_id("a/COMMAND_REFUSED/1") != task_id("a/COMMAND_REFUSED/2")
    assert task_id("x") == "8558d34a-d3c6-5881-a6e3-bf8f3e6110ea"  # in recorded histories: must never change
