"""The order of checks (contracts.md B "Batch"): of several faults at once the first one is told.

Each message here has one fault and every fault that is looked for later, so that two checks that have changed places
show as another code.
"""

import gzip
from datetime import timedelta

import pytest

from tests.unit.exchange.southwest_office import open_office
from tests.unit.exchange.southwest_province import NOW, Province, row

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
    office, guizhou = open_office(tmp_path), Province()
    office.take(guizhou.batch(row("accept", "1", 1)))
    before = office.progress()
    assert office.take(batch_with(guizhou, {name for name, _ in BATCH[first:]})) == BATCH[first][1]
    assert office.progress() == before
    assert office.inbox_rows() == 1
    assert len(office.security_events()) == 1
    assert office.rows(guizhou, row("accept", "2", 2)) == ["0" * 12], "its seq and name are still free"
    office.database.close()


@pytest.mark.parametrize("fault", ["chain", "limits", "rowsSm3", "rows"])
def test_a_known_name_is_looked_for_before_the_chain_and_the_rows(tmp_path, fault):
    office, guizhou = open_office(tmp_path), Province()
    office.take(guizhou.batch(row("accept", "1", 1), keep=False))
    assert office.take(batch_with(guizhou, {fault})) == "SW100402"
    assert office.progress().last_event == "RECEIVED"
    office.database.close()
