"""The order of checks (contracts.md "Common rules" and B "Batch"): of several faults at once the first one is told.

Each message here has one fault and every fault that is looked for later, so that two checks that have changed places
show as another code.
"""

import gzip
import json
from datetime import timedelta

import pytest

from tests.unit.relay.sichuan_callbacks import FOREIGN, HANDLING, NOW, callback, content
from tests.unit.relay.sichuan_callbacks import open_office as open_sichuan
from tests.unit.relay.southwest_office import open_office as open_southwest
from tests.unit.relay.southwest_province import Province, row

CALLBACK = [
    ("size", "CY4131"),
    ("media type", "CY4151"),
    ("header", "CY4002"),
    ("application", "CY4012"),
    ("time", "CY4013"),
    ("signature", "CY4012"),
    ("nonce", "CY4091"),
    ("JSON", "CY4001"),
    ("schema", "CY4221"),
    ("case", "CY4041"),
    ("message id", "CY4223"),
    ("transition", "CY4222"),
]


def callback_with(faults: set[str]):
    """After `evt_used0001` (RECEIVED) under the nonce of zeros."""
    said = content("ACCEPTED", 2, "evt_fresh001", caseNo=FOREIGN if "case" in faults else HANDLING)
    if "transition" in faults:
        said |= {"event": "RESULT_SENT", "payload": {"trackingNo": "EB1"}}
    if "message id" in faults:
        said["eventId"] = "evt_used0001"
    if "schema" in faults:
        del said["actorOrg"]
    body = json.dumps(said).encode() + (b"}" if "JSON" in faults else b"")
    if "size" in faults:
        body += b" " * 262_144
    headers = {
        "Content-Type": "text/plain" if "media type" in faults else None,
        "X-CY-Msg-Id": "short" if "header" in faults else None,
        "X-CY-App-Id": "another" if "application" in faults else None,
        "X-CY-Timestamp": str(int(NOW.timestamp()) - 91) if "time" in faults else None,
        "X-CY-Signature": "v1=AAAA" if "signature" in faults else None,
        "X-CY-Nonce": "0" * 32 if "nonce" in faults else None,
    }
    return callback(body, said["eventId"], **{name: value for name, value in headers.items() if value is not None})


@pytest.mark.parametrize("first", range(len(CALLBACK)), ids=[name for name, _ in CALLBACK])
def test_a_callback_with_this_fault_and_all_later_ones(tmp_path, first):
    office = open_sichuan(tmp_path)
    assert office.send(callback(content(event_id="evt_used0001"), **{"X-CY-Nonce": "0" * 32}))[0] == 200
    before = office.truth()
    _, body = office.send(callback_with({name for name, _ in CALLBACK[first:]}))
    assert body["code"] == CALLBACK[first][1]
    assert office.truth() == before
    assert office.inbox_rows() == 1
    assert len(office.security_events()) == 1
    office.database.close()


def test_a_callback_without_any_fault_is_taken(tmp_path):
    office = open_sichuan(tmp_path)
    assert office.send(callback(content(event_id="evt_used0001")))[0] == 200
    assert office.send(callback_with(set()))[0] == 200
    office.database.close()


BATCH = [
    ("shape", "SW100101"),
    ("freshness", "SW100101"),
    ("address", "SW200401"),
    ("certificate", "SW100201"),
    ("signature", "SW100202"),
    ("seq", "SW100401"),
    ("chain", "SW100403"),
    ("gzip", "SW100302"),
    ("limits", "SW100303"),
    ("rowsSm3", "SW100301"),
    ("rows", "SW100302"),
]


def batch_with(guizhou: Province, faults: set[str]):
    changed = {
        "ver": 2 if "shape" in faults else None,
        "created": NOW - timedelta(hours=73) if "freshness" in faults else None,
        "to": "500104" if "address" in faults else None,
        "certSerial": "unknown" if "certificate" in faults else None,
        "tamper": {"sign": "AAAA"} if "signature" in faults else None,
        "seq": 3 if "seq" in faults else None,
        "prevSm3": "1" * 64 if "chain" in faults else None,
        "rowsSm3": "0" * 64 if "rowsSm3" in faults else None,
        "rows": 9 if "rows" in faults else None,
    }
    if "limits" in faults:
        changed["packed"] = gzip.compress(bytes(1_000_000))
    if "gzip" in faults:
        changed["packed"] = b"not gzip"
    given = {name: value for name, value in changed.items() if value is not None}
    return guizhou.batch(row("accept", "2", 2), keep=False, **given)


@pytest.mark.parametrize("first", range(len(BATCH)), ids=[name for name, _ in BATCH])
def test_a_batch_with_this_fault_and_all_later_ones(tmp_path, first):
    office, guizhou = open_southwest(tmp_path), Province()
    office.take(guizhou.batch(row("accept", "1", 1)))
    before = office.truth()
    assert office.take(batch_with(guizhou, {name for name, _ in BATCH[first:]})) == BATCH[first][1]
    assert office.truth() == before
    assert office.inbox_rows() == 1
    assert len(office.security_events()) == 1
    assert office.rows(guizhou, row("accept", "2", 2)) == ["0" * 12], "its seq and name are still free"
    office.database.close()


@pytest.mark.parametrize("fault", ["chain", "limits", "rowsSm3", "rows"])
def test_a_known_name_is_looked_for_before_the_chain_and_the_rows(tmp_path, fault):
    office, guizhou = open_southwest(tmp_path), Province()
    office.take(guizhou.batch(row("accept", "1", 1), keep=False))
    assert office.take(batch_with(guizhou, {fault})) == "SW100402"
    assert office.truth().last_event == "RECEIVED"
    office.database.close()
