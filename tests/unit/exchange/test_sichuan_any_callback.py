"""Whatever is posted to us: an answer in the contract's words, and no change without a right one."""

import itertools
import json
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.identifiers import make_case_number
from partners.sichuan.codes import Code
from tests.unit.exchange.sichuan_callbacks import SichuanOffice, callback, content, open_sichuan_office
from tests.unit.exchange.sichuan_refusals import RESULT, SUPPLEMENT
from tests.unit.exchange.standing import standing

CODES = {code.value for code in Code}
REFUSED = CODES - {"0000"}
serials = itertools.count(1)
unhurried = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
papers = anything | st.just([{"name": "户口簿", "form": "original", "count": 1}])
back = st.fixed_dictionaries(
    {"trackingNo": st.just("X")}, optional={"papers": papers, "kept": papers, "sealNo": anything}
)
payloads = anything | back | st.sampled_from([SUPPLEMENT, {"result": RESULT}, {"trackingNo": "X"}, {}])
events = st.text(max_size=70) | st.sampled_from(["RECEIVED", "NEED_SUPPLEMENT", "APPROVED", "REJECTED", "RESULT_SENT"])
members = st.fixed_dictionaries(
    {},
    optional={
        "eventId": anything,
        "caseNo": anything,
        "partnerCaseNo": anything,
        "event": events | anything,
        "seq": st.integers(-2, 4) | anything,
        "occurredAt": anything,
        "actorOrg": anything,
        "payload": payloads,
    },
)
header_names = [name for name, _ in callback(content()).headers]
header_values = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=140)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


def check(office: SichuanOffice, raw, number: str) -> None:
    """Answered within a second; refused means nothing moved and exactly one security event."""
    before, rows, noted = standing(office.database, number), office.inbox_rows(), len(office.security_events())
    began = time.monotonic()
    answer = office.intake.take(raw)
    assert time.monotonic() - began < 1
    assert json.loads(answer.body)["code"] in CODES
    if answer.code is Code.OK:
        assert office.inbox_rows() == rows + 1
    else:
        assert standing(office.database, number) == before
        assert len(office.security_events()) == noted + 1


def new_case(office: SichuanOffice) -> str:
    number = make_case_number("500103", date(2026, 11, 21), next(serials))
    office.add_case(number)
    return number


@given(changed=members, left_out=st.sets(st.sampled_from(sorted(content())), max_size=2))
@unhurried
def test_any_members(office: SichuanOffice, changed, left_out):
    number = new_case(office)
    said = {**content(event_id=f"evt_{number}", caseNo=number), **changed}
    said = {name: value for name, value in said.items() if name not in left_out}
    body = json.dumps(said).encode("utf-8", "surrogatepass")
    check(office, callback(body, f"evt_{number}"), number)


@given(place=st.integers(0, 10_000), what=st.binary(max_size=4), cut=st.integers(0, 4))
@unhurried
def test_any_bytes(office: SichuanOffice, place, what, cut):
    number = new_case(office)
    body = json.dumps(content(event_id=f"evt_{number}", caseNo=number), ensure_ascii=False).encode()
    at = place % len(body)
    check(office, callback(body[:at] + what + body[at + cut :], f"evt_{number}"), number)


@given(name=st.sampled_from(header_names), value=header_values, twice=st.booleans())
@unhurried
def test_any_header(office: SichuanOffice, name, value, twice):
    number = new_case(office)
    raw = callback(content(event_id=f"evt_{number}", caseNo=number))
    kept = raw.headers if twice else [pair for pair in raw.headers if pair[0] != name]
    check(office, replace(raw, headers=[*kept, (name, value)]), number)
