"""Which clocks an event starts and stops, and from which moment the days run, down to the moment itself."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio import workflow

from domain.carried import LimitsCarried
from domain.messages import AuthorityEvent, Deadline, DeadlineKind, ItemBrief, Responsible
from domain.tasks import TaskKind
from domain.terms import ItemKind, WireEvent
from workflows.limits import Limits

K, E = DeadlineKind, WireEvent
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ITEM = ItemBrief(code="1", name="食品经营许可", kind=ItemKind.PROMISED, statutory_days=20, promised_days=10)
ACCEPTANCE = Deadline(
    kind=K.ACCEPTANCE, start_at=NOW, warn_at=NOW + 4 * DAY, due_at=NOW + 5 * DAY, responsible=Responsible.AUTHORITY
)
DECISION = [(K.DECISION_PROMISED, 10), (K.DECISION_STATUTORY, 20)]


@pytest.fixture(autouse=True)
def patched(monkeypatch):
    """Outside a workflow there is no history to ask: the test says how old the case is."""

    def answer(said: bool) -> None:
        monkeypatch.setattr(workflow, "patched", lambda _: said)

    answer(True)
    return answer


def said(event: WireEvent, at: datetime = NOW, **more) -> AuthorityEvent:
    return AuthorityEvent(handling_no="h", message_id="m", event=event, occurred_at=at, **more)


def kinds(orders) -> list[DeadlineKind]:
    return [order.kind for order in orders]


def accepted(at: datetime = NOW) -> Limits:
    limits = Limits(ITEM)
    limits.after(said(E.ACCEPTED, at))
    return limits


def deemed() -> Limits:
    limits = Limits(ITEM)
    limits.deem(ACCEPTANCE)
    return limits


def test_a_receipt_starts_the_days_to_accept_and_an_acceptance_those_to_decide():
    limits = Limits(ITEM)
    (order,) = limits.after(said(E.RECEIVED))
    assert (order.kind, order.start_at, order.workdays, limits.accepted) == (K.ACCEPTANCE, NOW, None, False)
    orders = limits.after(said(E.ACCEPTED, NOW + DAY))
    assert [(order.kind, order.workdays) for order in orders] == DECISION
    assert {(order.start_at, order.excluded) for order in orders} == {(NOW + DAY, ())}
    assert limits.accepted


def test_an_acceptance_counts_from_the_newest_word():
    limits = accepted()
    assert {order.start_at for order in limits.after(said(E.ACCEPTED, NOW + DAY))} == {NOW + DAY}


def test_a_review_is_an_acceptance_where_none_was_said_and_nothing_new_where_one_was():
    limits = Limits(ITEM)
    assert kinds(limits.after(said(E.REVIEWING))) == [K.DECISION_PROMISED, K.DECISION_STATUTORY]
    assert limits.after(said(E.REVIEWING, NOW + DAY)) == []
    assert limits.carried().accepted_at == NOW


def test_a_receipt_of_what_was_accepted_starts_nothing_unless_the_case_is_old(patched):
    assert accepted().after(said(E.RECEIVED)) == []
    limits = accepted()
    patched(False)
    assert kinds(limits.after(said(E.RECEIVED))) == [K.ACCEPTANCE]


@pytest.mark.parametrize("event", [E.APPROVED, E.REJECTED, E.NOT_ACCEPTED, E.WITHDRAWN, E.RESULT_SENT, E.RESUMED])
def test_other_words_start_no_clock(event):
    assert Limits(ITEM).after(said(event)) == []
    assert accepted().after(said(event)) == []


# --- silence ---


def test_silence_accepts_a_licence_from_its_receipt_once():
    limits = Limits(ITEM)
    orders = limits.deem(ACCEPTANCE)
    assert [(order.kind, order.workdays, order.start_at) for order in orders] == [(*line, NOW) for line in DECISION]
    assert limits.accepted
    assert limits.deem(ACCEPTANCE) == []
    assert accepted().deem(ACCEPTANCE) == []


def test_silence_accepts_nothing_else(patched):
    assert Limits(ITEM.model_copy(update={"is_licence": False})).deem(ACCEPTANCE) == []
    patched(False)
    limits = Limits(ITEM)
    assert limits.deem(ACCEPTANCE) == []
    assert not limits.accepted


@pytest.mark.parametrize(
    ("kind", "is_licence", "task"),
    [
        (K.ACCEPTANCE, True, TaskKind.DEEMED_ACCEPTED),
        (K.ACCEPTANCE, False, TaskKind.DEADLINE_MISSED),
        (K.DECISION_STATUTORY, True, TaskKind.DEADLINE_MISSED),
    ],
)
def test_what_the_end_of_a_clock_means(kind, is_licence, task):
    assert Limits(ITEM.model_copy(update={"is_licence": is_licence})).missed(kind) is task


@pytest.mark.parametrize("event", [E.ACCEPTED, E.REVIEWING])
def test_a_word_that_was_spoken_exactly_at_the_limit_was_in_time(event):
    at_the_limit = ACCEPTANCE.due_at
    orders = deemed().after(said(event, at_the_limit))
    assert [(order.kind, order.start_at) for order in orders] == [(kind, at_the_limit) for kind, _ in DECISION]


@pytest.mark.parametrize("event", [E.ACCEPTED, E.REVIEWING])
def test_a_word_after_the_limit_finds_it_accepted_by_law(event):
    limits = deemed()
    assert limits.after(said(event, ACCEPTANCE.due_at + SECOND)) == []
    assert limits.carried().accepted_at == NOW


def test_a_notice_exactly_at_the_limit_was_in_time_and_one_after_it_is_the_applicants_time():
    limits = deemed()
    limits.after(said(E.NEED_SUPPLEMENT, ACCEPTANCE.due_at))
    assert not limits.accepted
    assert limits.carried().asked_at is None
    limits = deemed()
    limits.after(said(E.NEED_SUPPLEMENT, ACCEPTANCE.due_at + SECOND))
    assert limits.accepted
    assert limits.carried().asked_at == ACCEPTANCE.due_at + SECOND


def test_what_says_nothing_about_acceptance_does_not_end_the_silence():
    limits = deemed()
    assert limits.after(said(E.RECEIVED, NOW + DAY)) == []
    assert limits.carried().silence == ACCEPTANCE
    assert limits.carried().accepted_at == NOW


# --- what does not count ---


def test_a_notice_before_acceptance_excludes_nothing_and_the_papers_start_the_days_to_accept():
    limits = Limits(ITEM)
    (order,) = limits.after(said(E.NEED_SUPPLEMENT, deadline_workdays=7))
    assert (order.kind, order.start_at, order.workdays) == (K.SUPPLEMENT_REPLY, NOW, 7)
    (again,) = limits.papers_complete(NOW + DAY)
    assert (again.kind, again.start_at) == (K.ACCEPTANCE, NOW + DAY)


def test_the_applicants_time_begins_with_the_first_notice_and_ends_with_the_papers():
    limits = accepted()
    limits.after(said(E.NEED_SUPPLEMENT, NOW + DAY))
    assert kinds(limits.after(said(E.NEED_SUPPLEMENT, NOW + 2 * DAY))) == [K.SUPPLEMENT_REPLY]
    orders = limits.papers_complete(NOW + 3 * DAY)
    assert [(order.kind, order.start_at) for order in orders] == [(kind, NOW) for kind, _ in DECISION]
    assert {order.excluded for order in orders} == {((NOW + DAY, NOW + 3 * DAY),)}
    assert limits.papers_complete(NOW + 4 * DAY) == []


def test_an_old_case_keeps_counting_the_applicants_time(patched):
    limits = accepted()
    patched(False)
    limits.after(said(E.NEED_SUPPLEMENT, NOW + DAY))
    assert limits.carried().asked_at is None


def test_an_authority_that_goes_on_has_the_papers():
    limits = accepted()
    limits.after(said(E.NEED_SUPPLEMENT, NOW + DAY))
    orders = limits.after(said(E.REVIEWING, NOW + 2 * DAY))
    assert {(order.start_at, order.excluded) for order in orders} == {(NOW, ((NOW + DAY, NOW + 2 * DAY),))}


def test_a_special_procedure_after_a_notice_has_the_papers_and_stops_the_days():
    limits = accepted()
    limits.after(said(E.NEED_SUPPLEMENT, NOW + DAY))
    assert kinds(limits.after(said(E.SUSPENDED, NOW + 2 * DAY))) == [K.SUSPENSION]
    (order, _) = limits.after(said(E.RESUMED, NOW + 5 * DAY))
    assert order.excluded == ((NOW + DAY, NOW + 2 * DAY), (NOW + 2 * DAY, NOW + 5 * DAY))


def test_a_special_procedure_does_not_count_and_ends_once(patched):
    limits = accepted()
    (order,) = limits.after(said(E.SUSPENDED, NOW + DAY))
    assert (order.kind, order.start_at) == (K.SUSPENSION, NOW + DAY)
    orders = limits.after(said(E.RESUMED, NOW + 3 * DAY))
    assert [(order.kind, order.start_at) for order in orders] == [(kind, NOW) for kind, _ in DECISION]
    assert {order.excluded for order in orders} == {((NOW + DAY, NOW + 3 * DAY),)}
    assert limits.after(said(E.RESUMED, NOW + 4 * DAY)) == []
    patched(False)
    assert limits.after(said(E.SUSPENDED, NOW + 5 * DAY)) == []


def test_going_on_is_an_acceptance_where_none_was_said():
    limits = Limits(ITEM)
    limits.after(said(E.SUSPENDED))
    assert {order.start_at for order in limits.after(said(E.RESUMED, NOW + DAY))} == {NOW + DAY}


# --- what stops ---


@pytest.mark.parametrize(
    ("event", "stops", "stopped_before"),
    [
        (E.ACCEPTED, (K.ACCEPTANCE,), (K.ACCEPTANCE,)),
        (E.REVIEWING, (K.ACCEPTANCE,), (K.ACCEPTANCE,)),
        (E.NEED_SUPPLEMENT, (K.ACCEPTANCE, K.DECISION_PROMISED, K.DECISION_STATUTORY), (K.ACCEPTANCE,)),
        (E.SUSPENDED, (K.DECISION_PROMISED, K.DECISION_STATUTORY), (K.DECISION_PROMISED, K.DECISION_STATUTORY)),
        (E.RESUMED, (K.SUSPENSION,), ()),
        (E.RECEIVED, (), ()),
        (E.APPROVED, (), ()),
    ],
)
def test_what_an_event_stops_in_new_cases_and_in_old_ones(patched, event, stops, stopped_before):
    assert Limits(ITEM).over(event) == stops
    patched(False)
    assert Limits(ITEM).over(event) == stopped_before


def test_a_further_run_goes_on_where_the_last_one_was():
    before = LimitsCarried(
        accepted_at=NOW,
        silence=ACCEPTANCE,
        suspended_at=NOW + DAY,
        asked_at=NOW + 2 * DAY,
        excluded=((NOW, NOW + SECOND),),
    )
    assert Limits(ITEM, before).carried() == before
    assert Limits(ITEM).carried() == LimitsCarried()


def test_the_age_of_a_case_is_asked_under_the_name_that_histories_know(monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(workflow, "patched", lambda name: asked.append(name) or True)
    Limits(ITEM).over(E.RESUMED)
    assert asked == ["clocks-by-the-day-of-the-event"]


# --- §42: extended ---


def test_an_extension_gives_both_days_to_decide_so_many_more_from_the_acceptance():
    limits = accepted()
    orders = limits.after(said(E.REVIEWING, NOW + 8 * DAY, extended_workdays=10))
    assert [(order.kind, order.workdays, order.start_at) for order in orders] == [
        (K.DECISION_PROMISED, 20, NOW),
        (K.DECISION_STATUTORY, 30, NOW),
    ]
    assert limits.after(said(E.REVIEWING, NOW + 9 * DAY)) == []
    assert Limits(ITEM, limits.carried()).carried() == limits.carried()
    assert limits.carried().extended_workdays == 10


def test_an_extension_holds_after_a_special_procedure_and_beside_an_acceptance_by_silence():
    limits = deemed()
    assert [order.workdays for order in limits.after(said(E.REVIEWING, NOW + 7 * DAY, extended_workdays=3))] == [13, 23]
    limits.after(said(E.SUSPENDED, NOW + 8 * DAY))
    orders = limits.after(said(E.RESUMED, NOW + 9 * DAY))
    assert [(order.workdays, order.excluded) for order in orders] == [
        (13, ((NOW + 8 * DAY, NOW + 9 * DAY),)),
        (23, ((NOW + 8 * DAY, NOW + 9 * DAY),)),
    ]


def test_an_extension_with_which_the_authority_speaks_for_the_first_time_or_goes_on():
    first = Limits(ITEM).after(said(E.REVIEWING, extended_workdays=5))
    assert [(order.workdays, order.start_at) for order in first] == [(15, NOW), (25, NOW)]
    limits = accepted()
    limits.after(said(E.NEED_SUPPLEMENT, NOW + DAY, deadline_workdays=5))
    again = limits.after(said(E.REVIEWING, NOW + 3 * DAY, extended_workdays=5))
    assert [order.workdays for order in again] == [15, 25]
    assert {order.excluded for order in again} == {((NOW + DAY, NOW + 3 * DAY),)}
