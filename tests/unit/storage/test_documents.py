"""Documents are what they are called, and lie sealed: the same over both stores, the folder and a real S3 server."""

import hashlib
import stat
from contextlib import contextmanager

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from domain.errors import BadInput, Misconfigured, NotFound, ServiceUnavailable
from storage.documents.folder import FolderBlobs
from storage.documents.s3 import S3Blobs
from storage.documents.store import MAX_BYTES, DocumentRow, Documents, document_place, media_type_of
from storage.sealing import Sealer
from tests.borders import nowhere
from tests.s3_server import s3_server
from tests.unit.storage.casework import NOW, SEALER

PDF = b"%PDF-1.7 " + b"x" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"y" * 20


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as made:
        yield made


@pytest.fixture(params=["folder", "s3"])
def blobs(request, tmp_path):
    if request.param == "folder":
        return FolderBlobs(tmp_path / "documents")
    made = S3Blobs(request.getfixturevalue("bucket"))
    for left_over in (PDF, PNG):
        made.delete(sha(left_over))
    return made


@pytest.fixture
def documents(blobs):
    return Documents(blobs, SEALER)


def test_bytes_come_and_go_by_their_name(blobs):
    name = sha(PDF)
    assert blobs.get(name) is None
    blobs.delete(name)
    blobs.put(name, b"first")
    blobs.put(name, b"second\x00\xff" * 50_000)
    assert blobs.get(name) == b"second\x00\xff" * 50_000
    blobs.delete(name)
    assert blobs.get(name) is None


def test_a_document_comes_back_byte_for_byte_and_once(database, documents, blobs):
    with database.write() as session:
        assert documents.put(session, documents.admit(PDF, sha(PDF)), NOW) is True
        assert documents.put(session, documents.admit(PDF), NOW) is False
    with database.read() as session:
        assert documents.find(session, sha(PDF)).media_type == "application/pdf"
        assert session.scalars(select(DocumentRow.size)).all() == [len(PDF)]
    assert documents.read(sha(PDF)) == PDF


def test_what_the_store_holds_is_sealed_the_same_way(database, documents, blobs):
    with database.write() as session:
        documents.put(session, documents.admit(PDF), NOW)
    kept = blobs.get(sha(PDF))
    assert b"%PDF" not in kept and b"xxxx" not in kept
    assert SEALER.open(kept, document_place(sha(PDF))) == PDF
    stranger = Documents(blobs, Sealer({"other": b"o" * 32}))
    with pytest.raises(Misconfigured):
        stranger.read(sha(PDF))


def test_the_largest_document_comes_back(database, documents):
    large = b"%PDF-" + bytes(MAX_BYTES - 5)
    with database.write() as session:
        documents.put(session, documents.admit(large), NOW)
    assert documents.read(sha(large)) == large


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
def test_what_is_not_what_it_says_is_not_admitted(documents, name, data, code):
    with pytest.raises(BadInput) as refused:
        documents.admit(data, name)
    assert refused.value.code == code


def test_types_are_told_by_the_first_bytes():
    assert media_type_of(PNG) == "image/png"
    assert media_type_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert media_type_of(b"PK\x03\x04....OFD.xml") == "application/ofd"
    with pytest.raises(BadInput):
        media_type_of(b"PK\x03\x04....word/document.xml")


def test_an_unknown_document(database, documents):
    with database.read() as session, pytest.raises(NotFound) as missing:
        documents.find(session, sha(PDF))
    assert missing.value.code == "DOCUMENT_UNKNOWN"
    with pytest.raises(NotFound) as lost:
        documents.read(sha(PDF))
    assert lost.value.code == "DOCUMENT_LOST"


def test_a_document_put_under_another_name_does_not_open(database, documents, blobs):
    with database.write() as session:
        documents.put(session, documents.admit(PDF), NOW)
    blobs.put(sha(PNG), blobs.get(sha(PDF)))
    with pytest.raises(InvalidTag):
        documents.read(sha(PNG))


def test_what_is_dropped_is_gone_and_may_come_again(database, documents, blobs):
    with database.write() as session:
        documents.put(session, documents.admit(PDF), NOW)
    with database.write() as session:
        documents.drop(session, sha(PDF))
        documents.drop(session, sha(PNG))
    assert blobs.get(sha(PDF)) is None
    with database.read() as session:
        assert session.get(DocumentRow, sha(PDF)) is None
    with database.write() as session:
        assert documents.put(session, documents.admit(PDF), NOW) is True
    assert documents.read(sha(PDF)) == PDF


def test_a_file_is_readable_by_us_alone(tmp_path):
    FolderBlobs(tmp_path).put(sha(PDF), b"sealed")
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@contextmanager
def refusing(kind):
    with pytest.raises(kind) as refused:
        yield
    assert "test-secret" not in str(refused.value)


def test_an_s3_that_is_away_is_tried_again(bucket):
    away = S3Blobs(bucket.model_copy(update={"url": f"http://127.0.0.1:{nowhere()}"}))
    for ask in (lambda: away.put(sha(PDF), b"x"), lambda: away.get(sha(PDF)), lambda: away.delete(sha(PDF))):
        with refusing(ServiceUnavailable):
            ask()


@pytest.mark.parametrize("wrong", [{"secret_key": "other"}, {"access_key": "other"}, {"bucket": "none-there"}])
def test_an_s3_that_refuses_us_is_the_operator_s_matter(bucket, wrong):
    refused = S3Blobs(bucket.model_copy(update=wrong))
    for ask in (lambda: refused.put(sha(PDF), b"x"), lambda: refused.get(sha(PDF))):
        with refusing(Misconfigured):
            ask()
