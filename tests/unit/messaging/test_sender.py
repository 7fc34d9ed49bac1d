"""What waits in the outbox reaches a phone once, or paper, or is kept as not sent."""

from datetime import timedelta

import pytest

from domain.applicant_messages import MessageKind, MessageState
from domain.dossier import Contact
from domain.errors import ChannelRefused
from domain.tasks import TaskKind
from messaging.mobile import mobile_of
from messaging.paper import printed
from messaging.receipts import ReceiptState, SmsReceipt, take
from messaging.sender import MAX_ATTEMPTS
from storage.cases.rows import CaseRow
from tests.unit.messaging.phone_book import Outbox, Remembering
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER

K, S = MessageKind, MessageState


@pytest.fixture
def channel() -> Remembering:
    return Remembering()


@pytest.fixture
def outbox(database, channel) -> Outbox:
    return Outbox(database, channel)


def _receipt(outbox: Outbox, state: ReceiptState, **more) -> bool:
    with outbox.database.write() as session:
        return take(session, SEALER, SmsReceipt(id=outbox.row.id, state=state, at=outbox.now, **more), outbox.now)


def test_a_message_is_sent_once_and_its_words_are_kept_without_the_number(outbox, channel) -> None:
    outbox.tell()
    assert (outbox.turn(), outbox.turn(1), outbox.turn(24)) == (1, 0, 0)
    [(number, to, text)] = channel.given
    assert (number, to) == (outbox.row.id, "13800000001")
    assert text == f"【跨域通办】您的“事项”（尾号{CASE[-4:]}）已受理。"
    assert (outbox.row.state, outbox.row.sent_at, outbox.row.channel) == (S.SENT, NOW, "sms")
    assert outbox.words == {"to": "138****0001", "shown": text}


def test_at_night_only_what_is_urgent_goes_out(outbox, channel) -> None:
    outbox.now += timedelta(hours=6)  # 22 o'clock
    outbox.tell()
    assert outbox.turn() == 0
    assert outbox.row.next_at == NOW + timedelta(hours=16)  # 8 o'clock
    outbox.tell(K.VISIT_PLANNED, values={"at": "今日"})
    assert outbox.turn() == 1
    assert "上门" in channel.given[0][2]
    assert outbox.turn(10) == 1


def test_time_that_runs_faster_has_no_nights(outbox) -> None:
    with outbox.database.write() as session:
        session.get_one(CaseRow, CASE).time_scale = 60
    outbox.now += timedelta(hours=6)
    outbox.tell()
    assert outbox.turn() == 1


def test_a_retry_says_the_same_under_the_same_id(outbox, channel) -> None:
    channel.away(1)
    outbox.tell()
    assert outbox.turn() == 0
    assert (outbox.row.state, outbox.row.attempts) == (S.QUEUED, 1)
    with outbox.database.write() as session:
        session.get_one(CaseRow, CASE).item_name = "别的"
    assert (outbox.turn(), outbox.turn(0.01)) == (0, 1)  # not before its pause
    assert channel.given[0] == channel.given[1]


def test_a_killed_sender_sends_it_again_under_the_same_id(outbox, channel, monkeypatch) -> None:
    outbox.tell()
    monkeypatch.setattr(outbox.sender, "_noted", lambda _became: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        outbox.turn()
    monkeypatch.undo()
    assert outbox.turn(0.01) == 1
    assert len({number for number, _, _ in channel.given}) == 1 and len(channel.given) == 2


def test_a_gateway_that_stays_away_is_given_up_and_what_must_be_known_goes_on_paper(outbox, channel) -> None:
    outbox.tell(K.SUPPLEMENT_NEEDED, values={"due": "尽快"})
    channel.away(MAX_ATTEMPTS)
    for _ in range(MAX_ATTEMPTS):
        outbox.now = outbox.row.next_at.replace(hour=4)  # by day
        outbox.now = max(outbox.now, outbox.row.next_at)
        outbox.turn()
    assert (outbox.row.state, outbox.row.reason) == (S.LETTER, "UNREACHABLE")
    [task] = outbox.tasks()
    assert (task.kind, task.case_no) == (TaskKind.LETTER, CASE)
    with outbox.database.write() as session:
        printed(session, task.id, outbox.now)
    assert outbox.row.state == S.PRINTED


def test_one_that_is_away_does_not_hold_up_the_turn(outbox, channel) -> None:
    channel.away(9)
    for number in range(9):
        outbox.tell(key=f"{number}-ACCEPTED")
    outbox.turn()
    assert len(channel.given) == 3


def test_what_was_not_tried_has_not_been_tried(outbox, channel) -> None:
    channel.away(3)
    for number in range(5):
        outbox.tell(key=f"{number}-ACCEPTED")
    outbox.turn()
    assert sorted(row.attempts for row in outbox.rows()) == [0, 0, 1, 1, 1]
    assert outbox.turn() == 2  # at once, while the others pause


def test_one_that_cannot_be_prepared_does_not_keep_the_others(outbox, channel, monkeypatch) -> None:
    for number in range(3):
        outbox.tell(key=f"{number}-ACCEPTED")
    broken = sorted(row.id for row in outbox.rows())[1]
    obstacle = outbox.sender._obstacle

    def failing(row, *more):
        if row.id == broken:
            raise ValueError("broken")
        return obstacle(row, *more)

    monkeypatch.setattr(outbox.sender, "_obstacle", failing)
    with pytest.raises(ExceptionGroup):
        outbox.turn()
    assert len(channel.given) == 2 and broken not in {number for number, _, _ in channel.given}


def test_what_is_refused_is_not_tried_again(outbox, channel) -> None:
    channel.refusing = [ChannelRefused("no", code="BLOCKED")]
    outbox.tell()
    outbox.turn()
    outbox.turn(24)
    assert (outbox.row.state, outbox.row.reason, len(channel.given)) == (S.FAILED, "BLOCKED", 1)
    assert "13800000001" not in str(outbox.words)


@pytest.mark.parametrize(("kind", "state", "letters"), [(K.ACCEPTED, S.UNSENT, 0), (K.SUPPLEMENT_NEEDED, S.LETTER, 1)])
def test_without_consent_only_what_must_be_known_is_told_on_paper(database, channel, kind, state, letters) -> None:
    outbox = Outbox(database, channel, consent=False)
    outbox.tell(kind, values={"due": "尽快"})
    outbox.turn()
    assert (outbox.row.state, outbox.row.reason, channel.given) == (state, "NO_CONSENT", [])
    assert len(outbox.tasks()) == letters


def test_without_a_channel_it_is_the_same(database) -> None:
    outbox = Outbox(database, None)
    outbox.tell(K.RESULT_AT_HALL, values={"due": "尽快"})
    outbox.turn()
    assert (outbox.row.state, outbox.row.reason, len(outbox.tasks())) == (S.LETTER, "NO_CHANNEL", 1)


def test_a_code_that_was_asked_for_needs_no_consent_and_is_forgotten(database, channel) -> None:
    outbox = Outbox(database, channel, consent=False)
    outbox.tell(K.ONE_TIME_CODE, secrets={"code": "482913"}, sealer=SEALER)
    assert outbox.turn() == 1
    assert "482913" in channel.given[0][2]
    assert outbox.row.secrets is None
    assert "482913" not in str(outbox.words) and "******" in outbox.words["shown"]


def test_what_is_no_use_any_more_is_not_sent(outbox, channel) -> None:
    outbox.tell(K.ONE_TIME_CODE, secrets={"code": "482913"}, sealer=SEALER)
    outbox.turn(0.2)
    assert (outbox.row.state, outbox.row.reason, outbox.row.secrets) == (S.UNSENT, "EXPIRED", None)
    assert channel.given == []


def test_a_landline_gets_paper(database, channel) -> None:
    person = DOSSIER.applicant.model_copy(update={"phone": "023-63800001"})
    outbox = Outbox(database, channel, dossier=DOSSIER.model_copy(update={"applicant": person}))
    outbox.tell(K.REJECTED)
    outbox.turn()
    assert (outbox.row.state, outbox.row.reason, channel.given) == (S.LETTER, "NOT_MOBILE", [])


def test_a_visit_is_told_to_who_is_named_at_the_door(database, channel) -> None:
    door = Contact(address="渝中区石油路 1 号", contact_name="李小明", contact_phone="13900000002")
    outbox = Outbox(database, channel, dossier=DOSSIER.model_copy(update={"pickup": door}))
    outbox.tell(K.VISIT_PLANNED, values={"at": "今日"}, leg_id=f"{CASE}-PICKUP-1")
    outbox.turn()
    assert channel.given[0][1] == "13900000002"


def test_receipts_change_a_message_once(outbox) -> None:
    outbox.tell()
    assert not _receipt(outbox, ReceiptState.DELIVERED)  # nobody has sent it
    outbox.turn()
    assert _receipt(outbox, ReceiptState.DELIVERED)
    assert not _receipt(outbox, ReceiptState.FAILED)
    assert outbox.row.state == S.DELIVERED


def test_a_receipt_may_be_quicker_than_the_answer(outbox, monkeypatch) -> None:
    outbox.tell()
    noted = outbox.sender._noted
    monkeypatch.setattr(outbox.sender, "_noted", lambda all_: (_receipt(outbox, ReceiptState.DELIVERED), noted(all_)))
    outbox.turn()
    assert outbox.row.state == S.DELIVERED


def test_what_a_receipt_ends_is_forgotten_too(outbox, monkeypatch) -> None:
    outbox.tell()
    monkeypatch.setattr(outbox.sender, "_noted", lambda _became: None)  # killed before it was noted
    outbox.turn()
    assert _receipt(outbox, ReceiptState.DELIVERED)
    assert outbox.words["to"] == "138****0001" and "text" not in outbox.words


def test_what_a_phone_did_not_get_goes_on_paper_where_it_must(outbox) -> None:
    outbox.tell(K.RESULT_AT_HALL, values={"due": "尽快"})
    outbox.turn()
    assert _receipt(outbox, ReceiptState.FAILED, code="ABSENT")
    assert (outbox.row.state, outbox.row.reason, len(outbox.tasks())) == (S.LETTER, "ABSENT", 1)


def test_letters_of_one_case_are_one_task(database) -> None:
    outbox = Outbox(database, None)
    outbox.tell(K.SUPPLEMENT_NEEDED, values={"due": "尽快"})
    outbox.tell(K.RESULT_AT_HALL, values={"due": "尽快"})
    outbox.turn()
    assert len(outbox.tasks()) == 1


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("13800000001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("023-63800001", ""),
        ("12800000001", ""),
        ("138000000011", ""),
        ("", ""),
    ],
)
def test_which_numbers_take_a_message(written: str, digits: str) -> None:
    assert mobile_of(written) == digits
