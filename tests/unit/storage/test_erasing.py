"""The end of a case's personal data, on both databases: what goes, what stays, what holds it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from domain.dossier import ERASED_NAME
from domain.errors import Conflict, NotFound
from domain.inbound import EventPayload
from domain.personal import EraseReason, HoldKind
from domain.terms import WireEvent
from runtime.container import audit_trail
from runtime.settings import load_settings
from storage.audit.chain import AuditRow
from storage.audit.verification import verify_trail
from storage.cases.faces import faces_of
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, read_dossier
from storage.documents.folder import FolderBlobs
from storage.documents.store import Documents
from storage.documents.uploads import bind
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanQuarantineRow
from storage.personal.due import Stage, due_cases
from storage.personal.eraser import Eraser, Order
from storage.personal.erasures import CaseErasureRow
from storage.personal.holds import lift_hold, set_hold
from storage.personal.registry import registry
from storage.personal.retention import Terms
from storage.tables import metadata
from storage.tasks.rows import TaskRow
from tests.borders import nobodys_ports
from tests.unit.storage.casework import CASE, FOREIGN, NOW, TO_COME, message, take
from tests.unit.storage.seeded_case import CLOSED, SEEDS, dossier, found, keys_in, seed

TERMS = Terms(documents_days=180, personal_days=365)
OTHER = TO_COME


class Clock:
    now = CLOSED


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def documents(database, tmp_path):
    return Documents(FolderBlobs(tmp_path / "documents"), database.sealer, database=database)


@pytest.fixture
def eraser(database, documents, clock, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, sandbox="1", data_dir=str(tmp_path / "data"), **nobodys_ports())
    return Eraser(database, database.sealer, documents, lambda: clock.now, audit_trail(settings), lambda _seconds: None)


def after(clock, days):
    clock.now = CLOSED + timedelta(days=days)


def counted(database):
    """How many rows each table has that keeps its rows."""
    kept = [table for table in metadata.sorted_tables if not registry().tables[table.name].deleted]
    new = {"case_erasure", "case_event", "case_key", "audit_entry", "audit_head", "document", "document_upload"}
    with database.read() as session:
        return {t.name: session.scalar(select(func.count()).select_from(t)) for t in kept if t.name not in new}


def files_left(tmp_path):
    return {file.name for file in (tmp_path / "documents").rglob("*") if file.is_file()}


def test_the_seeds_are_in_every_column_that_is_to_be_erased(database, documents):
    """Otherwise the tests below would prove nothing of those that nobody has seeded."""
    seed(database, documents, CASE)
    told_of = {name.split(".")[0] for name in found(database, CASE)}
    silent = {"applicant_key", "applicant_session", "case_document", "case_face", "case_mark", "result_access"}
    silent |= {"same_matter", "scan_proof", "task_line"}
    erased = {name for name, table in registry().tables.items() if table.of is not None}
    assert erased - told_of == silent


def test_before_its_day_nothing_goes(database, documents, eraser, clock):
    seed(database, documents, CASE)
    before = found(database, CASE)
    after(clock, 179)
    assert eraser.erase_due(TERMS, 10) == 0
    assert found(database, CASE) == before


def test_first_the_papers_that_were_brought(database, documents, eraser, clock, tmp_path):
    brought, result, photo = seed(database, documents, CASE)
    after(clock, 180)
    assert eraser.erase_due(TERMS, 10) == 1
    assert files_left(tmp_path) == {result, photo}
    with database.read() as session:
        kept = read_dossier(session.get_one(CaseRow, CASE), database.sealer)
        row = session.get_one(CaseErasureRow, CASE)
    assert kept.materials[0].sha256 is None and kept.applicant == dossier(brought).applicant
    assert (row.documents_at, row.erased_at, row.documents) == (clock.now, None, 1)
    assert eraser.erase_due(TERMS, 10) == 0


def test_then_everything_and_nothing_personal_is_left_anywhere(database, documents, eraser, clock, tmp_path):
    seed(database, documents, CASE)
    before = counted(database)
    after(clock, 365)
    assert eraser.erase_due(TERMS, 10) == 1
    assert found(database, CASE) == set()
    assert files_left(tmp_path) == set()
    assert counted(database) == before
    with database.read() as session:
        row = session.get_one(CaseErasureRow, CASE)
        kinds = list(session.scalars(select(CaseEventRow.kind).filter_by(case_no=CASE)))
    assert (row.erased_at, row.by, row.reason, row.documents) == (clock.now, "system", "TERM", 3)
    assert kinds[-1] == "PERSONAL_ERASED"
    assert eraser.erase_due(TERMS, 10) == 0


def test_what_reads_it_goes_on_with_what_is_left(database, documents, eraser, clock):
    seed(database, documents, CASE)
    token = _token(database)
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    with database.read() as session:
        case = session.get_one(CaseRow, CASE)
        left = read_dossier(case, database.sealer)
        assert (left.applicant.name, left.erased_at) == (ERASED_NAME, clock.now)
        assert [m.name for m in left.materials] == ["身份证"]
        assert faces_of(session, database.sealer, [CASE]) == {CASE: ERASED_NAME}
        said = Inbox(database.sealer).message_of(session.scalars(select(InboxRow)).one())
        assert (said.event_name, said.payload.round, said.payload.reason) == ("NEED_SUPPLEMENT", 1, None)
        assert session.get_one(HandlingRow, CASE).result == {"name": "许可证", "form": "electronic"}
        leg, scan = session.scalars(select(LegRow)).one(), session.scalars(select(ScanEventRow)).one()
        assert (leg.contact, leg.lat, leg.lon, leg.stage) == (None, None, None, "DELIVERED")
        assert scan.payload["kind"] == "PICKED_UP" and not scan.payload.keys() & {"gps", "note"}
        assert keys_in(database).case_of(session, token) == CASE, "who has the receipt is told what became of it"
        assert keys_in(database).of(session, CASE).token is None


def _token(database):
    with database.read() as session:
        return keys_in(database).of(session, CASE).token


def test_a_file_that_another_case_has_stays_for_it(database, documents, eraser, clock, tmp_path):
    brought, *_ = seed(database, documents, CASE)
    seed(database, documents, OTHER, closed_at=CLOSED + timedelta(days=30))
    with database.write() as session:
        bind(session, OTHER, [brought], NOW)
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    assert brought in files_left(tmp_path)
    assert found(database, CASE) == set()
    assert found(database, OTHER) != set()
    after(clock, 395)
    eraser.erase_due(TERMS, 10)
    assert files_left(tmp_path) == set()


@pytest.mark.parametrize("why", ["hold", "task", "open", "reopened"])
def test_what_is_not_over_holds_it(database, documents, eraser, clock, why):
    seed(database, documents, CASE)
    before = found(database, CASE)
    after(clock, 400)
    with database.write() as session:
        if why == "hold":
            set_hold(session, CASE, HoldKind.COMPLAINT, "boss", NOW, None)
        elif why == "task":
            session.get_one(TaskRow, CASE).resolved_at = None
        else:
            session.get_one(CaseRow, CASE).closed_at = None
    assert eraser.erase_due(TERMS, 10) == 0
    with pytest.raises(Conflict) as held:
        eraser.erase(Order(CASE, Stage.WHOLE))
    assert held.value.code == "ERASURE_HELD"
    assert found(database, CASE) == before


def test_a_hold_ends_with_its_day_or_when_it_is_lifted(database, documents, eraser, clock):
    seed(database, documents, CASE)
    after(clock, 400)
    with database.write() as session:
        set_hold(session, CASE, HoldKind.LITIGATION, "boss", NOW, clock.now + timedelta(days=1))
    assert [one.held for one in due_cases(database, TERMS, clock.now)] == ["LITIGATION"]
    after(clock, 402)
    assert [one.held for one in due_cases(database, TERMS, clock.now)] == [None]
    with database.write() as session:
        set_hold(session, CASE, HoldKind.CLAIM, "boss", clock.now, None)
        assert lift_hold(session, CASE, "boss", clock.now)
    assert eraser.erase_due(TERMS, 10) == 1


def test_a_case_that_went_on_after_it_is_due_anew(database, documents, eraser, clock):
    seed(database, documents, CASE)
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    with database.write() as session:
        session.get_one(CaseRow, CASE).closed_at = clock.now + timedelta(days=1)
    after(clock, 366 + 365)
    assert [one.stage for one in due_cases(database, TERMS, clock.now)] == [Stage.WHOLE]
    assert eraser.erase_due(TERMS, 10) == 1


def test_what_an_authority_writes_afterwards_goes_in_the_next_night(database, documents, eraser, clock):
    seed(database, documents, CASE)
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    late = message(WireEvent.REJECTED, 9, payload=EventPayload(reason=SEEDS[0]))
    take(database, Inbox(database.sealer), late, now=clock.now + timedelta(hours=1))
    assert found(database, CASE) == {"inbox.message"}
    after(clock, 366)
    with database.write() as session:  # whoever had to hear of it has
        session.execute(update(TaskRow).values(resolved_at=clock.now))
    assert eraser.erase_due(TERMS, 10) == 1
    assert found(database, CASE) == set()


def test_so_many_a_night_and_one_that_fails_holds_up_none(database, documents, eraser, clock, monkeypatch):
    for case_no in (CASE, OTHER, FOREIGN):
        seed(database, documents, case_no)
    after(clock, 365)
    assert eraser.erase_due(TERMS, 1) == 1
    real = eraser._erase

    def broken(order):
        if order.case_no == OTHER:
            raise RuntimeError("broken")
        return real(order)

    monkeypatch.setattr(eraser, "_erase", broken)
    with pytest.raises(ExceptionGroup):
        eraser.erase_due(TERMS, 10)
    assert found(database, FOREIGN) == set() and found(database, OTHER) != set()


def test_it_is_on_the_trail_which_stays_whole(database, documents, eraser, clock):
    seed(database, documents, CASE)
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    with database.read_one_moment() as session:
        entry = session.scalars(select(AuditRow)).one()
        assert (entry.actor, entry.action, entry.subject, entry.code) == (
            "system",
            "job retention whole",
            CASE,
            EraseReason.TERM,
        )
        assert verify_trail(session, eraser._trail.signer).is_whole


def test_an_unknown_case_is_told(eraser):
    with pytest.raises(NotFound):
        eraser.erase(Order(CASE, Stage.WHOLE))


def test_what_belongs_to_no_case_goes_when_its_time_is_over(database, eraser, clock):
    about = {"device_id": "d", "reason": "JUNK", "payload": {"note": SEEDS[0]}}
    with database.write() as session:
        for number, days in enumerate((0, 100)):
            session.add(
                ScanQuarantineRow(
                    payload_sha256=str(number).ljust(64, "0"), received_at=CLOSED + timedelta(days=days), **about
                )
            )
    after(clock, 181)
    eraser.clear_set_aside()
    with database.read() as session:
        assert [row.received_at for row in session.scalars(select(ScanQuarantineRow))] == [CLOSED + timedelta(days=100)]


def test_nothing_of_it_is_in_the_file_of_the_database(database, documents, eraser, clock, tmp_path):
    """Neither in clear nor the sealed bytes as they were: pages that were freed are overwritten."""
    if database.engine.dialect.name != "sqlite":
        return  # there it is the server's own business (decision 61)
    seed(database, documents, CASE)
    with database.read() as session:
        sealed = session.get_one(CaseRow, CASE).dossier
        note = session.scalars(select(ScanEventRow)).one().payload["note"]
    after(clock, 365)
    eraser.erase_due(TERMS, 10)
    file = Path(database.engine.url.database)
    held = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    ours = (*SEEDS, note)
    forms = [form for word in ours for form in (word.encode(), word.encode("unicode_escape"))]
    assert [form for form in (*forms, sealed, sealed[40:140]) if form in held] == []
