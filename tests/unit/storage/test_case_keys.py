"""A key per case, on both databases: what it seals, who knows it how long, and that its end is that of all copies."""

from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, column, delete, insert, select, table

from domain.errors import Misconfigured
from domain.personal import EraseReason
from domain.tasks import TaskKind
from storage.base import Database, insert_all_new
from storage.case_keyring import IN_HAND, KeysOfCases
from storage.case_keys import destroy, issue, succeed
from storage.cases.rows import CaseEventRow, CaseKeyRow, CaseRow, HandlingRow, add_event, read_dossier, write_dossier
from storage.ciphers import Algorithm, Key
from storage.documents.file_keys import secrets_of
from storage.documents.folder import FolderBlobs
from storage.documents.resealing import kids_of_documents, reseal_documents
from storage.documents.store import Documents
from storage.documents.uploads import CaseDocumentRow, UploadRow, bind, held_by, note_upload
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, append
from storage.personal.due import Stage
from storage.personal.eraser import LEFT_ALONE, Eraser, Order
from storage.personal.retention import Terms
from storage.resealing import give_keys, held, reseal
from storage.row_owners import owner_of
from storage.sealed_columns import sealed_columns
from storage.sealing import OF_CASE, OF_FILE, Sealer, kid_of, number_in
from storage.tasks.rows import TaskLineRow, TaskRow, open_task
from tests.counted import counted
from tests.unit.storage.casework import CASE, DOSSIER, FOREIGN, NOW, SEALER, TO_COME, give_case, message, register, take
from tests.unit.storage.seeded_case import CLOSED, NAME, found, seed

NEWER = Sealer({"s2": b"n" * 32, "s1": b"k" * 32})
ONLY_NEWER = Sealer({"s2": b"n" * 32})
OVER = CLOSED + timedelta(days=365)


def url_of(database):
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def another(database):
    """Another process over the same database, which knows no key yet; given keys of ours, if need be."""
    opened = []

    def open_(sealer=SEALER, url=None):
        opened.append(Database(url or url_of(database), sealer))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


@pytest.fixture
def documents(database, tmp_path):
    return Documents(FolderBlobs(tmp_path / "documents"), database.sealer, database=database)


def keyed(database, *numbers):
    """Cases with a key each."""
    for case_no in numbers:
        register(database, case_no)
        with database.write() as session:
            issue(session, database.sealer, case_no, NOW)
            write_dossier(session.get_one(CaseRow, case_no), database.sealer, DOSSIER)


def raw(database):
    """(table, column, place, owner, sealed bytes) of everything sealed that belongs to a case."""
    found = []
    with database.read() as session:
        for where in sealed_columns():
            names = dict.fromkeys((*(key.name for key in where.key), *where.bound_to, *_links(where)))
            names.pop(where.column, None)
            rows = table(where.table, column(where.column, LargeBinary), *map(column, names))
            owner = owner_of(rows, where.table)
            if owner is None:
                continue
            query = select(rows.c[where.column].label("value"), owner.label("owner"), *(rows.c[name] for name in names))
            for row in session.execute(query).mappings():
                if row["value"] and row["owner"] is not None:
                    found.append((where.table, where.column, where.place_of(row), row["owner"], bytes(row["value"])))
    return found


def _links(where):
    return [one for one in ("case_no", "handling_no", "leg_id", "claim_id", "task_id") if one in where.of.columns]


def eraser(database, documents, now=OVER):
    return Eraser(database, database.sealer, documents, lambda: now, pause=lambda _seconds: None)


def test_whatever_is_sealed_of_a_case_is_sealed_with_its_key(database, documents):
    seed(database, documents, CASE)
    bears = {(where, name): kid_of(sealed) for where, name, _, _, sealed in raw(database)}
    assert len(bears) > 25
    assert {name for name, kid in bears.items() if not kid.startswith(f"{OF_CASE}{CASE}.")} == set()


def test_its_end_is_the_end_of_every_copy_of_its_values(database, documents, another):
    seed(database, documents, CASE)
    seed(database, documents, TO_COME)
    copies = raw(database)
    assert {owner for *_, owner, _ in copies} == {CASE, TO_COME}
    eraser(database, documents).erase(Order(CASE, Stage.WHOLE, EraseReason.TERM))
    later = another().sealer
    for where, name, place, owner, sealed in copies:
        if owner == CASE:
            with pytest.raises(Misconfigured, match="销毁"):
                later.open(sealed, place)
        else:
            assert later.open(sealed, place) is not None, (where, name)
    assert found(database, CASE) == set()
    assert len(found(database, TO_COME)) > 10


def test_what_is_written_of_it_afterwards_has_a_key_again(database, documents, another):
    seed(database, documents, CASE)
    eraser(database, documents).erase(Order(CASE, Stage.WHOLE))
    take(database, Inbox(database.sealer), message(message_id="late"))
    sealed = [one for one in raw(database) if one[:2] == ("inbox", "raw") and "late" in one[2]]
    [(_, _, place, _, value)] = sealed
    assert kid_of(value).startswith(OF_CASE)
    assert another().sealer.open(value, place).startswith(b"raw ")


def test_nothing_is_sealed_with_a_key_that_is_being_let_go(database, documents, another):
    """Somebody who has it in hand goes on for a while; the eraser waits for longer than that."""
    keyed(database, CASE)
    assert LEFT_ALONE > IN_HAND
    clock, waited = [0.0], []
    other = Sealer({"s1": b"k" * 32}).over(lambda ours: KeysOfCases(database.engine, ours, lambda: clock[0]))
    before = kid_of(other.seal(b"x", f"case/{CASE}"))
    with database.write() as session:
        session.get_one(CaseRow, CASE).closed_at = CLOSED

    def pause(seconds):
        waited.append(seconds)
        assert kid_of(other.seal(b"x", f"case/{CASE}")) == before
        clock[0] += seconds
        late.append(other.seal(b"late", f"case/{CASE}"))

    late = []
    Eraser(database, database.sealer, documents, lambda: OVER, pause=pause).erase(Order(CASE, Stage.WHOLE))
    assert waited == [LEFT_ALONE.total_seconds()]
    assert kid_of(late[0]) != before
    assert another().sealer.open(late[0], f"case/{CASE}") == b"late"


def test_a_night_waits_once_for_all_its_cases_and_not_for_papers(database, documents):
    for case_no in (CASE, TO_COME, FOREIGN):
        seed(database, documents, case_no)
    waited = []
    terms = Terms(documents_days=180, personal_days=365)
    papers = Eraser(database, database.sealer, documents, lambda: CLOSED + timedelta(days=180), pause=waited.append)
    assert papers.erase_due(terms, 10) == 3
    assert waited == []
    whole = Eraser(database, database.sealer, documents, lambda: OVER, pause=waited.append)
    assert whole.erase_due(terms, 10) == 3
    assert waited == [LEFT_ALONE.total_seconds()]
    with database.read() as session:
        assert session.scalars(select(CaseKeyRow.left_at)).all() == [None] * 3


def test_a_file_of_two_cases_ends_with_the_second(database, documents, tmp_path):
    brought, *_ = seed(database, documents, CASE)
    seed(database, documents, TO_COME)
    with database.write() as session:
        bind(session, TO_COME, [brought], NOW)
    copy = FolderBlobs(tmp_path / "documents").get(brought)
    assert kid_of(copy).startswith(OF_FILE)
    eraser(database, documents).erase(Order(CASE, Stage.WHOLE))
    assert documents.read(brought).startswith(b"%PDF")
    eraser(database, documents).erase(Order(TO_COME, Stage.WHOLE))
    FolderBlobs(tmp_path / "documents").put(brought, copy)  # an old version of the object, or a backup of the folder
    with pytest.raises(Misconfigured, match="销毁"):
        documents.read(brought)


def test_a_copy_of_the_wrap_does_not_open_it_either(database, documents, another):
    """As in a backup of the database without the keys of cases."""
    brought, *_ = seed(database, documents, CASE)
    with database.read() as session:
        wrap = session.scalar(select(CaseDocumentRow.key).filter_by(sha256=brought))
        assert session.scalar(select(UploadRow.key).filter_by(sha256=brought)) is None
    eraser(database, documents).erase(Order(CASE, Stage.WHOLE))
    with pytest.raises(Misconfigured, match="销毁"):
        another().sealer.open(wrap, f"file/{CASE}/{brought}")


def test_a_backup_without_the_keys_reads_what_today_s_keys_still_open(database, documents, another, tmp_path):
    if database.engine.dialect.name != "sqlite":
        return  # the recipe of docs/operations.md for SQLite; pg_dump leaves a table out by itself
    seed(database, documents, CASE)
    seed(database, documents, TO_COME)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
    backup = another(url=f"sqlite:///{tmp_path / 'backup.db'}")
    with backup.write() as session:
        session.execute(delete(CaseKeyRow))
    eraser(database, documents).erase(Order(CASE, Stage.WHOLE))
    with database.read() as session:
        kept = [dict(row) for row in session.execute(select(CaseKeyRow.__table__)).mappings()]
    with backup.write() as session:
        session.execute(insert(CaseKeyRow.__table__), kept)
    with backup.read() as session:
        assert read_dossier(session.get_one(CaseRow, TO_COME), backup.sealer).applicant.name == NAME
        with pytest.raises(Misconfigured, match="销毁"):
            read_dossier(session.get_one(CaseRow, CASE), backup.sealer)


def test_a_new_key_of_ours_costs_a_row_per_case_and_the_old_one_really_goes(database, documents, another):
    for case_no in (CASE, TO_COME):
        seed(database, documents, case_no)
    before = {one[:4]: one[4] for one in raw(database)}
    renewing = another(NEWER)
    assert give_keys(renewing, renewing.sealer, NOW) == 0
    others = 2 + 2  # photos that no case has, whose wraps are ours; batches with the rows of several
    assert reseal(renewing, renewing.sealer) == 2 + others
    assert {one[:4]: one[4] for one in raw(database)} == before
    later = another(ONLY_NEWER)
    for _, _, place, _, sealed in raw(later):
        assert later.sealer.open(sealed, place) is not None
    with later.read() as session:
        assert {one.kid for one in held(session)} == {OF_CASE, "s2"}


def test_cases_from_before_get_theirs_in_batches_and_all_goes_over(database, another):
    for case_no in (CASE, TO_COME, FOREIGN):
        register(database, case_no)
        with database.write() as session:
            add_event(session, case_no=case_no, key="e", kind="NOTE", at=NOW, now=NOW, actor="c", data={"reason": NAME})
            open_task(session, key=case_no, kind=TaskKind.REMINDED, now=NOW, case_no=case_no, data={"reason": NAME})
        take(database, Inbox(SEALER), message(handling_no=case_no, message_id=case_no))
    assert {kid_of(one[4]) for one in raw(database)} == {"s1"}
    assert give_keys(database, database.sealer, NOW, batch=2) == 3
    count = len(raw(database))
    assert count == 3 * 6  # dossier, event, task, its line, message and raw
    assert reseal(database, database.sealer, batch=2) == count
    for _, _, place, owner, sealed in raw(database):
        assert kid_of(sealed).startswith(f"{OF_CASE}{owner}.")
        assert another().sealer.open(sealed, place) is not None
    assert (give_keys(database, database.sealer, NOW), reseal(database, database.sealer)) == (0, 0)


def test_a_change_of_cipher_takes_cases_along(database, documents, another):
    seed(database, documents, CASE)
    sm4 = another(Sealer({"s2": Key(b"n" * 16, Algorithm.SM4), "s1": b"k" * 32}))
    files = Documents(documents._blobs, sm4.sealer, database=sm4)
    assert give_keys(sm4, sm4.sealer, NOW) == 1
    assert reseal(sm4, sm4.sealer) > 25
    assert {kid_of(one[4]).partition(".")[2][0] for one in raw(database)} == {"s"}
    assert reseal(sm4, sm4.sealer) == 0
    assert reseal_documents(sm4, files, "s2") == 3
    with sm4.read() as session:
        names = session.scalars(select(CaseDocumentRow.sha256)).all()
    assert {files.kid_of(name) for name in names} == {f"{OF_FILE}S"}
    assert all(files.read(name).startswith(b"%PDF") for name in names)


def test_a_key_that_was_rolled_back_is_forgotten(database, another):
    """Its number may be another case's by now, made by another process."""
    with pytest.raises(ZeroDivisionError), database.write() as session:
        issue(session, database.sealer, CASE, NOW, FOREIGN)
        assert kid_of(database.sealer.seal(b"x", f"case/{CASE}")).startswith(OF_CASE)
        _ = 1 / 0
    assert kid_of(database.sealer.seal(b"x", f"case/{CASE}")) == "s1"
    elsewhere = another()
    with elsewhere.write() as session:
        issue(session, elsewhere.sealer, CASE, NOW, FOREIGN)
    for place in (f"case/{CASE}", f"proposal/{FOREIGN}"):
        sealed = database.sealer.seal(b"x", place)
        assert elsewhere.sealer.open(sealed, place) == b"x"
        assert kid_of(sealed).startswith(f"{OF_CASE}{CASE}.") is (place != f"proposal/{FOREIGN}")


def test_a_handling_is_its_case_s(database, another):
    keyed(database, CASE)
    with database.write() as session:
        handling = session.get_one(HandlingRow, CASE)
        values = {column.name: getattr(handling, column.name) for column in HandlingRow.__table__.c}
        session.add(HandlingRow(**values | {"handling_no": FOREIGN, "place": 1, "result": {"name": "证"}}))
    assert kid_of(another().sealer.seal(b"x", f"command/{FOREIGN}-submit-1")).startswith(f"{OF_CASE}{CASE}.")
    bears = {place: kid_of(sealed) for _, _, place, _, sealed in raw(database)}
    assert bears["handling.result"].startswith(f"{OF_CASE}{CASE}.")


@pytest.mark.parametrize(
    ("place", "number"),
    [
        (f"case/{CASE}", CASE),
        (f"leg-change/{CASE}-PICKUP-1/2", CASE),
        (f"southwest-row/{CASE}-submit-1", CASE),
        (f"file/{CASE}/{'0' * 64}", CASE),
        (f"document/{CASE}{'0' * 43}", None),
        (f"case-key/abcdef/{CASE}", None),
        ("inbox/sichuan/m1", None),
        ("task.reason", None),
    ],
)
def test_whose_it_is_stands_in_what_it_is_bound_to(place, number):
    assert number_in(place) == number


def test_a_key_of_ours_may_not_look_like_a_case_s():
    for kid in ("~1", "^A"):
        with pytest.raises(Misconfigured):
            Sealer({kid: b"k" * 32})
    with pytest.raises(Misconfigured, match="缺少密钥 ~"):
        SEALER.open(bytes([4]) + b"~1.a" + b"0" * 40, "x")


def kids_of(database, name):
    return [kid_of(bytes(one)) for one in _values(database, name)]


def _values(database, name):
    where, what = name.split(".")
    with database.read() as session:
        value = column(what, LargeBinary)
        return session.scalars(select(value).select_from(table(where, value)).where(value.is_not(None))).all()


def test_values_that_their_column_seals_are_told_whose_they_are(database):
    keyed(database, CASE)
    leg_id = f"{CASE}-PICKUP-1"
    with database.write() as session:
        task_id = open_task(session, key="t", kind=TaskKind.REMINDED, now=NOW, handling_no=CASE, data={"reason": NAME})
        about = {"case_no": CASE, "handling_no": CASE, "leg": "PICKUP", "region": "500103", "stage": "BOOKED"}
        session.add(LegRow(leg_id=leg_id, ordered_at=NOW, lat=29.5, lon=106, **about))
        session.flush()
        append(session, [scan("e1", 1, leg_id), scan("e2", 2, None)], [])
        add_event(session, case_no=CASE, key="e", kind="NOTE", at=NOW, now=NOW, actor="c", data={"reason": NAME})
        session.get_one(TaskRow, task_id).reason = NAME
    ours = "s1"
    for name in ("task.data", "task.reason", "task_line.data", "leg.lat", "leg.lon", "case_event.data"):
        assert {kid[:22] for kid in kids_of(database, name)} == {f"{OF_CASE}{CASE}"}, name
    assert sorted(kid[:2] for kid in kids_of(database, "scan_event.payload")) == [ours, OF_CASE + CASE[0]]
    with database.write() as session:  # its leg is found later
        session.get_one(ScanEventRow, "e2").leg_id = leg_id
    assert {kid[:22] for kid in kids_of(database, "scan_event.payload")} == {f"{OF_CASE}{CASE}"}
    with database.read() as session:
        assert session.get_one(ScanEventRow, "e2").payload == {"note": NAME}
        leg = session.get_one(LegRow, leg_id)
        assert (leg.lat, leg.lon) == (29.5, 106.0)
        assert session.scalars(select(TaskLineRow.data)).one() == {"reason": NAME}


def scan(event_id, seq, leg_id):
    when = dict.fromkeys(("occurred_at", "corrected_at", "recorded_at"), NOW)
    flags = {"clock_suspect": False, "second_approval": False}
    said = {"source": "device", "device_id": "d", "device_seq": seq, "said_id": event_id, "code": "X", "kind": "LOST"}
    return {"event_id": event_id, "leg_id": leg_id, "actor": "c", "payload": {"note": NAME}, "payload_sha256": "h",
            "login": None, "natural_key": None, "voids_id": None, **said, **when, **flags}  # fmt: skip


def test_what_stays_as_it_was_is_not_written_again(database):
    keyed(database, CASE)
    with database.write() as session:
        open_task(session, key="t", kind=TaskKind.REMINDED, now=NOW, case_no=CASE, data={"reason": NAME})
    before = _values(database, "task.data")
    with database.write() as session:
        row = session.scalars(select(TaskRow)).one()
        row.data, row.deadline_at = {**row.data}, NOW
    assert _values(database, "task.data") == before
    with database.write() as session:
        session.scalars(select(TaskRow)).one().data = {"reason": "other"}
    assert _values(database, "task.data") != before


def test_a_message_for_a_case_to_come_is_the_case_s_once_it_is_there(database, inbox):
    take(database, Inbox(database.sealer), message(handling_no=TO_COME))
    assert kids_of(database, "inbox.raw") == ["s1"]
    keyed(database, TO_COME)
    with database.write() as session:
        Inbox(database.sealer).adopt(session, TO_COME, NOW)
    for name in ("inbox.raw", "inbox.message"):
        assert [kid[:22] for kid in kids_of(database, name)] == [f"{OF_CASE}{TO_COME}"]
    with database.read() as session:
        row = session.scalars(select(InboxRow)).one()
        assert Inbox(database.sealer).raw_of(row).startswith(b"raw ")


def test_a_key_costs_one_look_and_brings_the_next_ones_along(database, another):
    numbers = (CASE, TO_COME, FOREIGN)
    keyed(database, *numbers)
    with database.read() as session:
        sealed = {row.case_no: row.dossier for row in session.scalars(select(CaseRow))}
    fresh = another().sealer
    with counted() as cost:
        for case_no in numbers:
            assert fresh.open(sealed[case_no], f"case/{case_no}")
            fresh.seal(b"x", f"leg/{case_no}-PICKUP-1")
    assert len([one for one in cost.statements if "case_key" in one]) == 1


def test_the_process_that_made_it_looks_for_none(database):
    with counted() as cost:
        keyed(database, CASE)
        with database.read() as session:
            read_dossier(session.get_one(CaseRow, CASE), database.sealer)
    assert [one for one in cost.statements if "FROM case_key" in one] == []


def test_keys_are_forgotten_after_an_hour(database):
    keyed(database, CASE)
    clock = [0.0]
    other = SEALER.over(lambda ours: KeysOfCases(database.engine, ours, lambda: clock[0]))
    with database.read() as session:
        sealed = session.get_one(CaseRow, CASE).dossier
    assert other.open(sealed, f"case/{CASE}")
    with database.write() as session:
        succeed(session, database.sealer, CASE, NOW)
        destroy(session, CASE)
    assert other.open(sealed, f"case/{CASE}")
    clock[0] += 3601
    with pytest.raises(Misconfigured, match="销毁"):
        other.open(sealed, f"case/{CASE}")


def test_many_more_than_are_remembered_are_found_again(database, monkeypatch):
    monkeypatch.setattr("storage.case_keyring._MOST", 1)
    keyed(database, CASE, TO_COME)
    with database.read() as session:
        for case_no in (CASE, TO_COME, CASE):
            assert read_dossier(session.get_one(CaseRow, case_no), database.sealer) == DOSSIER


# -- files ---------------------------------------------------------------------------------------------------


def put(database, documents, text_, uploader="clerk"):
    file = documents.admit(b"%PDF-1.7 " + text_.encode())
    with database.write() as session:
        documents.put(session, file, NOW)
        session.flush()
        note_upload(session, file.sha256, uploader, now=NOW, expires_at=NOW + timedelta(hours=1))
    return file.sha256


def test_a_draft_is_wrapped_by_our_key_until_it_is_a_case_s(database, documents, another):
    keyed(database, CASE)
    name = put(database, documents, "draft")
    assert kids_of(database, "document_upload.key") == ["s1"]
    assert documents.read(name) == b"%PDF-1.7 draft"
    with database.write() as session:
        assert held_by(session, [name], "clerk", NOW) == {name}
        with counted() as cost:
            bind(session, CASE, [name], NOW)
    assert len(cost.statements) == 2, "who holds it knows its secret already"
    assert kids_of(database, "document_upload.key") == []
    assert [kid[:22] for kid in kids_of(database, "case_document.key")] == [f"{OF_CASE}{CASE}"]
    there = another()
    assert Documents(documents._blobs, there.sealer, database=there).read(name) == b"%PDF-1.7 draft"


def test_the_same_bytes_brought_again_are_the_same_file_for_each(database, documents):
    keyed(database, CASE, TO_COME)
    name = put(database, documents, "twice")
    with database.write() as session:
        bind(session, CASE, [name], NOW)
    assert put(database, documents, "twice", "another") == name
    with database.write() as session:
        bind(session, TO_COME, [name], NOW)
    assert len(kids_of(database, "case_document.key")) == 2
    with database.write() as session:
        session.execute(delete(CaseDocumentRow).filter_by(case_no=CASE))
    assert documents.read(name) == b"%PDF-1.7 twice"


def test_files_from_before_get_keys_of_their_own(database, documents):
    before = Documents(documents._blobs, SEALER)
    keyed(database, CASE)
    bound, draft, nobodys = (put(database, before, word) for word in ("bound", "draft", "nobody's"))
    with database.write() as session:
        bind(session, CASE, [bound], NOW)
        session.execute(delete(UploadRow).filter_by(sha256=nobodys))
    assert kids_of_documents(database, documents) == {"s1": 3}
    assert kids_of(database, "case_document.key") == []
    assert reseal_documents(database, documents, "s1") == 2
    assert kids_of_documents(database, documents) == {OF_FILE: 2, "s1": 1}
    assert [documents.read(name)[9:].decode() for name in (bound, draft, nobodys)] == ["bound", "draft", "nobody's"]
    assert reseal_documents(database, documents, "s1") == 0
    with database.read() as session:
        assert secrets_of(session, [bound, draft, nobodys]).keys() == {bound, draft}


def test_broken_off_between_wrap_and_bytes_it_still_opens(database, documents, monkeypatch):
    before = Documents(documents._blobs, SEALER)
    keyed(database, CASE)
    name = put(database, before, "bound")
    with database.write() as session:
        bind(session, CASE, [name], NOW)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(documents, "seal_anew", killed)
        with pytest.raises(KeyboardInterrupt):
            reseal_documents(database, documents, "s1")
    assert documents.read(name) == b"%PDF-1.7 bound"
    assert reseal_documents(database, documents, "s1") == 1
    assert documents.read(name) == b"%PDF-1.7 bound"


def test_inserted_rows_are_told_whose_they_are_too(database):
    keyed(database, CASE)
    about = {"case_no": CASE, "handling_no": None, "key": "k", "kind": "NOTE", "actor": "c"}
    line = about | {"at": NOW, "recorded_at": NOW, "data": {"reason": NAME}}
    with database.write() as session:
        give_case(session, CASE)
        insert_all_new(session, CaseEventRow, [line], CaseEventRow.id)
    assert [kid[:22] for kid in kids_of(database, "case_event.data")] == [f"{OF_CASE}{CASE}"]
