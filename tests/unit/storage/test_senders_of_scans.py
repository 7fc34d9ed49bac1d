"""Migration 0012 over a log that has lines of every sender: what was ours stays ours, what was forged is a device's."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import text

from domain.terms import ScanSource
from storage.base import Database
from storage.migrating import _config as config_of
from storage.migrating import migrate
from storage.parcels.scans import stored_hashes
from tests.sealing import SEALER

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LEG = "50010320261123000001X-PICKUP-1"
OLD = [  # event id, device, leg, actor, natural key, source after it
    (f"own-{LEG}-1-CANCELLED", f"kuayu-{LEG}", LEG, "kuayu", None, "own"),
    (f"own-{LEG}-1-RETURNED", f"kuayu-{LEG}", LEG, "courier", None, "device"),
    (f"handover-{LEG}-1", f"handover-{LEG}", LEG, "c1", f"handover-{LEG}-1", "handover"),
    (f"handover-{LEG}-3", f"handover-{LEG}", None, "courier", None, "device"),
    ("op-0123456789abcdef0123456789abcdef", "carrier-EA1", LEG, "carrier", "EA1|203|x|1", "carrier"),
    ("event-0001", "carrier-EA1", None, "carrier", None, "device"),
    ("event-0002", "c1", LEG, "c1", None, "device"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    command.upgrade(config_of(database.engine), "0009")
    with database.write() as session:
        for place, (event_id, device, leg, actor, key, _) in enumerate(OLD):
            session.execute(
                text(
                    "INSERT INTO scan_event (event_id, device_id, device_seq, leg_id, code, kind, actor, occurred_at, "
                    "corrected_at, recorded_at, clock_suspect, second_approval, natural_key, payload, payload_sha256) "
                    "VALUES (:id, :device, :seq, :leg, 'x', 'LOST', :actor, :at, :at, :at, false, false, :key, '{}', "
                    ":sha)"
                ),
                {"id": event_id, "device": device, "seq": place, "leg": leg, "actor": actor, "key": key}
                | {"at": "2026-11-23 08:00:00", "sha": f"sha-{event_id}"[:64]},
            )
        for sha256, told in (("a" * 64, True), ("b" * 64, False)):
            values = {"sha": sha256, "at": "2026-11-22 08:00:00", "key": f"proof/event-0002/{sha256[:16]}"}
            proof = "INSERT INTO scan_proof (event_id, sha256, leg_id, named_at) VALUES ('event-0002', :sha, NULL, :at)"
            session.execute(text(proof), {"sha": sha256, "at": values["at"]})
            if told:
                task = (
                    "INSERT INTO task (id, key, kind, owner, data, opened_at, delivered) "
                    "VALUES ('t', :key, 'FILE_MISSING', 'clerk', '{}', :at, true)"
                )
                session.execute(text(task), {"key": values["key"], "at": values["at"]})
    yield database
    database.close()


def test_each_line_gets_its_sender_and_is_known_again(before):
    migrate(before.engine)
    with before.read() as session:
        rows = session.execute(text("SELECT event_id, said_id, source FROM scan_event")).all()
        assert {(row.event_id, row.source) for row in rows} == {(old[0], old[5]) for old in OLD}
        assert all(row.said_id == row.event_id for row in rows)
        for event_id, device, *_, source in OLD:
            known = stored_hashes(session, ScanSource(source), device, [event_id])
            assert known == {event_id: f"sha-{event_id}"[:64]}
        told = session.execute(text("SELECT sha256 FROM scan_proof WHERE missed_at IS NOT NULL")).scalars().all()
    assert told == ["a" * 64]


def test_it_can_be_taken_back(before):
    migrate(before.engine)
    command.downgrade(config_of(before.engine), "0009")
    migrate(before.engine)
    with before.read() as session:
        assert session.execute(text("SELECT count(*) FROM scan_event")).scalar() == len(OLD)
