"""One suite over all adapters: each speaks its real wire to its sandbox peer over real HTTP.

A network joins by a module `peer_<partner>` with `peer() -> ContextManager[Peer]`, and its name in PEERS.
"""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module

import pytest

from domain.errors import AnswerLost, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.filled_form import FilledForm
from domain.identifiers import make_case_number
from domain.outbound import (
    Command,
    HandlingRef,
    NoticeSent,
    Paper,
    Person,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import (
    ApplicantType,
    CommandKind,
    IdType,
    MaterialForm,
    Mode,
    Notice,
    ResultForm,
    SignerKind,
    WireEvent,
)
from partners.base import PartnerAdapter
from tests.contract.peers import Peer, wait_until

PEERS = ["sichuan", "southwest", "interprovincial"]
ANSWERS_ARE_SIGNED = [name for name in PEERS if name != "southwest"]  # B: TLS protects them, their content is signed
PDF = b"%PDF-1.4\n%%EOF\n"
PDF_SHA = hashlib.sha256(PDF).hexdigest()
AT = datetime(2026, 11, 23, 15, 30, tzinfo=timezone(timedelta(hours=8)))
serials = itertools.count(1)


@pytest.fixture(scope="module", params=PEERS)
def peer(request):
    with import_module(f"tests.contract.peer_{request.param}").peer() as connected:
        yield connected


@pytest.fixture
def handling(peer: Peer) -> HandlingRef:
    number = make_case_number("500103", datetime.now(UTC).date(), next(serials))
    return HandlingRef(handling_no=number, region=peer.region, item_code="YZ-MPS-001")


def phone_of(handling: HandlingRef) -> str:
    return "1380" + handling.handling_no[13:20]


def script(peer: Peer, handling: HandlingRef, *steps: str | dict) -> None:
    body = [step if isinstance(step, dict) else {"event": step} for step in steps]
    peer.control("PUT", f"/scripts/{phone_of(handling)}", body)


def material(sha256: str | None = None) -> SentMaterial:
    return SentMaterial(seq=1, name="居民身份证申请表", form=MaterialForm.FORM, sha256=sha256, pages=2)


def submission(
    handling: HandlingRef, sha256: str | None = None, mode: Mode = Mode.COLLECT, form: FilledForm | None = None
) -> Command:
    applicant = Person(
        type=ApplicantType.PERSONAL,
        name="阿卜杜拉·𬭸",
        id_type=IdType.RESIDENT,
        id_number="11010519491231002X",
        phone=phone_of(handling),
    )
    return Command(
        key=f"{handling.handling_no}-submit-1",
        kind=CommandKind.SUBMIT,
        handling=handling,
        body=Submission(
            item_code="YZ-MPS-001",
            item_name="居民身份证换领",
            mode=mode,
            window="渝中区跨地域通办综窗",
            applicant=applicant,
            agent=applicant,
            materials=(material(sha256),),
            parcel=SentParcel(tracking_no="EB000717618HK", seal_no="YZ0000001"),
            submitted_at=AT,
            form=form,
        ),
    )


def supplement(handling: HandlingRef, round_: int = 1) -> Command:
    return Command(
        key=f"{handling.handling_no}-supplement-{round_}",
        kind=CommandKind.SUPPLEMENT,
        handling=handling,
        body=Supplement(round=round_, materials=(material(),), parcel=None),
    )


def withdrawal(handling: HandlingRef) -> Command:
    return Command(
        key=f"{handling.handling_no}-withdraw-1",
        kind=CommandKind.WITHDRAW,
        handling=handling,
        body=Withdrawal(reason="申请人撤回"),
    )


def notice(handling: HandlingRef, kind: Notice) -> Command:
    papers = (Paper(name="户口簿", form=MaterialForm.ORIGINAL, count=1),)
    return Command(
        key=f"{handling.handling_no}-{kind.value.lower()}-1",
        kind=CommandKind.NOTICE,
        handling=handling,
        body=NoticeSent(
            notice=kind,
            occurred_at=AT,
            tracking_no="EB000717618HK" if kind is Notice.PAPERS_SENT else None,
            seal_no="YZ0000001" if kind is Notice.PAPERS_SENT else None,
            papers=() if kind is Notice.DELIVERED else papers,
            signer_kind=SignerKind.SELF if kind is Notice.DELIVERED else None,
            reason="少一份户口簿" if kind is Notice.DISCREPANCY else None,
        ),
    )


def say(peer: Peer, command: Command, adapter: PartnerAdapter | None = None):
    using = adapter or peer.adapter
    receipt = using.send(using.render(command))
    peer.flush()
    return receipt


def test_a_case_from_submission_to_result(peer: Peer, handling):
    script(
        peer,
        handling,
        "RECEIVED",
        {"event": "NEED_SUPPLEMENT"},
        {"await": "supplement"},
        "ACCEPTED",
        "SUSPENDED",
        "RESUMED",
        "REVIEWING",
        {"event": "APPROVED", "payload": {"result": {"form": "both", "amountFen": 1_234_050}}},
        "RESULT_SENT",
    )
    peer.adapter.put_file(handling, PDF_SHA, PDF)
    assert not say(peer, submission(handling, PDF_SHA)).duplicate
    asked = peer.wait_for_events(handling.handling_no, ["RECEIVED", "NEED_SUPPLEMENT"])[-1]
    assert asked.event is WireEvent.NEED_SUPPLEMENT
    assert asked.payload.round == 1
    assert asked.payload.materials == ("居民户口簿",)
    assert asked.payload.deadline_workdays == 5
    assert asked.payload.reason
    assert asked.partner_no
    say(peer, supplement(handling))
    told = peer.wait_for_events(handling.handling_no, ["APPROVED", "RESULT_SENT"])
    assert [message.event for message in told] == [
        WireEvent.RECEIVED,
        WireEvent.NEED_SUPPLEMENT,
        WireEvent.ACCEPTED,
        WireEvent.SUSPENDED,
        WireEvent.RESUMED,
        WireEvent.REVIEWING,
        WireEvent.APPROVED,
        WireEvent.RESULT_SENT,
    ]
    assert [message.seq for message in told] in ([1, 2, 3, 4, 5, 6, 7, 8], [None] * 8)
    assert told[3].payload.procedure
    result = told[6].payload.result
    assert (result.form, result.amount_fen) == (ResultForm.BOTH, 1_234_050)
    document = peer.adapter.get_file(handling, result.sha256)
    assert document.startswith(b"%PDF-")
    assert told[7].payload.tracking_no.startswith("EB")
    wait_until(lambda: all(event["acknowledged"] for event in peer.case(handling.handling_no)["events"]))
    mine = [e for e in peer.effects().values() if e["handlingNo"] == handling.handling_no]
    assert [entry["count"] for entry in mine] == [1] * len(mine)


@pytest.mark.parametrize("event", ["NOT_ACCEPTED", "REJECTED"])
def test_a_refusal_says_why(peer: Peer, handling, event):
    before = [] if event == "NOT_ACCEPTED" else ["ACCEPTED"]
    script(peer, handling, *before, event)
    say(peer, submission(handling))
    told = peer.wait_for_events(handling.handling_no, [event])[-1]
    assert told.event is WireEvent(event)
    assert told.payload.reason
    assert told.payload.legal_basis


def test_the_same_command_again_has_one_effect(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    rendered = peer.adapter.render(submission(handling))
    first = peer.adapter.send(rendered)
    peer.flush()
    again = peer.adapter.send(rendered)
    peer.flush()
    assert not first.duplicate
    if not again.awaiting_receipt:  # B tells only in the receipt
        assert again.duplicate
        assert again.received_at == first.received_at
    mine = [e for e in peer.effects().values() if e["handlingNo"] == handling.handling_no]
    assert [entry["count"] for entry in mine] == [1]


def test_withdrawal_is_confirmed(peer: Peer, handling):
    script(peer, handling, "RECEIVED", {"await": "never"})
    say(peer, submission(handling))
    peer.wait_for_events(handling.handling_no, ["RECEIVED"])
    say(peer, withdrawal(handling))
    told = peer.wait_for_events(handling.handling_no, ["WITHDRAWN", "RESULT_SENT"])
    assert [m.event_name for m in told] == ["RECEIVED", "WITHDRAWN", "RESULT_SENT"]


@pytest.mark.parametrize("kind", list(Notice))
def test_each_notice_arrives(peer: Peer, handling, kind):
    script(peer, handling, {"await": "never"})
    say(peer, submission(handling))
    say(peer, notice(handling, kind))
    wait_until(lambda: peer.case(handling.handling_no)["notices"] != [])
    kept = peer.case(handling.handling_no)["notices"]
    assert [n["notice"] for n in kept] == [kind.value]
    payload = kept[0]["payload"]
    match kind:
        case Notice.PAPERS_SENT:
            assert payload["trackingNo"] == "EB000717618HK"
            assert payload["papers"][0]["name"] == "户口簿"
        case Notice.DELIVERED:
            assert payload["signerKind"] == "self"
        case Notice.DISCREPANCY:
            assert payload["reason"] == "少一份户口簿"


def test_sending_a_file_again_is_harmless(peer: Peer, handling):
    peer.adapter.put_file(handling, PDF_SHA, PDF)
    peer.adapter.put_file(handling, PDF_SHA, PDF)


def test_a_file_unknown_to_the_partner_is_refused(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    say(peer, submission(handling))
    with pytest.raises(PartnerRefused):
        peer.adapter.get_file(handling, "0" * 64)


def test_query_gives_the_latest_event(peer: Peer, handling):
    if not peer.has_query:
        with pytest.raises(PartnerRefused, check=lambda refused: refused.code == "NO_QUERY"):
            peer.adapter.query(handling)
        return
    assert peer.adapter.query(handling) is None
    script(peer, handling, "RECEIVED", "ACCEPTED", {"await": "never"})
    say(peer, submission(handling))
    peer.wait_for_events(handling.handling_no, ["RECEIVED", "ACCEPTED"])
    latest = peer.adapter.query(handling)
    assert latest is not None
    assert (latest.event, latest.seq) == (WireEvent.ACCEPTED, 2)
    assert latest.handling_no == handling.handling_no


def test_events_that_come_twice_keep_their_id_and_content(peer: Peer, handling):
    script(peer, handling, {"event": "RECEIVED", "times": 2}, "ACCEPTED")
    say(peer, submission(handling))
    told = peer.wait_for_events(handling.handling_no, ["RECEIVED", "ACCEPTED"])
    copies = [m for m in told if m.event is WireEvent.RECEIVED]
    assert len({m.message_id for m in copies}) == 1
    assert len({m.content for m in copies}) == 1


def test_busy_means_later(peer: Peer, handling):
    peer.control("POST", "/outage", {"partner": peer.partner.value, "kind": "busy", "times": 1})
    with pytest.raises(PartnerUnavailable):
        say(peer, submission(handling))
    script(peer, handling, {"await": "never"})
    say(peer, submission(handling))


def test_down_means_again(peer: Peer, handling):
    peer.control("POST", "/outage", {"partner": peer.partner.value, "kind": "down", "times": 1})
    with pytest.raises((PartnerUnavailable, AnswerLost)):
        say(peer, submission(handling))
    script(peer, handling, {"await": "never"})
    say(peer, submission(handling))


def test_a_lost_answer_is_said_again_with_one_effect(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    rendered = peer.adapter.render(submission(handling))
    peer.control("POST", "/outage", {"partner": peer.partner.value, "kind": "lost_answer", "times": 1})
    with pytest.raises(AnswerLost) as lost:
        peer.adapter.send(rendered)
    assert not isinstance(lost.value, PartnerUntrusted)
    peer.adapter.send(rendered)
    peer.flush()
    mine = [e for e in peer.effects().values() if e["handlingNo"] == handling.handling_no]
    assert [entry["count"] for entry in mine] == [1]


def test_what_the_partner_cannot_take_is_refused_for_good(peer: Peer, handling):
    """The network refuses a submission with a wrong check digit; B says so in the row's receipt."""
    command = submission(handling)
    wrong = command.body.applicant.model_copy(update={"id_number": "110105194912310020"})
    body = command.body.model_copy(update={"applicant": wrong})
    rendered = peer.adapter.render(command.model_copy(update={"body": body}))
    try:
        receipt = peer.adapter.send(rendered)
    except PartnerRefused as refused:
        assert refused.sentence
        assert "110105194912310020" not in str(refused)
    else:
        assert receipt.awaiting_receipt
        peer.flush()
    assert not any(entry["count"] for entry in peer.effects().values() if entry["handlingNo"] == handling.handling_no)


def test_a_bad_signature_of_ours_has_no_effect(peer: Peer, handling):
    with pytest.raises(PartnerRefused):
        peer.with_bad_keys.send(peer.with_bad_keys.render(submission(handling)))
    assert not any(e["handlingNo"] == handling.handling_no for e in peer.effects().values())


@pytest.mark.parametrize("peer", ANSWERS_ARE_SIGNED, indirect=True)
def test_an_answer_that_is_not_signed_as_agreed_counts_as_lost(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    with pytest.raises(PartnerUntrusted):
        say(peer, submission(handling), peer.distrusting)
    assert say(peer, submission(handling)).duplicate
