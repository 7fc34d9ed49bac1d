"""What our side makes of every answer: who acts next, and what is never believed."""

import base64
import json
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.outbound import Command, HandlingRef, Withdrawal
from domain.terms import CommandKind, WireEvent
from tests.unit.partners.interprovincial.gateway_double import (
    NOW,
    NUMBER,
    OK,
    Double,
    answer,
    connected,
    plain_answer,
    record,
)

HANDLING = HandlingRef(handling_no=NUMBER, region="440103")
WITHDRAWAL = Command(key="k", kind=CommandKind.WITHDRAW, handling=HANDLING, body=Withdrawal(reason="不办了"))
FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Client</faultcode></s:Fault></s:Body></s:Envelope>"
)


def send(*answers):
    double = Double(answers=list(answers))
    adapter = connected(double)
    rendered = adapter.render(WITHDRAWAL)
    return double, adapter.send(rendered)


def raw(status: int, body: bytes, **headers: str):
    return lambda double, said: plain_answer(status, body, **headers)


def test_a_sealed_answer_is_a_receipt():
    double, receipt = send(answer(record()))
    assert (receipt.partner_no, receipt.duplicate) == ("GD-1", False)
    assert receipt.received_at.isoformat() == "2026-11-23T16:00:01+08:00"
    assert double.refreshes == 1
    assert 'no="1" sid="1"><AJBH>' in double.said[0].information


def test_minus_910_is_the_first_answer_again():
    assert send(answer(record(code=-910)))[1].duplicate


def test_a_retry_changes_head_nonce_and_seal_and_nothing_from_data_on():
    double = Double(answers=[answer(record(code=-999)), answer(record())])
    adapter = connected(double)
    rendered = adapter.render(WITHDRAWAL)
    with pytest.raises(PartnerUnavailable):
        adapter.send(rendered)
    double.clock[0] += timedelta(seconds=5)
    adapter.send(rendered)
    first, second = double.said
    assert first.information != second.information
    assert (
        first.information[first.information.index("<DATA") :] == second.information[second.information.index("<DATA") :]
    )
    assert first.headers["x-tif-nonce"] != second.headers["x-tif-nonce"]


@pytest.mark.parametrize(
    ("given_answer", "error", "code"),
    [
        pytest.param(raw(500, b'{"code":400001,"msg":"x"}'), PartnerRefused, "GATEWAY_AUTH", id="gateway says no"),
        pytest.param(raw(500, FAULT), PartnerRefused, "SOAP_FAULT", id="SOAP Fault"),
        pytest.param(raw(500, b'{"code":1}'), PartnerUnavailable, "HTTP500", id="another 500"),
        pytest.param(raw(502, b"Bad Gateway"), PartnerUnavailable, "HTTP502", id="502"),
        pytest.param(raw(429, b""), PartnerUnavailable, "HTTP429", id="429"),
        pytest.param(raw(302, b""), PartnerRefused, "HTTP302", id="redirect"),
        pytest.param(raw(404, b""), PartnerRefused, "HTTP404", id="404"),
        pytest.param(raw(200, b"<html><body>login</body></html>"), PartnerUntrusted, "UNREADABLE", id="login page"),
        pytest.param(raw(200, b""), PartnerUntrusted, "UNREADABLE", id="empty"),
        pytest.param(raw(200, FAULT), PartnerUntrusted, "UNREADABLE", id="Fault with 200"),
        pytest.param(answer(record(), sealed=False), PartnerUntrusted, "UNSEALED", id="unsealed success"),
        pytest.param(answer(record(code=-910), sealed=False), PartnerUntrusted, "UNSEALED", id="unsealed duplicate"),
        pytest.param(answer(record(code=-920), sealed=False), PartnerUntrusted, "UNSEALED", id="unsealed refusal"),
        pytest.param(answer("", sealed=False), PartnerUntrusted, "UNSEALED", id="unsealed nothing"),
        pytest.param(answer(record("", -51), sealed=False), PartnerRefused, "-51", id="unsealed −51"),
        pytest.param(answer(record("", -60), sealed=False), PartnerRefused, "-60", id="unsealed −60"),
        pytest.param(answer(record("", -61), sealed=False), PartnerRefused, "-61", id="unsealed −61"),
        pytest.param(answer(record("", -51), secret=b"another"), PartnerRefused, "-51", id="−51 under another secret"),
        pytest.param(answer(record(), secret=b"another"), PartnerUntrusted, "WRONG_SEAL", id="another secret"),
        pytest.param(
            answer(record(), after_seal=lambda t: t.replace("GD-1", "GD-2")),
            PartnerUntrusted,
            "WRONG_SEAL",
            id="changed after the seal",
        ),
        pytest.param(
            answer(record(), operation="SubmitResponse"), PartnerUntrusted, "UNREADABLE", id="answer to another call"
        ),
        pytest.param(
            answer(record(), spoil=lambda t: re.sub("<JSDW>.*</JSDW>", "<JSDW>510000000000</JSDW>", t)),
            PartnerUntrusted,
            "OTHER_HEAD",
            id="not to us",
        ),
        pytest.param(
            answer(record(), spoil=lambda t: re.sub("<FSDW>.*</FSDW>", "<FSDW>330000000000</FSDW>", t)),
            PartnerUntrusted,
            "OTHER_HEAD",
            id="from another province",
        ),
        pytest.param(
            answer(record(), spoil=lambda t: t.replace("000003</YWXTBH>", "000004</YWXTBH>")),
            PartnerUntrusted,
            "OTHER_HEAD",
            id="about another number",
        ),
        pytest.param(answer(record(), fssj="20261123154000"), PartnerUntrusted, "OLD_ANSWER", id="20 minutes old"),
        pytest.param(answer(record(), fssj="20261123164000"), PartnerUntrusted, "OLD_ANSWER", id="from tomorrow"),
        pytest.param(answer(record(), fssj="20261323160000"), PartnerUntrusted, "UNREADABLE", id="month 13"),
        pytest.param(answer(record() + record(no=2)), PartnerUntrusted, "OUT_OF_FORM", id="two records"),
        pytest.param(answer(""), PartnerUntrusted, "OUT_OF_FORM", id="no record"),
        pytest.param(
            answer(record().replace(' code="0"', "")), PartnerUntrusted, "UNREADABLE", id="record without code"
        ),
        pytest.param(answer(record().replace('"0"', '"０"')), PartnerUntrusted, "UNREADABLE", id="full-width code"),
        pytest.param(
            answer(record(OK.replace(NUMBER, "500103202611230000021"))),
            PartnerUntrusted,
            "OUT_OF_FORM",
            id="another case",
        ),
        pytest.param(
            answer(record(), spoil=lambda t: "<!DOCTYPE a>" + t), PartnerUntrusted, "UNREADABLE", id="DOCTYPE"
        ),
        pytest.param(
            answer(record(), spoil=lambda t: t.replace("<AJBH>", "<!-- --><AJBH>")),
            PartnerUntrusted,
            "UNREADABLE",
            id="comment",
        ),
        pytest.param(answer(record("长" * 800_000)), PartnerUntrusted, "UNREADABLE", id="information over 2 MB"),
        pytest.param(
            answer(record(), envelope=lambda t: '<!DOCTYPE x [<!ENTITY a "b">]>' + t),
            PartnerUntrusted,
            "UNREADABLE",
            id="DOCTYPE in the envelope",
        ),
        pytest.param(
            answer(record(), envelope=lambda t: t.replace("<seal>", "<seal>0</seal><seal>")),
            PartnerUntrusted,
            "UNREADABLE",
            id="two seals",
        ),
        pytest.param(answer(record("", -999)), PartnerUnavailable, "-999", id="busy"),
        pytest.param(answer(record("", -53)), PartnerUnavailable, "-53", id="number used"),
        *(
            pytest.param(answer(record("", code)), PartnerRefused, str(code), id=str(code))
            for code in (-52, -901, -902, -903, -905, -906, -911, -920, -4711)
        ),
    ],
)
def test_answers_that_are_no_receipt(given_answer, error, code):
    with pytest.raises(PartnerError) as raised:
        send(given_answer)
    assert type(raised.value) is error
    assert raised.value.code == code
    assert "50010119900101123X" not in str(raised.value)  # their msg may hold personal data


def test_retry_after_is_passed_on():
    with pytest.raises(PartnerUnavailable) as raised:
        send(raw(503, b"", Retry_After="7"))
    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(answer(record("", -50), sealed=False), id="unsealed"),
        pytest.param(answer(record("", -50), secret=b"forgotten"), id="under a secret that we don't have"),
    ],
)
def test_minus_50_renews_the_secret_once_and_then_stops(refused):
    double, receipt = send(refused, answer(record()))
    assert (double.refreshes, receipt.partner_no) == (2, "GD-1")
    double = Double(answers=[refused, refused, refused])
    adapter = connected(double)
    with pytest.raises(PartnerRefused, check=lambda fault: fault.code == "-50"):
        adapter.send(adapter.render(WITHDRAWAL))
    assert (double.refreshes, len(double.said)) == (2, 2)


def test_an_answer_under_the_secret_before_counts_until_its_end():
    double = Double(
        answers=[answer(record()), answer(record(), secret=b"secret-1"), answer(record(), secret=b"secret-1")]
    )
    double.lifetime_s = 400
    adapter = connected(double)
    rendered = adapter.render(WITHDRAWAL)
    adapter.send(rendered)
    double.clock[0] = NOW + timedelta(seconds=230)  # 170 s before its end: renewed
    adapter.send(rendered)
    assert double.refreshes == 2
    double.clock[0] = NOW + timedelta(seconds=401)
    with pytest.raises(PartnerUntrusted):
        adapter.send(rendered)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        pytest.param(raw(200, b'{"code":"-1","msg":"sign"}'), PartnerRefused, id="another code"),
        pytest.param(raw(200, b'{"code":0}'), PartnerRefused, id="code is a number"),
        pytest.param(raw(200, b'{"code":"-999"}'), PartnerUnavailable, id="busy"),
        pytest.param(raw(200, b"<html>"), PartnerUntrusted, id="no JSON"),
        pytest.param(raw(200, b'{"code":"0"}'), PartnerUntrusted, id="no data"),
        pytest.param(
            raw(200, b'{"code":"0","data":{"secret":"AAAA","secretEndTime":1795507200000}}'),
            PartnerUntrusted,
            id="secret out of form",
        ),
        pytest.param(
            raw(
                200,
                json.dumps(
                    {"code": "0", "data": {"secret": base64.b64encode(b"0" * 60).decode(), "secretEndTime": 1}}
                ).encode(),
            ),
            PartnerUntrusted,
            id="ended before it began",
        ),
        pytest.param(
            raw(200, b'{"code":"0","data":{"secret":"AAAA","secretEndTime":true}}'), PartnerUntrusted, id="end is true"
        ),
        pytest.param(raw(500, b'{"code":400001}'), PartnerRefused, id="gateway says no"),
        pytest.param(raw(503, b""), PartnerUnavailable, id="503"),
    ],
)
def test_a_secret_that_does_not_come(refusal, error):
    double = Double(answers=[], refuse_refresh=lambda: refusal(None, None))
    adapter = connected(double)
    with pytest.raises(PartnerError) as raised:
        adapter.send(adapter.render(WITHDRAWAL))
    assert type(raised.value) is error
    assert double.said == []


def test_query_none_before_any_event_and_for_an_unknown_case():
    empty = f"<AJBH>{NUMBER}</AJBH><XH>0</XH>"
    assert connected(Double(answers=[answer(record(empty, sid="0"))])).query(HANDLING) is None
    assert connected(Double(answers=[answer(record("", -906))])).query(HANDLING) is None


def test_query_gives_the_latest_notice_and_only_of_this_case():
    said = (
        f"<AJBH>{NUMBER}</AJBH><YWXTBH>50010300000020261123000000000003</YWXTBH><LSH>GD-1</LSH><XH>2</XH>"
        "<ZT>04</ZT><ZTSJ>20261123155900</ZTSJ><LC>1</LC><YY>缺页</YY><CLMC>甲</CLMC><CLMC>乙</CLMC><XGR>5</XGR>"
    )
    message = connected(Double(answers=[answer(record(said, sid="n2"))])).query(HANDLING)
    assert (message.event, message.seq, message.message_id) == (WireEvent.NEED_SUPPLEMENT, 2, "n2")
    assert message.payload.materials == ("甲", "乙")
    assert message.content == said.encode()
    other = said.replace(NUMBER, "500103202611230000021")
    with pytest.raises(PartnerUntrusted):
        connected(Double(answers=[answer(record(other, sid="n2"))])).query(HANDLING)


def test_a_file_with_another_hash_is_not_believed():
    inside = f"<SHA256>{'0' * 64}</SHA256><NR>{base64.b64encode(b'%PDF-1.4').decode()}</NR>"
    for spoiled in (inside, inside.replace("<NR>", "<NR>=")):
        with pytest.raises(PartnerUntrusted):
            connected(Double(answers=[answer(record(spoiled))])).get_file(HANDLING, "0" * 64)


def test_a_file_hash_out_of_form_is_never_asked_for():
    double = Double()
    with pytest.raises(PartnerRefused):
        connected(double).get_file(HANDLING, "../../etc/passwd")
    assert double.said == []


def test_fetch_asks_for_fewer_where_so_many_do_not_fit():
    def too_large(double, said):
        raise AnswerLost("对方系统的答复过大", code="TOO_LARGE")

    double = Double(answers=[too_large, too_large, answer("")])
    assert connected(double).fetch_notices(100).notices == ()
    assert [re.search("<MAX>(.*)</MAX>", said.information)[1] for said in double.said] == ["100", "50", "25"]
    numbers = [re.search("<YWXTBH>(.*)</YWXTBH>", said.information)[1] for said in double.said]
    assert len(set(numbers)) == 3


def test_one_record_that_cannot_be_read_does_not_hold_up_the_others():
    good = (
        f"<AJBH>{NUMBER}</AJBH><YWXTBH>50010300000020261123000000000003</YWXTBH><LSH>GD-1</LSH><XH>1</XH>"
        "<ZT>01</ZT><ZTSJ>20261123155900</ZTSJ>"
    )
    records = record(good, sid="a") + record("<AJBH/>", sid="b", no=2) + record(good, sid='q"&amp;', no=3)
    fetched = connected(Double(answers=[answer(records.replace('q"', "q"))])).fetch_notices()
    assert [one.message.message_id for one in fetched.notices] == ["a", "q&"]
    assert [(one.sid, one.reason) for one in fetched.unreadable] == [("b", "AJBH missing")]


def test_confirmations_are_told_apart_by_sid():
    said = record("", 0, "a") + record("", -910, "b", 2) + record("", -906, "c", 3)
    double = Double(answers=[answer(said), answer(record("", -906, "c"))])
    adapter = connected(double)
    confirmed = adapter.confirm_notices(("a", "b", "c", "d"))
    assert (confirmed.done, confirmed.unknown) == (("a", "b"), ("c", "d"))
    assert adapter.confirm_notices(("c",)).unknown == ("c",)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_partner_error_and_never_another(body: bytes):
    with pytest.raises(PartnerError):
        send(raw(200, body))


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_changed_character_of_a_sealed_answer_is_not_believed(data: st.DataObject):
    place = data.draw(st.integers(0, 10_000))
    other = data.draw(st.sampled_from("0aX<>&\"' 王\r\n"))

    def spoiled(text: str) -> str:
        at = place % len(text)
        return text[:at] + ("1" if text[at] == other else other) + text[at + 1 :]

    with pytest.raises(PartnerUntrusted):
        send(answer(record(), after_seal=spoiled))
