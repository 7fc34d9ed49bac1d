"""What was signed stays with its line of the log: ours and theirs, right or wrong, and nothing of a stranger's."""

import base64
import hmac

import pytest
from sqlalchemy import select

from domain.errors import PartnerUnavailable
from domain.outbound import Command, HandlingRef, Withdrawal
from domain.terms import CommandKind, Partner
from exchange.circuit_breaker import Breaker, BreakerAdapter
from partners.attempt import Answer
from partners.sichuan.client import SichuanClient
from partners.signed_text import SignedText, listening, tell
from partners.standards import sm3_hex
from storage.exchange.exchange_log import ExchangeRow
from tests.unit.exchange import southwest_office
from tests.unit.exchange.sichuan_callbacks import OUR_KEY, PARTNER_KEY, agreed, callback, content, open_sichuan_office
from tests.unit.exchange.southwest_province import NOW, OK, Province, row
from tests.unit.partners.interprovincial.gateway_double import NUMBER, Double, answer, connected, record


@pytest.fixture
def office(tmp_path):
    opened = open_sichuan_office(tmp_path)
    yield opened
    opened.database.close()


def last_signed(office):
    with office.database.read() as session:
        line = session.scalars(select(ExchangeRow).order_by(ExchangeRow.id.desc())).first()
        return SignedText.model_validate(line.signed) if line.signed else None


def mac(key, text):
    return "v1=" + base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def test_a_callback_that_is_taken_has_the_text_that_its_signature_covers(office):
    office.intake.take(callback(content()))
    signed = last_signed(office)
    assert signed.algorithm == "HMAC-SHA256"
    assert signed.proof["x-cy-signature"] == mac(PARTNER_KEY, signed.text)
    assert PARTNER_KEY not in signed.model_dump_json()


def test_a_wrong_signature_stands_beside_the_text_that_it_should_have_covered(office):
    answer = office.intake.take(callback(content(), X_CY_Signature="v1=AAAA"))
    assert answer.code == "CY4012"
    signed = last_signed(office)
    assert signed.proof["x-cy-signature"] == "v1=AAAA" and len(signed.text.split("\n")) == 8


@pytest.mark.parametrize("other", [{"X_CY_App_Id": "stranger"}, {"X_CY_Nonce": "short"}, {"X_CY_Timestamp": None}])
def test_of_a_stranger_and_of_headers_out_of_form_nothing_is_kept(office, other):
    office.intake.take(callback(content(), **other))
    assert last_signed(office) is None


class Silent:
    """Attempts that never reach anybody, after everything has been signed."""

    def make(self, *_args, **_more) -> Answer:
        raise PartnerUnavailable("忙", code="UNREACHABLE")


def test_a_call_of_ours_is_told_to_who_listens_and_to_nobody_else():
    client = SichuanClient(agreed(base_url="http://there/x"), lambda: NOW, Silent())
    heard = []
    with listening(heard), pytest.raises(PartnerUnavailable):
        client.call("POST", "/cy/v1/cases", "key-00000001", b"{}")
    (signed,) = heard
    assert signed.text.startswith("POST\n/x/cy/v1/cases\n\ncq-yuzhong-01\n")
    assert signed.proof["X-CY-Signature"] == mac(OUR_KEY, signed.text)
    with pytest.raises(PartnerUnavailable):
        client.call("POST", "/cy/v1/cases", "key-00000001", b"{}")
    assert len(heard) == 1


def test_a_block_within_another_hears_for_itself():
    outer, inner = [], []
    with listening(outer):
        tell(b"one", "X", {})
        with listening(inner):
            tell("two", "X", {"a": "b"})
        tell("three", "X", {})
    assert [one.text for one in outer] == ["one", "three"]
    assert [one.text for one in inner] == ["two"]


class Signing:
    """A network that signs and answers, or fails after it has signed."""

    partner = Partner.SICHUAN
    fault = None

    def query(self, _handling):
        tell("asked", "HMAC-SM3", {"X-CY-Signature": "v1=q"})
        if self.fault:
            raise self.fault


@pytest.mark.parametrize("fault", [None, PartnerUnavailable("忙", code="HTTP503")])
def test_a_call_behind_the_breaker_keeps_it_whatever_came_of_it(office, fault):
    network = Signing()
    network.fault = fault
    now = lambda: office.clock[0]  # noqa: E731
    breaker = Breaker(office.database, Partner.SICHUAN, now)
    guarded = BreakerAdapter(network, breaker, office.database, office.inbox.sealer, now)
    ref = HandlingRef(handling_no="500103202611230000018", region="510104")
    try:
        guarded.query(ref)
    except PartnerUnavailable as failure:
        assert failure is fault
    assert last_signed(office).text == "asked"


def test_a_batch_and_its_receipt_have_what_their_signatures_cover(tmp_path):
    office, guizhou = southwest_office.open_office(tmp_path), Province()
    office.poll(guizhou.batch(row("accept", "1", 1)))
    with office.database.read() as session:
        lines = session.scalars(select(ExchangeRow).where(ExchangeRow.kind.in_(("batch", "receipt")))).all()
        kept = {line.kind: SignedText.model_validate(line.signed) for line in lines}
    office.database.close()
    assert len(kept["batch"].text.split("|")) == 10
    receipt = office.hub.receipted[0]
    assert kept["receipt"].proof["sign"] == receipt["sign"] and f"|{OK}|" in kept["receipt"].text
    assert guizhou.who.signed_by_caller(kept["receipt"].text, receipt["certSerial"], receipt["sign"])


def test_the_national_gateways_seal_is_told_too():
    double, heard = Double(answers=[answer(record())]), []
    adapter = connected(double)
    ref = HandlingRef(handling_no=NUMBER, region="440103")
    with listening(heard):
        adapter.send(
            adapter.render(Command(key="k", kind=CommandKind.WITHDRAW, handling=ref, body=Withdrawal(reason="x")))
        )
    (signed,) = heard
    operation, fsdw, _jsdw, _ywxtbh, _fssj, digest = signed.text.split("|")
    assert (operation, fsdw) == ("Withdraw", "500103000000")
    assert digest == sm3_hex(double.said[0].information.encode()) and signed.proof["seal"]
