"""Everything sealed goes over to the first key while others write, whatever breaks it off; then the old one may go."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text, update

from domain.errors import Misconfigured
from domain.tasks import TaskKind
from storage.base import Database
from storage.cases.applicant_keys import ApplicantKeys, Before
from storage.cases.rows import CaseEventRow, CaseRow, add_event, read_dossier, write_dossier
from storage.documents.folder import FolderBlobs
from storage.documents.resealing import kids_of_documents, reseal_documents
from storage.documents.s3 import S3Blobs
from storage.documents.store import Documents
from storage.exchange.inbox_row import InboxRow
from storage.resealing import held, reseal
from storage.sealing import Sealer, kid_of
from storage.tasks.rows import TaskRow, open_task
from tests.s3_server import s3_server
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, message, register, take

OLD, NEW = b"k" * 32, b"n" * 32  # OLD: of SEALER, with which everything here was written
BOTH = Sealer({"s2": NEW, "s1": OLD})
ONLY_NEW = Sealer({"s2": NEW})
MANY = 30


@pytest.fixture
def filled(database, inbox):
    """A row of several tables, bound to one, two and no columns of theirs, and many of one."""
    register(database)
    take(database, inbox, message())
    with database.write() as session:
        ApplicantKeys(SEALER, Before(b"b" * 32, b"h" * 32)).issue(session, CASE, NOW)
        open_task(session, key="t", kind=TaskKind.REMINDED, now=NOW, case_no=CASE, data={"reason": "老人在家等"})
        for number in range(MANY):
            add_event(session, case_no=CASE, key=f"e{number}", kind="NOTE", at=NOW, now=NOW, actor="clerk",
                      data={"n": number})  # fmt: skip
    return database


def url_of(database):
    return database.engine.url.render_as_string(hide_password=False)


def with_keys(database, sealer):
    return Database(url_of(database), sealer)


def kids(database):
    with database.read() as session:
        return {one.kid: sum(each.values for each in held(session) if each.kid == one.kid) for one in held(session)}


def test_it_is_counted_by_the_first_bytes(filled):
    with filled.read() as session:
        found = {(one.table, one.column): one.values for one in held(session) if one.kid == "s1"}
    assert found["case_file", "dossier"] == found["inbox", "message"] == found["inbox", "raw"] == 1
    assert found["applicant_key", "sealed"] == found["task", "data"] == found["task_line", "data"] == 1
    assert found["case_event", "data"] == MANY
    assert set(kids(filled)) == {"s1"}


def test_all_goes_over_in_batches_and_again_nothing_changes(filled):
    told = []
    renewing = with_keys(filled, BOTH)
    count = kids(filled)["s1"]
    assert reseal(renewing, BOTH, batch=7, say=told.append) == count
    events = [one for one in told if one.table == "case_event"]
    assert [one.done for one in events] == [7, 14, 21, 28, 30]
    assert {one.of for one in events} == {MANY}
    assert kids(filled) == {"s2": count}
    before = snapshot(filled)
    assert reseal(renewing, BOTH, batch=7) == 0
    assert snapshot(filled) == before
    renewing.close()


def snapshot(database):
    with database.read() as session:
        return session.execute(text("SELECT id, data FROM case_event ORDER BY id")).all()


def test_without_the_old_key_everything_still_opens(filled):
    reseal(filled, BOTH)
    later = with_keys(filled, ONLY_NEW)
    with later.read() as session:
        case = session.get_one(CaseRow, CASE)
        assert read_dossier(case, ONLY_NEW) == DOSSIER
        said = session.scalars(select(InboxRow)).one()
        assert ONLY_NEW.open(said.raw, f"inbox/{said.sender}/{said.message_id}").startswith(b"raw ")
        assert session.scalars(select(TaskRow.data)).one()["reason"] == "老人在家等"
        assert {event["n"] for event in session.scalars(select(CaseEventRow.data)) if "n" in event} == set(range(MANY))
        assert ApplicantKeys(ONLY_NEW, Before(b"b" * 32, b"h" * 32)).of(session, CASE).token is not None
    later.close()


def test_it_goes_on_where_it_was_killed(filled):
    class Killed(BaseException):
        pass

    def kill(progress):
        if progress.table == "case_event" and progress.done >= 10:
            raise Killed

    with pytest.raises(Killed):
        reseal(filled, BOTH, batch=5, say=kill)
    half = kids(filled)
    assert half["s1"] and half["s2"]
    assert reseal(filled, BOTH, batch=5) == half["s1"]
    assert set(kids(filled)) == {"s2"}


def test_only_what_one_key_has_sealed(filled):
    other = Sealer({"s0": b"o" * 32})
    with filled.write() as session:
        write_dossier(session.get_one(CaseRow, CASE), other, DOSSIER)
    three = Sealer({"s2": NEW, "s1": OLD, "s0": b"o" * 32})
    assert reseal(filled, three, kid="s0") == 1
    assert "s0" not in kids(filled)
    assert kids(filled)["s1"] > MANY


def test_what_somebody_writes_meanwhile_stays(filled):
    """Writers change the same values over and over while all is sealed anew; the last word of each is there."""
    renewing, stop, last = with_keys(filled, BOTH), threading.Event(), {}

    def write(number):
        turn = 0
        while not stop.is_set():
            turn += 1
            with renewing.write() as session:
                session.execute(
                    update(CaseEventRow).filter_by(key=f"e{number}").values(data={"n": number, "turn": turn})
                )
            last[number] = turn

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, number) for number in range(4)]
        try:
            for _ in range(5):
                with filled.write() as session:  # what a process with the old key first still writes
                    for number in range(4, MANY):
                        data = {"n": number}
                        session.execute(update(CaseEventRow).filter_by(key=f"e{number}").values(data=data))
                reseal(renewing, BOTH, batch=3)
        finally:
            stop.set()
        for writer in writers:
            writer.result()
    assert set(kids(filled)) == {"s2"}
    with renewing.read() as session:
        rows = dict(session.execute(select(CaseEventRow.key, CaseEventRow.data)).tuples().all())
    assert {number: rows[f"e{number}"]["turn"] for number in range(4)} == last
    renewing.close()


def test_a_row_that_somebody_holds_is_not_waited_for(request, filled):
    if "postgresql" not in request.node.callspec.id:
        return  # SQLite has one writer at a time, and waits for it
    with filled.write() as session:
        session.get_one(CaseRow, CASE, with_for_update=True)
        reseal(filled, BOTH)  # returns while the row is held
    assert kids(filled)["s1"] == 1
    assert reseal(filled, BOTH) == 1


def test_a_key_that_nobody_has_is_named_and_a_value_that_was_moved_too(filled):
    with pytest.raises(Misconfigured, match="s1"):
        reseal(filled, ONLY_NEW)
    with filled.write() as session:
        session.get_one(CaseRow, CASE).dossier = SEALER.seal(b"{}", "case/another")
    with pytest.raises(InvalidTag):
        reseal(filled, BOTH)


def test_empty_bytes_are_no_sealed_value(filled):
    with filled.write() as session:
        session.scalars(select(InboxRow)).one().raw = b""
    reseal(filled, BOTH)
    assert set(kids(filled)) == {"s2"}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as made:
        yield made


@pytest.fixture(params=["folder", "s3"])
def blobs(request, tmp_path):
    if request.param == "folder":
        return FolderBlobs(tmp_path / "documents")
    return S3Blobs(request.getfixturevalue("bucket"))


def papers(database, blobs, count=5):
    """So many documents under the old key."""
    before, names = Documents(blobs, SEALER), []
    for number in range(count):
        data = b"%PDF-1.7 " + bytes([number]) * 100
        names.append(hashlib.sha256(data).hexdigest())
        with database.write() as session:
            before.put(session, before.admit(data), NOW)
    return names


def test_documents_go_over_too(database, blobs):
    names = papers(database, blobs)
    documents, told = Documents(blobs, BOTH), []
    assert kids_of_documents(database, documents) == {"s1": 5}
    assert reseal_documents(database, documents, "s2", say=told.append) == 5
    assert told == [1, 2, 3, 4, 5]
    assert kids_of_documents(database, documents) == {"s2": 5}
    kept = [blobs.get(name) for name in names]
    assert reseal_documents(database, documents, "s2") == 0
    assert [blobs.get(name) for name in names] == kept
    after = Documents(blobs, ONLY_NEW)
    assert [after.read(name)[9] for name in names] == list(range(5))


def test_a_document_that_is_dropped_meanwhile_does_not_come_back(database, blobs):
    [name] = papers(database, blobs, 1)
    documents = Documents(blobs, BOTH)
    data = documents.read(name)
    with database.write() as session:
        documents.drop(session, name)
    with database.write() as session:
        assert documents.seal_anew(session, name, data) is False
    assert blobs.get(name) is None


def test_a_document_that_the_store_has_lost_holds_nothing_up(database, blobs):
    lost, there = papers(database, blobs, 2)
    blobs.delete(lost)
    documents = Documents(blobs, BOTH)
    assert reseal_documents(database, documents, "s2", kid="s1") == 1
    assert kid_of(blobs.head(there, 65)) == "s2"
    assert blobs.head(lost, 65) is None
    assert len(blobs.head(there, 7)) == 7
