"""Whose a document is, on both databases: drafts with an end, documents of cases, proofs of scans; also all at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import Conflict, NotFound
from domain.terms import Partner, Role
from domain.units import DISTRICT, Unit, UnitKind, reach_of
from storage.cases.document_rights import right_to_read
from storage.cases.draft_documents import expire_drafts
from storage.documents.accesses import Purpose
from storage.documents.folder import FolderBlobs
from storage.documents.store import DocumentRow, Documents
from storage.documents.uploads import UploadRow, bind, check_quota, held_by, held_by_case, note_upload
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow
from storage.people.users import LoggedIn
from tests.unit.storage.casework import CASE, NOW, SEALER, TO_COME, give_case, later, register

DISTRICT_WIDE = reach_of({DISTRICT: Unit(id=DISTRICT, kind=UnitKind.DISTRICT, name="全区")}, DISTRICT)
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def documents(tmp_path):
    return Documents(FolderBlobs(tmp_path / "documents"), SEALER)


@pytest.fixture
def brought(database, documents):
    """Somebody uploads something; its name."""

    def bring(text, uploader="clerk", expires_at=SOON):
        file = documents.admit(b"%PDF-1.7 " + text.encode())
        with database.write() as session:
            documents.put(session, file, NOW)
            session.flush()
            note_upload(session, file.sha256, uploader, now=NOW, expires_at=expires_at)
        return file.sha256

    return bring


def right(database, sha256, reader="clerk", case_no=None, role=Role.CLERK):
    with database.read() as session:
        person = LoggedIn(reader, role)
        person.reach = DISTRICT_WIDE
        return tuple(right_to_read(session, sha256, person, case_no))


def is_there(database, sha256):
    with database.read() as session:
        return session.get(DocumentRow, sha256) is not None


def test_a_draft_is_held_by_its_uploader_until_it_expires(database, brought):
    name = brought("draft")
    with database.write() as session:
        assert held_by(session, [name, "ab" * 32], "clerk", NOW) == {name}
        assert held_by(session, [name], "clerk", SOON) == frozenset()
        assert held_by(session, [name], "other", NOW) == frozenset()
    assert right(database, name) == (Purpose.DRAFT, None)
    with pytest.raises(NotFound):
        right(database, name, "other")


def test_uploaded_again_is_kept_for_longer_and_never_for_less(database, brought):
    name = brought("again", expires_at=later(hours=5))
    brought("again", expires_at=later(hours=2))
    with database.write() as session:
        assert held_by(session, [name], "clerk", later(hours=4)) == {name}


def test_a_case_holds_it_for_good_and_for_all_its_readers(database, brought):
    name = brought("of a case")
    with database.write() as session:
        give_case(session, CASE)
        give_case(session, TO_COME)
        bind(session, CASE, [name, name], NOW)
        bind(session, CASE, [name], later(hours=1))
        assert held_by_case(session, [name, "ab" * 32], CASE) == {name}
        assert held_by(session, [name], "clerk", later(days=900)) == {name}
    assert right(database, name, "other") == (Purpose.CASE, CASE)
    with pytest.raises(NotFound):
        right(database, name, "clerk", TO_COME)
    with database.write() as session:
        bind(session, TO_COME, [name], later(hours=2))
    assert right(database, name, "other") == (Purpose.CASE, TO_COME)
    assert right(database, name, "other", CASE) == (Purpose.CASE, CASE)


def test_a_photo_is_read_by_the_right_of_its_parcel_s_case(database, brought):
    name = brought("photo", "courier")
    with database.write() as session:
        give_case(session, CASE)
        leg = f"{CASE}-DELIVERY-1"
        session.add(LegRow(
            leg_id=leg, case_no=CASE, handling_no=CASE, leg="DELIVERY", region="500103", stage="DELIVERED",
            ordered_at=NOW,
        ))  # fmt: skip
        session.add(ScanProofRow(event_id="e1", sha256=name, leg_id=leg, named_at=NOW))
    assert right(database, name) == (Purpose.CASE, CASE)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_a_document_is_read_by_who_works_on_its_case(database, brought, role, ours, named):
    name = brought("of a case", "somebody")
    register(database, partner=None if ours else Partner.SICHUAN)
    with database.write() as session:
        bind(session, CASE, [name], NOW)
    may = role in (Role.CLERK, Role.SUPERVISOR) or (role is Role.OFFICER and ours) or (role is Role.AUDITOR and named)
    case_no = CASE if named else None
    if may:
        assert right(database, name, "reader", case_no, role) == (Purpose.CASE, CASE)
    else:
        with pytest.raises(NotFound):
            right(database, name, "reader", case_no, role)


def test_a_hash_alone_opens_nothing_that_no_case_holds_but_for_the_hall(database, documents):
    file = documents.admit(b"%PDF-1.7 old")
    with database.write() as session:
        documents.put(session, file, NOW)
    for role in (Role.OFFICER, Role.AUDITOR, Role.OPERATOR, Role.OUTLET, Role.COURIER):
        with pytest.raises(NotFound):
            right(database, file.sha256, role=role)


def test_what_came_before_cases_held_their_documents_is_read_as_then(database, documents):
    file = documents.admit(b"%PDF-1.7 old")
    with database.write() as session:
        documents.put(session, file, NOW)
    assert right(database, file.sha256, "anybody") == (Purpose.CASE, None)
    assert expire_drafts(database, documents, later(days=900)) == 0


def test_the_quota_counts_what_lies_there_unused(database, brought):
    used, draft = brought("x" * 100), brought("y" * 100)
    with database.write() as session:
        give_case(session, CASE)
        bind(session, CASE, [used], NOW)
        check_quota(session, "clerk", "ab" * 32, 91, 200)
        check_quota(session, "clerk", draft, 200, 200)
        check_quota(session, "other", "ab" * 32, 200, 200)
        with pytest.raises(Conflict):
            check_quota(session, "clerk", "ab" * 32, 92, 200)


def test_what_is_over_is_taken_away_and_only_that(database, documents, brought):
    over, used, photo, still = (brought(text) for text in ("over", "used", "photo", "still"))
    brought("still", "other", expires_at=later(hours=9))
    with database.write() as session:
        give_case(session, CASE)
        bind(session, CASE, [used], NOW)
        session.add(ScanProofRow(event_id="e1", sha256=photo, named_at=NOW))
    assert expire_drafts(database, documents, NOW) == 0
    assert expire_drafts(database, documents, SOON) == 2  # of one an upload, of the other all
    assert [is_there(database, name) for name in (over, used, photo, still)] == [False, True, True, True]
    with pytest.raises(NotFound):
        documents.read(over)
    with database.read() as session:
        uploads = session.scalars(select(UploadRow.uploader).filter_by(sha256=still)).all()
    assert uploads == ["other"]


def test_what_a_case_is_just_naming_is_not_taken_away(database, documents, brought):
    name = brought("just in time")
    with ThreadPoolExecutor() as pool:
        with database.write() as session:
            give_case(session, CASE)
            assert held_by(session, [name], "clerk", NOW) == {name}
            sweep = pool.submit(expire_drafts, database, documents, SOON)
            assert not sweep.done()
            bind(session, CASE, [name], NOW)
        sweep.result(30)
    assert documents.read(name)
    assert right(database, name, "other") == (Purpose.CASE, CASE)


def test_the_same_bytes_at_once_are_one_document(database, documents):
    file, start = documents.admit(b"%PDF-1.7 at once"), threading.Barrier(4)

    def put():
        start.wait(10)
        with database.write() as session:
            return documents.put(session, file, NOW)

    with ThreadPoolExecutor(4) as pool:
        fresh = [each.result(30) for each in [pool.submit(put) for _ in range(4)]]
    assert sorted(fresh) == [False, False, False, True]
    assert documents.read(file.sha256) == file.data
