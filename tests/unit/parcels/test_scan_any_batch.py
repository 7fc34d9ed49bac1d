"""Whatever JSON lies between them, honest lines are stored and answered: arbitrary values, on both databases."""

import contextlib
import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcels.batch_parsing import NotJson, parse_batch
from parcels.scan_verdicts import Result
from storage.base import Database
from storage.parcels.scans import ScanEventRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import LEG, open_desk, scan

KINDS = ["EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "AT_OUTLET", "VOID", "FLOWN", 7]
_TEXT = st.text(st.characters(codec=None, categories=None), max_size=12) | st.sampled_from(
    ["\ud800", "\udfff\x00", "\x00", "x" * 5000, "event-0001-EN_ROUTE", f"own-{LEG}-1-CANCELLED", "ß" * 40]
)
_NUMBER = st.integers() | st.sampled_from([2**53, 2**53 - 1, 2**63, 10**31, 10**40, -1]) | st.floats()
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBER | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_MEMBERS = ["occurredAt", "kind", "code", "epoch", "gps", "sealNo", "manifest", "proofs", "voids", "note", "bootId"]


@st.composite
def junk_lines(draw):
    """No event at all, or one with some members replaced and some added."""
    if draw(st.booleans()):
        return draw(_JSON)
    line = scan(draw(st.sampled_from(KINDS)), draw(st.integers(1, 3) | st.just(2**53)))
    line["eventId"] = draw(st.sampled_from(["junk-0001", "junk-0002", "x", "\ud800junkjunk", 7, None]))
    for name in draw(st.lists(st.sampled_from([*_MEMBERS, "deviceSeq", "unknown"]), max_size=3)):
        line[name] = draw(_JSON)
    line |= draw(st.dictionaries(_TEXT, _JSON, max_size=2))
    return line


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('any') / 'k.db'}"
    else:
        url = request.getfixturevalue("module_postgresql_url")
    database = Database(url, SEALER)
    opened = open_desk(database)
    opened.batches = 0
    yield opened
    database.close()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_honest_line_is_accepted_whatever_lies_between(desk, data):
    desk.batches += 1
    device = f"any-{desk.batches}"
    first = 1000  # junk has numbers of its own
    honest = [
        scan("EN_ROUTE", first + place, 600 - place, eventId=f"honest-{desk.batches}-{place}") for place in range(3)
    ]
    lines = copy.deepcopy(honest)
    for junk in data.draw(st.lists(junk_lines(), max_size=6)):
        if isinstance(junk, dict) and str(junk.get("deviceSeq")) in {"1000", "1001", "1002"}:
            continue
        times = data.draw(st.integers(1, 2))
        for _ in range(times):
            lines.insert(data.draw(st.integers(0, len(lines))), junk)
    answer = desk.take(device, *lines)
    assert len(answer.results) == len(lines)
    said = {result.eventId: result.result for result in answer.results}
    assert [said[line["eventId"]] for line in honest] == [Result.ACCEPTED] * 3
    answer.model_dump_json().encode()
    again = {result.eventId: result.result for result in desk.take(device, *lines).results}
    assert [again[line["eventId"]] for line in honest] == [Result.DUPLICATE] * 3
    assert desk.count(ScanEventRow, device_id=device, said_id=honest[0]["eventId"]) == 1


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(_JSON, max_size=4), allow_ascii=st.booleans())
def test_a_body_is_read_line_by_line(lines, allow_ascii):
    """What Python's own JSON says of any value, read back: as many lines as were sent."""
    text = json.dumps({"deviceId": "d", "events": lines}, ensure_ascii=allow_ascii)
    assert len(parse_batch(text.encode("utf-8", "surrogatepass"))["events"]) == len(lines)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}",:\\u08d e1-', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(NotJson):
        parse_batch(body)


def test_two_lines_with_one_number_in_one_batch(desk):
    """The first has it; the other is kept aside, and what follows is taken."""
    lines = [
        scan("EN_ROUTE", 1, 900, eventId="event-a-1"),
        scan("PICKED_UP", 1, 800, eventId="event-a-2"),
        scan("AT_OUTLET", 2, 700, eventId="event-a-3"),
        scan("AT_OUTLET", 2, 700, eventId="event-a-3"),
        scan("DELIVERED", 3, 700, eventId="event-a-3"),
        {"eventId": "event-a-4", "deviceSeq": 3},
        {"eventId": "event-a-4", "deviceSeq": 3},
        scan("DELIVERED", 3, 600, eventId="event-a-5"),
    ]
    answer = desk.take("twice", *lines)
    assert [(result.result.value, (result.code or "").split(":")[0]) for result in answer.results] == [
        ("accepted", ""),
        ("conflict", "SEQUENCE_USED"),
        ("accepted", ""),
        ("duplicate", ""),
        ("conflict", "CHANGED"),
        *[("rejected", "FORM")] * 2,
        ("accepted", ""),
    ]
    assert answer.watermark == 3
    assert [result.result.value for result in desk.take("twice", *lines).results] == [
        *("duplicate", "conflict", "duplicate", "duplicate", "conflict", "rejected", "rejected", "duplicate"),
    ]
