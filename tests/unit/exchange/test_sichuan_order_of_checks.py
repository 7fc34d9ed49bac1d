"""The order of checks (contracts.md "Common rules"): of several faults at once the first one is told.

Each message here has one fault and every fault that is looked for later, so that two checks that have changed places
show as another code.
"""

import json

import pytest

from tests.unit.exchange.office import FOREIGN, HANDLING, NOW
from tests.unit.exchange.sichuan_callbacks import callback, content, open_sichuan_office

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
    office = open_sichuan_office(tmp_path)
    assert office.send(callback(content(event_id="evt_used0001"), **{"X-CY-Nonce": "0" * 32}))[0] == 200
    before = office.progress()
    _, body = office.send(callback_with({name for name, _ in CALLBACK[first:]}))
    assert body["code"] == CALLBACK[first][1]
    assert office.progress() == before
    assert office.inbox_rows() == 1
    assert len(office.security_events()) == 1
    office.database.close()


def test_a_callback_without_any_fault_is_taken(tmp_path):
    office = open_sichuan_office(tmp_path)
    assert office.send(callback(content(event_id="evt_used0001")))[0] == 200
    assert office.send(callback_with(set()))[0] == 200
    office.database.close()
