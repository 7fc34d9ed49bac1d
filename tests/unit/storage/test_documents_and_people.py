"""Documents are what they are called, sealed on disk; people come in with their password and go out for good."""

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from domain.errors import BadInput, NotFound
from domain.terms import Role
from storage.documents import MAX_BYTES, DocumentRow, Documents, media_type_of
from storage.people import SESSION_LENGTH, LoginRow, UserRow, log_in, log_out, put_user, who
from tests.unit.storage.casework import NOW, SEALER

PDF = b"%PDF-1.7 " + b"x" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"y" * 20


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents", SEALER)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_document_comes_back_byte_for_byte_and_once(database, documents, tmp_path):
    with database.write() as session:
        assert documents.put(session, sha(PDF), PDF, NOW) is True
        assert documents.put(session, sha(PDF), PDF, NOW) is False
    with database.read() as session:
        assert documents.get(session, sha(PDF)) == (PDF, "application/pdf")
        assert session.scalars(select(DocumentRow.size)).all() == [len(PDF)]
    [kept] = [path for path in (tmp_path / "documents").rglob("*") if path.is_file()]
    assert b"%PDF" not in kept.read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        (sha(PNG), PDF, "DOCUMENT_HASH"),
        (sha(b"MZ"), b"MZ", "DOCUMENT_TYPE"),
        (sha(b""), b"", "DOCUMENT_TYPE"),
        (sha(b" %PDF-"), b" %PDF-", "DOCUMENT_TYPE"),
        (sha(PDF[:5] + b"0" * MAX_BYTES), PDF[:5] + b"0" * MAX_BYTES, "DOCUMENT_TOO_LARGE"),
    ],
    ids=["hash", "program", "empty", "prefix", "size"],
)
def test_what_is_not_what_it_says_is_not_kept(database, documents, tmp_path, name, data, code):
    with pytest.raises(BadInput) as refused, database.write() as session:
        documents.put(session, name, data, NOW)
    assert refused.value.code == code
    assert not list((tmp_path / "documents").rglob("*.part"))


def test_types_are_told_by_the_first_bytes():
    assert media_type_of(PNG) == "image/png"
    assert media_type_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert media_type_of(b"PK\x03\x04....OFD.xml") == "application/ofd"
    with pytest.raises(BadInput):
        media_type_of(b"PK\x03\x04....word/document.xml")


def test_an_unknown_document(database, documents):
    with database.read() as session, pytest.raises(NotFound):
        documents.get(session, sha(PDF))


def test_a_document_put_under_another_name_does_not_open(database, documents, tmp_path):
    with database.write() as session:
        documents.put(session, sha(PDF), PDF, NOW)
        documents.put(session, sha(PNG), PNG, NOW)
    folder = tmp_path / "documents"
    (folder / sha(PNG)[:2] / sha(PNG)).write_bytes((folder / sha(PDF)[:2] / sha(PDF)).read_bytes())
    with database.read() as session, pytest.raises(InvalidTag):
        documents.get(session, sha(PNG))


@pytest.fixture
def clerk(database):
    with database.write() as session:
        put_user(session, "clerk", Role.CLERK, "geheim")
    return database


def test_in_and_out(clerk):
    with clerk.write() as session:
        token, role = log_in(session, "clerk", "geheim", NOW)
    assert role is Role.CLERK
    with clerk.write() as session:
        person = who(session, token, NOW)
        assert (person.username, person.role) == ("clerk", Role.CLERK)
        log_out(session, token)
        log_out(session, token)
    with clerk.read() as session:
        assert who(session, token, NOW) is None


@pytest.mark.parametrize(("name", "password"), [("clerk", "geheim "), ("clerk", ""), ("nobody", "geheim"), ("", "")])
def test_who_does_not_come_in(clerk, name, password):
    with clerk.write() as session:
        assert log_in(session, name, password, NOW) is None
        assert session.scalars(select(LoginRow)).all() == []


def test_a_session_ends_and_a_closed_account_ends_it(clerk):
    with clerk.write() as session:
        token, _ = log_in(session, "clerk", "geheim", NOW)
    with clerk.write() as session:
        assert who(session, token, NOW + SESSION_LENGTH) is None
        assert who(session, token, NOW) is not None
        session.get_one(UserRow, "clerk").active = False
    with clerk.write() as session:
        assert who(session, token, NOW) is None
        assert log_in(session, "clerk", "geheim", NOW) is None


def test_neither_password_nor_token_is_stored(clerk):
    with clerk.write() as session:
        token, _ = log_in(session, "clerk", "geheim", NOW)
        put_user(session, "second", Role.CLERK, "geheim")
    with clerk.read() as session:
        assert session.scalar(select(LoginRow.token_sha256)) == sha(token.encode())
        hashes = set(session.scalars(select(UserRow.password)))
    assert len(hashes) == 2
    assert not any("geheim" in each for each in hashes)
