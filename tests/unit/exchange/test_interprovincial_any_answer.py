"""Whatever the gateway answers to FetchNotices, from its raw bytes on: nothing moves, one security event tells of it.

reliability.md §5 lines 41 to 46 on our side of the wire, through the real adapter.
"""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from exchange.interprovincial.intake import InterprovincialIntake
from partners.interprovincial.numbers import coordination_no
from storage.cases.rows import CaseRow
from storage.exchange.exchange_log import ExchangeRow
from tests.unit.exchange.interprovincial_office import HANDLING, NOW, Office, elements, open_office
from tests.unit.partners.interprovincial.gateway_double import Double, answer, connected, plain_answer

GOOD = f'<RECORD no="1" sid="s1" code="0" msg="ok">{elements(HANDLING, 1, "01")}</RECORD>'
DEEP = "<a>" * 14 + "</a>" * 14


def poll(office: Office, make) -> str:
    """One poll over the real adapter, the double answering with `make`; the fault that ended it."""
    double = Double(answers=[make, answer('<RECORD no="1" sid="s1" code="0" msg="ok"></RECORD>')])
    intake = InterprovincialIntake(office.database, office.inbox, connected(double), lambda: NOW)
    return intake.poll_once().fault


def spoiled(spoil):
    return answer(GOOD, spoil=spoil)


def attributes(count: int):
    return lambda t: t.replace("<AJBH>", "<AJBH " + " ".join(f'a{n}="1"' for n in range(count)) + ">")


UNTRUSTED = [
    pytest.param(spoiled(lambda t: "<!DOCTYPE PACKAGE>" + t), id="DOCTYPE"),
    pytest.param(spoiled(lambda t: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + t), id="XXE"),
    pytest.param(spoiled(lambda t: '<?xml version="1.0" encoding="GBK"?>' + t), id="GBK declared"),
    pytest.param(spoiled(lambda t: t.replace("<AJBH>5", "<AJBH>5<!-- -->")), id="comment in an id"),
    pytest.param(
        spoiled(lambda t: t.replace("<AJBH>", "<![CDATA[a]]]]>&gt;<AJBH>", 1).replace("a]]", "a]]>b")), id="]]>"
    ),
    pytest.param(spoiled(lambda t: t.replace("<DATA>", "<?x y?><DATA>")), id="instruction"),
    pytest.param(spoiled(lambda t: t.replace("<DATA>", "&#13;<DATA>")), id="reference to CR"),
    pytest.param(spoiled(lambda t: t.replace("<DATA>", "\r<DATA>")), id="raw CR"),
    pytest.param(spoiled(lambda t: re.sub("(<YWXTBH>[0-9]+</YWXTBH>)", r"\1\1", t, count=1)), id="YWXTBH twice"),
    pytest.param(spoiled(attributes(50_000)), id="50 000 attributes"),
    pytest.param(spoiled(attributes(65)), id="65 attributes"),
    pytest.param(spoiled(lambda t: t.replace("</RECORD>", DEEP + "</RECORD>")), id="depth 17"),
    pytest.param(spoiled(lambda t: t.replace("</RECORD>", "<a>" * 10_000)), id="depth 10⁴"),
    pytest.param(spoiled(lambda t: t[:-3]), id="cut"),
    pytest.param(spoiled(lambda t: ""), id="empty"),
    pytest.param(answer(GOOD, sealed=False), id="unsealed"),
    pytest.param(answer(GOOD, secret=b"another"), id="another secret"),
    pytest.param(answer(GOOD, operation="SubmitResponse"), id="answer to something else"),
    pytest.param(answer(GOOD, fssj="20261123154959"), id="601 s old"),
    pytest.param(answer(GOOD, fssj="20261123161001"), id="601 s ahead"),
    pytest.param(spoiled(lambda t: re.sub("<JSDW>.*</JSDW>", "<JSDW>510000000000</JSDW>", t)), id="to somebody else"),
    pytest.param(answer(GOOD, envelope=lambda t: "<!DOCTYPE e>" + t), id="DOCTYPE in the envelope"),
    pytest.param(lambda *_: plain_answer(200, b"\xff\xfe<e/>"), id="no UTF-8"),
    pytest.param(lambda *_: plain_answer(200, b"{}"), id="JSON"),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


@pytest.mark.parametrize("make", UNTRUSTED)
def test_an_answer_that_is_not_believed_changes_nothing(office: Office, make):
    before, events, began = _standing(office), len(office.security_events()), time.perf_counter()
    assert poll(office, make)
    assert time.perf_counter() - began < 1
    assert _standing(office) == before
    assert office.security_events()[events:] == ["UNTRUSTED_ANSWER"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_change_nothing(office: Office, body: bytes):
    before, events = _standing(office), len(office.security_events())
    poll(office, lambda *_: plain_answer(200, body))
    assert _standing(office) == before
    assert office.security_events()[events:] == ["UNTRUSTED_ANSWER"]


BELIEVED = [
    pytest.param(answer(GOOD, fssj="20261123155000"), id="600 s old"),
    pytest.param(answer(GOOD, fssj="20261123161000"), id="600 s ahead"),
    pytest.param(spoiled(attributes(64)), id="64 attributes"),
    pytest.param(spoiled(lambda t: t.replace("</RECORD>", DEEP.replace("<a></a>", "") + "</RECORD>")), id="depth 16"),
    pytest.param(spoiled(lambda t: t.replace("GD-1", "<![CDATA[<G&D>]]>&#x738B;&amp;")), id="CDATA and references"),
    pytest.param(
        answer(GOOD, envelope=lambda t: t.replace("<e:", "<soap:").replace("</e:", "</soap:").replace(":e=", ":soap=")),
        id="another prefix",
    ),
    pytest.param(answer(GOOD, envelope=lambda t: '<?xml version="1.0" encoding="UTF-8"?>\r\n' + t), id="declaration"),
]


@pytest.mark.parametrize("make", BELIEVED)
def test_what_the_contract_allows_is_taken(tmp_path, make):
    office = open_office(tmp_path)
    assert poll(office, make) == ""
    assert office.progress().last_event == "RECEIVED"
    assert office.security_events() == []
    office.database.close()


def _standing(office: Office):
    with office.database.read() as session:
        case = session.get_one(CaseRow, HANDLING)
        taken = list(session.scalars(select(ExchangeRow.id).filter_by(direction="in")))
        return office.progress(), office.inbox_rows(), (case.status, case.version), taken


def test_the_double_speaks_of_our_handling():
    assert coordination_no(HANDLING) in GOOD
