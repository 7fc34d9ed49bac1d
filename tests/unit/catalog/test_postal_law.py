"""The postal law as data: days that are counted, the year, insured and uninsured, whole and partly, what is exempt."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.postal_law import GROUNDS, LIMITS, REMOTE, Loss, ask_until, due_after, limit_of, most, remind_at
from catalog.workdays import SHANGHAI
from domain.claims import OVER, ClaimKind, ClaimState, MailService, RefusalGround

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # 10 o'clock in Chongqing
K, M = ClaimKind, MailService


def local(moment):
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("state", "remote", "due"),
    [
        (ClaimState.OPENED, False, "2026-11-26 23:59:59"),
        (ClaimState.INQUIRY, False, "2026-12-23 23:59:59"),
        (ClaimState.INQUIRY, True, "2027-01-22 23:59:59"),
        (ClaimState.ANSWERED, False, "2026-11-28 23:59:59"),
        (ClaimState.ACCEPTED, True, "2026-12-23 23:59:59"),
    ],
)
def test_days_are_calendar_days_and_the_first_is_not_counted(state, remote, due):
    assert local(due_after(limit_of(state, remote=remote), NOW)) == due


def test_the_day_is_the_halls():
    late_evening = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # half past midnight of the 24th in Chongqing
    assert local(due_after(LIMITS[ClaimState.INQUIRY], late_evening)) == "2026-12-24 23:59:59"


def test_a_person_is_reminded_before_the_end():
    inquiry = LIMITS[ClaimState.INQUIRY]
    assert due_after(inquiry, NOW) - remind_at(inquiry, NOW) == timedelta(days=5)
    assert due_after(REMOTE, NOW) - remind_at(REMOTE, NOW) == timedelta(days=10)


def test_where_business_time_runs_faster_the_days_do():
    assert due_after(LIMITS[ClaimState.INQUIRY], NOW, 300.0) - NOW == timedelta(days=30) / 300
    assert remind_at(LIMITS[ClaimState.INQUIRY], NOW, 300.0) - NOW == timedelta(days=25) / 300


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_over_has_no_limit(state):
    assert limit_of(state) is None


@pytest.mark.parametrize(
    ("posted", "until"),
    [
        ("2026-11-23T10:00:00+08:00", "2027-11-23 23:59:59"),
        ("2028-02-29T10:00:00+08:00", "2029-02-28 23:59:59"),
        ("2026-12-31T16:30:00+00:00", "2028-01-01 23:59:59"),
    ],
)
def test_a_parcel_may_be_asked_about_for_a_year(posted, until):
    assert local(ask_until(datetime.fromisoformat(posted))) == until


def loss(kind=K.LOST, service=M.REGISTERED, *, whole=True, **sums):
    return Loss(kind=kind, service=service, whole=whole, **sums)


@pytest.mark.parametrize(
    ("what", "fen"),
    [
        # uninsured: the real loss, at most three times the postage
        (loss(loss_fen=9_000, postage_fen=1_200), 3_600),
        (loss(loss_fen=2_000, postage_fen=1_200), 2_000),
        (loss(loss_fen=2_000), 2_000),
        (loss(postage_fen=1_200), 3_600),
        (loss(), None),
        (loss(K.MISSING_CONTENT, whole=False, loss_fen=9_000, postage_fen=1_200), 3_600),
        # a registered letter: three times the postage, whatever was in it
        (loss(service=M.LETTER, loss_fen=50, postage_fen=420), 1_260),
        (loss(K.DAMAGED, M.LETTER, postage_fen=420), 1_260),
        (loss(K.MISSING_CONTENT, M.LETTER, whole=False, loss_fen=50, postage_fen=420), 50),
        # insured: the insured sum, or by proportion
        (loss(insured_fen=50_000, loss_fen=90_000, postage_fen=1_200), 50_000),
        (loss(K.DAMAGED, whole=False, insured_fen=50_000, value_fen=100_000, loss_fen=30_000), 15_000),
        (loss(K.MISSING_CONTENT, whole=False, insured_fen=100_000, value_fen=50_000, loss_fen=30_000), 30_000),
        (loss(K.DAMAGED, whole=False, insured_fen=1, value_fen=3, loss_fen=2), 0),
        # intent or gross negligence takes the limits away
        (loss(loss_fen=9_000, postage_fen=1_200, gross=True), 9_000),
        (loss(K.DAMAGED, whole=False, insured_fen=50_000, loss_fen=90_000, gross=True), 90_000),
        # late is no loss
        (loss(K.DELAYED, whole=False, loss_fen=9_000, postage_fen=1_200), 0),
        (loss(K.DELAYED, whole=False, loss_fen=9_000, gross=True), 0),
        # beyond the universal service civil law holds
        (loss(K.DELAYED, M.EXPRESS, whole=False, loss_fen=9_000), 9_000),
        (loss(service=M.EXPRESS, loss_fen=9_000, postage_fen=1_200), 9_000),
        (loss(service=M.EXPRESS, insured_fen=50_000), 50_000),
    ],
)
def test_the_most_that_the_law_gives(what, fen):
    found = most(what)
    assert found.fen == fen
    assert "邮政法第四十" in found.ground


@pytest.mark.parametrize("known", [{}, {"value_fen": 100}, {"loss_fen": 100}, {"value_fen": 0, "loss_fen": 100}])
def test_a_proportion_needs_both_of_its_sides(known):
    with pytest.raises(ValueError, match="value of the whole"):
        most(loss(K.DAMAGED, whole=False, insured_fen=50_000, **known))


def test_every_ground_of_a_refusal_names_its_article():
    assert set(GROUNDS) == set(RefusalGround)
    assert all(article.startswith("邮政法第") and told for told, article in GROUNDS.values())
