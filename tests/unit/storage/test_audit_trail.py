"""The audit trail tells when anything of it was changed, removed, added or cut off, and names the first bad entry."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.audit import AuditEntry, AuditKind
from domain.audit_verdict import AuditFault
from storage.audit.chain import START, AuditRow, digest_of
from storage.audit.heads import AuditHeadRow, HeadSigner
from storage.audit.trail import AuditTrail
from storage.audit.verification import verify_trail
from storage.base import Database
from tests.sealing import SEALER

BEGAN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SIGNER = HeadSigner({"k1": b"1" * 32})
TRAIL = AuditTrail(SIGNER)
ENTRIES, AN_HOUR = 40, 10
OTHERS = HeadSigner({"k1": b"2" * 32})


def entry(number, **other):
    said = {
        "at": BEGAN + timedelta(minutes=6 * number, microseconds=number),
        "kind": AuditKind.LOOK if number % 3 else AuditKind.CHANGE,
        "actor": f"clerk-{number % 4}",
        "role": "clerk",
        "address": "10.0.0.7",
        "action": "getCase",
        "subject": f"50010320261123{number:06d}X",
    }
    return AuditEntry(**said | other)


@pytest.fixture
def trail(database):
    """Forty entries in four hours, so three signed heads: after the 9th, 19th, 29th, and 39th."""
    for number in range(1, ENTRIES + 1):
        with database.write() as session:
            TRAIL.note(session, entry(number))
    return database


def verdict(database, signer=SIGNER, expected=None):
    with database.read_one_moment() as session:
        return verify_trail(session, signer, expected)


def heads(database):
    with database.read() as session:
        return list(session.scalars(select(AuditHeadRow.seq).order_by(AuditHeadRow.seq)))


def digest(database, seq):
    with database.read() as session:
        return session.scalar(select(AuditRow.digest).filter_by(seq=seq))


def tamper(database, *changes):
    """As somebody does who owns the database."""
    with database.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'audit_%_no_%'")).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        for change in changes:
            session.execute(change)


def set_of(of, **values):
    return update(AuditRow).where(AuditRow.seq == of).values(**values)


def without(condition):
    return delete(AuditRow).where(condition)


def written_anew(database, first, change):
    """All entries from `first` on, changed and chained again by somebody who has read our code but has no key."""
    with database.read() as session:
        rows = [dict(row._mapping) for row in session.execute(select(*AuditRow.__table__.columns).order_by("seq"))]
    before = START if first == 1 else rows[first - 2]["digest"]
    found = []
    for row in change([row for row in rows if row["seq"] >= first]):
        values = [value for key, value in row.items() if key != "digest"]
        before = digest_of(before, values)
        found.append(row | {"digest": before})
    return [without(AuditRow.seq >= first), insert(AuditRow).values(found)]


def test_what_was_written_is_whole_and_its_end_is_known(trail):
    found = verdict(trail)
    assert (found.entries, found.first_bad, found.digest) == (ENTRIES, None, digest(trail, ENTRIES))
    assert found.is_whole
    assert heads(trail) == [9, 19, 29, 39]


def test_an_empty_trail_is_whole(database):
    assert verdict(database).entries == 0


CHANGED = {
    "who": {"actor": "somebody"},
    "when": {"at": BEGAN},
    "when, by a microsecond": {"at": entry(7).at + timedelta(microseconds=1)},
    "what": {"action": "withdraw"},
    "of which case": {"subject": "500103202611230000070"},
    "the kind": {"kind": AuditKind.EXPORT.value},
    "the role": {"role": "auditor"},
    "from where": {"address": "10.0.0.8"},
    "a code": {"code": "ROLE"},
    "the digest": {"digest": "0" * 64},
    "the digest, in capitals": {"digest": "A" * 64},
    "one digit moved to the next field": {"address": "10.0.0.", "action": "7getCase"},
}


@pytest.mark.parametrize("values", CHANGED.values(), ids=CHANGED)
def test_a_changed_entry_is_named(trail, values):
    tamper(trail, set_of(7, **values))
    found = verdict(trail)
    assert (found.entries, found.first_bad, found.fault) == (6, 7, AuditFault.ALTERED)


REMOVED = {
    "one from the middle": (without(AuditRow.seq == 12), 12),
    "the first": (without(AuditRow.seq == 1), 1),
    "all before a head": (without(AuditRow.seq <= 9), 1),
    "three in a row": (without(AuditRow.seq.between(20, 22)), 20),
    "all but the last": (without(AuditRow.seq < 40), 1),
}


@pytest.mark.parametrize(("change", "first"), REMOVED.values(), ids=REMOVED)
def test_a_removed_entry_is_named(trail, change, first):
    tamper(trail, change)
    found = verdict(trail)
    assert (found.first_bad, found.fault) == (first, AuditFault.MISSING)


def test_two_that_changed_places_are_named(trail):
    tamper(trail, set_of(12, seq=1000), set_of(13, seq=12), set_of(1000, seq=13))
    assert (verdict(trail).first_bad, verdict(trail).fault) == (12, AuditFault.ALTERED)


def test_one_put_in_is_named(trail):
    with trail.read() as session:
        row = dict(session.execute(select(*AuditRow.__table__.columns).filter_by(seq=40)).one()._mapping)
    tamper(trail, insert(AuditRow).values(row | {"seq": 41}))
    assert (verdict(trail).first_bad, verdict(trail).fault) == (41, AuditFault.ALTERED)


def changed(rows):
    return [row | {"actor": "nobody"} for row in rows]


def one_less(rows):
    return [row | {"seq": row["seq"] - 1} for row in rows[1:]]


@pytest.mark.parametrize("change", [changed, one_less])
@pytest.mark.parametrize(("first", "found_at"), [(1, 9), (9, 9), (15, 19), (30, 39)])
def test_written_anew_and_chained_again_is_found_at_the_next_signed_head(trail, change, first, found_at):
    tamper(trail, *written_anew(trail, first, change))
    found = verdict(trail)
    assert (found.first_bad, found.fault) == (found_at, AuditFault.NOT_AS_SIGNED)


def test_heads_written_anew_without_the_key_are_found(trail):
    anew = written_anew(trail, 15, changed)
    tamper(trail, *anew)
    for seq in (19, 29, 39):
        false = OTHERS.sign(seq, digest(trail, seq), BEGAN)
        columns = {"digest": false.digest, "signature": false.signature}
        tamper(trail, update(AuditHeadRow).where(AuditHeadRow.seq == seq).values(**columns))
    found = verdict(trail)
    assert (found.first_bad, found.fault) == (19, AuditFault.NOT_AS_SIGNED)


@pytest.mark.parametrize("signature", ["", "00", "no hex", "0" * 128])
def test_a_broken_signature_is_found(trail, signature):
    tamper(trail, update(AuditHeadRow).where(AuditHeadRow.seq == 19).values(signature=signature))
    assert (verdict(trail).first_bad, verdict(trail).fault) == (19, AuditFault.NOT_AS_SIGNED)


@pytest.mark.parametrize("kept", [38, 20, 0])
def test_cut_off_before_a_signed_head_is_found(trail, kept):
    tamper(trail, without(AuditRow.seq > kept))
    found = verdict(trail)
    assert (found.entries, found.first_bad, found.fault) == (kept, kept + 1, AuditFault.CUT_OFF)


def test_cut_off_with_its_heads_is_found_by_what_was_noted_elsewhere(trail):
    noted = {ENTRIES: digest(trail, ENTRIES)}
    assert verdict(trail, expected=noted).is_whole
    tamper(trail, without(AuditRow.seq > 25), delete(AuditHeadRow).where(AuditHeadRow.seq > 25))
    assert verdict(trail).is_whole  # so it is: nothing in the database says otherwise
    found = verdict(trail, expected=noted)
    assert (found.first_bad, found.fault) == (26, AuditFault.CUT_OFF)


def test_written_anew_after_the_last_head_is_found_by_what_was_noted_elsewhere(trail):
    noted = {ENTRIES: digest(trail, ENTRIES)}
    tamper(trail, *written_anew(trail, 40, changed))
    assert verdict(trail).is_whole
    assert verdict(trail, expected=noted).first_bad == ENTRIES


def test_a_key_that_we_have_no_more_is_said_and_its_digests_count(trail):
    found = verdict(trail, signer=HeadSigner({"k2": b"3" * 32}))
    assert (found.is_whole, found.heads_of_unknown_keys) == (True, 4)
    tamper(trail, *written_anew(trail, 15, changed))
    assert verdict(trail, signer=HeadSigner({"k2": b"3" * 32})).first_bad == 19


@pytest.mark.parametrize(
    "what", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "DELETE FROM audit_head"]
)
def test_the_database_refuses_to_change_or_remove(trail, what):
    with pytest.raises(DBAPIError, match="append-only"), trail.write() as session:
        session.execute(text(what))
    assert verdict(trail).is_whole


def test_an_entry_counts_only_with_what_it_tells(database):
    with pytest.raises(ZeroDivisionError), database.write() as session:
        TRAIL.note(session, entry(1))
        _ = 1 / 0
    assert verdict(database).entries == 0


def test_many_at_once_make_one_chain(database):
    def one(number):
        with database.write() as session:
            TRAIL.note(session, entry(number))

    with ThreadPoolExecutor(8) as people:
        list(people.map(one, range(1, 81)))
    found = verdict(database)
    assert (found.entries, found.is_whole) == (80, True)


@pytest.mark.soak
def test_a_million_entries_are_read_within_half_a_minute(tmp_path, migrated_file):
    """The goal of the audit requirement is a time; on a slow machine this says so."""
    shutil.copy(migrated_file, tmp_path / "kuayu.db")
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    before, names = START, [column.key for column in AuditRow.__table__.columns]
    with database.write() as session:
        for first in range(1, 1_000_001, 10_000):
            rows = []
            for seq in range(first, first + 10_000):
                said = (
                    seq,
                    BEGAN + timedelta(seconds=seq),
                    "LOOK",
                    "clerk",
                    "clerk",
                    "10.0.0.7",
                    "getCase",
                    "5001",
                    "",
                )
                before = digest_of(before, said)
                rows.append(dict(zip(names, (*said, before), strict=True)))
            session.execute(insert(AuditRow), rows)
    began = time.monotonic()
    assert verdict(database).entries == 1_000_000
    assert time.monotonic() - began < 30
    database.close()
