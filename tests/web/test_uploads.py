"""Files: uploaded by whom, for which case, read by whom; drafts expire; what travels electronically has its bytes."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outbound.clamd import Clamd
from storage.cases.draft_documents import expire_drafts
from storage.documents.accesses import DocumentAccessRow
from storage.documents.store import DocumentRow, Documents
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.parcels.scans import ScanProofRow
from tests.pictures import picture
from tests.scanner import BAD, scanning
from tests.web.office import ITEM, brought, case_body

UPLOAD = "/api/v1/documents"


def pdf(text):
    return b"%PDF-1.7 " + text.encode()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def view(office, sha256, role="clerk", **query):
    return office.call("GET", f"{UPLOAD}/{sha256}", role, params=query)


def electronic_place(body):
    return next(n for n, m in enumerate(body["materials"]) if m["provided"] == "electronic")


def post_case(office, body):
    return office.call("POST", "/api/v1/cases", "clerk", body)


def the_row(office, kind, **by):
    with office.database.read() as session:
        return session.scalars(select(kind).filter_by(**by)).one_or_none()


def test_an_upload_is_told_by_its_bytes(office):
    answer = office.call("POST", UPLOAD, "clerk", content=picture())
    assert answer.status_code == 201
    assert answer.json() | {"expiresAt": ""} == {
        "sha256": sha(picture()), "mediaType": "image/jpeg", "size": len(picture()), "pages": 1, "expiresAt": "",
    }  # fmt: skip
    again = office.call("POST", UPLOAD, "clerk", content=picture())
    assert again.json()["sha256"] == sha(picture())
    assert office.call("POST", UPLOAD, "clerk", content=pdf("whole")).json()["pages"] is None


@pytest.mark.parametrize(("content", "status", "code"), [
    (b"<svg onload=alert(1)></svg>", 422, "DOCUMENT_TYPE"),
    (b"", 422, "DOCUMENT_TYPE"),
    (b"%PDF-" + bytes(20 * 1024 * 1024), 413, "DOCUMENT_TOO_LARGE"),
], ids=["svg", "nothing", "too large"])  # fmt: skip
def test_what_is_no_document_leaves_nothing(office, content, status, code):
    before = office.rows()
    answer = office.call("POST", UPLOAD, "clerk", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert office.rows() == before


def test_a_draft_is_its_uploader_s_and_then_the_case_s(office):
    data = pdf("mine alone")
    name = office.uploaded(data=data)
    assert view(office, name).content == data
    for other in ("officer", "supervisor", "auditor"):
        assert view(office, name, other).json()["code"] == "DOCUMENT_UNKNOWN"
    body = case_body(office, 21)
    place = electronic_place(body)
    body["materials"][place]["sha256"] = name
    case_no = post_case(office, body).json()["caseNo"]
    for reader in ("clerk", "supervisor"):
        assert view(office, name, reader).content == data
    assert view(office, name, "auditor").json()["code"] == "DOCUMENT_UNKNOWN"  # by a hash alone
    assert view(office, name, "auditor", caseNo=case_no).content == data
    assert view(office, name, "officer", caseNo=case_no).json()["code"] == "DOCUMENT_UNKNOWN"  # another authority's
    for stranger in ("outlet", "courier", "operator"):
        assert view(office, name, stranger, caseNo=case_no).status_code == 403
    assert the_row(office, UploadRow, sha256=name).expires_at is None
    with office.database.read() as session:
        lines = session.scalars(select(DocumentAccessRow).filter_by(sha256=name).order_by(DocumentAccessRow.id)).all()
    assert [(each.reader, each.purpose, each.case_no) for each in lines] == [
        ("clerk", "draft", None),
        *((reader, "case", case_no) for reader in ("clerk", "supervisor", "auditor")),
    ]
    said = office.call("GET", f"/api/v1/cases/{case_no}/readings", "auditor").json()["readings"]
    assert [each["reader"] for each in said] == ["clerk", "supervisor", "auditor"]
    assert office.call("GET", "/api/v1/cases/500103202611239999991/readings", "auditor").status_code == 404


def test_a_case_that_does_not_have_it_gives_no_right(office):
    name = office.uploaded(data=pdf("of one case"))
    other = office.start(22)["caseNo"]
    assert view(office, name, caseNo=other).status_code == 404
    assert view(office, name, caseNo="x").status_code == 422


def test_what_travels_electronically_has_its_file(office):
    body = case_body(office, 23)
    place = electronic_place(body)
    body["materials"][place]["sha256"] = None
    before = office.rows()
    answer = post_case(office, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "DOCUMENT_MISSING")
    assert answer.json()["errors"][0]["field"] == f"materials.{place}.sha256"
    assert "请先上传" in answer.json()["detail"]
    assert office.rows() == before


@pytest.mark.parametrize("how", ["nobody's", "another's"])
def test_a_file_that_the_clerk_has_not_uploaded_is_refused_at_its_field(office, how):
    name = office.uploaded("officer", pdf("the officer's")) if how == "another's" else "ab" * 32
    body = case_body(office, 24)
    place = electronic_place(body)
    body["materials"][place]["sha256"] = name
    answer = post_case(office, body)
    assert answer.json()["code"] == "DOCUMENT_UNKNOWN"
    assert answer.json()["errors"][0]["field"] == f"materials.{place}.sha256"


def test_a_material_has_a_page_at_least(office):
    body = case_body(office, 25)
    body["materials"][0]["pages"] = 0
    answer = post_case(office, body)
    assert answer.json()["code"] == "PAGES"
    assert answer.json()["errors"][0]["field"] == "materials.0.pages"


def test_a_supplement_and_a_result_have_their_files_too(office):
    handling_no = office.submitted(26)
    approved = {"event": "APPROVED", "payload": {"result": {"name": "证", "form": "electronic", "sha256": "ab" * 32}}}
    path = f"/api/v1/handlings/{handling_no}/decisions"
    answer = office.call("POST", path, "officer", approved)
    assert answer.json()["errors"][0]["field"] == "payload.result.sha256"
    body = {"round": 1, "materials": [brought(office, 1, "copy") | {"sha256": "cd" * 32}]}

    def open_round(row):
        row.wire_state, row.round = "AWAITING_SUPPLEMENT", 1

    office.change(handling_no, open_round)
    refused = office.call("POST", f"/api/v1/cases/{handling_no}/supplements", "clerk", body)
    assert refused.json()["errors"][0]["field"] == "materials.0.sha256"
    body["materials"][0]["sha256"] = name = office.uploaded(data=pdf("what was missing"))
    assert office.call("POST", f"/api/v1/cases/{handling_no}/supplements", "clerk", body).status_code == 202
    assert the_row(office, CaseDocumentRow, sha256=name).case_no == handling_no


def test_the_officer_s_result_becomes_the_case_s(office):
    handling_no = office.submitted(31)
    path = f"/api/v1/handlings/{handling_no}/decisions"
    name = office.uploaded("officer", pdf("the certificate"))
    result = {"name": "证", "form": "electronic", "documentNo": "渝1号", "sha256": name}
    for event, payload in (("RECEIVED", {}), ("ACCEPTED", {}), ("APPROVED", {"result": result})):
        assert view(office, name).status_code == 404
        answer = office.call("POST", path, "officer", {"event": event, "payload": payload})
        assert answer.status_code == 202, answer.text
    assert view(office, name, caseNo=handling_no).content == pdf("the certificate")


def test_pictures_become_one_pdf(office):
    names = [office.uploaded(data=picture(colour=colour)) for colour in ("red", "blue", "red")]
    answer = office.call("POST", f"{UPLOAD}:join", "clerk", {"pages": names})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["pages"], answer.json()["mediaType"]) == (3, "application/pdf")
    assert view(office, answer.json()["sha256"]).content.startswith(b"%PDF-")
    with_pdf = {"pages": [names[0], office.uploaded(data=pdf("no picture"))]}
    assert office.call("POST", f"{UPLOAD}:join", "clerk", with_pdf).json()["code"] == "DOCUMENT_NOT_IMAGE"
    foreign = {"pages": [names[0], office.uploaded("officer", picture(colour="lime"))]}
    assert office.call("POST", f"{UPLOAD}:join", "clerk", foreign).json()["code"] == "DOCUMENT_UNKNOWN"
    assert office.call("POST", f"{UPLOAD}:join", "officer", {"pages": names}).json()["code"] == "DOCUMENT_UNKNOWN"
    assert office.call("POST", f"{UPLOAD}:join", "outlet", {"pages": names}).status_code == 403


def test_a_browser_may_look_and_runs_nothing(office):
    image = view(office, office.uploaded(data=picture(colour="teal")), view=True)
    assert image.headers["content-disposition"].startswith("inline")
    assert image.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    shown = view(office, office.uploaded(data=pdf("to be looked at")), view=True)
    assert shown.headers["content-disposition"].startswith("inline")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    ofd = view(office, office.uploaded(data=b"PK\x03\x04....OFD.xml"), view=True)
    assert ofd.headers["content-disposition"].startswith("attachment")
    for answer in (image, shown, ofd):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.fixture
def changed(office):
    """The office with other parts, for one test."""
    usual = office.app.state.context

    def change(**parts):
        office.app.state.context = replace(usual, **parts)
        return office.app.state.context

    yield change
    office.app.state.context = usual


def later(office, changed, **span):
    """The office, some time on."""
    now = office.app.state.context.now
    return changed(now=lambda: now() + timedelta(**span))


def sweep(office, context):
    return expire_drafts(office.database, context.documents, context.now())


def test_a_draft_expires_and_what_a_case_or_a_scan_names_stays(office, changed):
    context = office.app.state.context
    sweep(office, context)
    draft, used, shared, proof = (office.uploaded(data=pdf(what)) for what in ("draft", "used", "shared", "proof"))
    office.uploaded("officer", pdf("shared"))
    body = case_body(office, 27)
    body["materials"][electronic_place(body)]["sha256"] = used
    assert post_case(office, body).status_code == 201
    with office.database.write() as session:
        session.add(ScanProofRow(event_id="one", sha256=proof, named_at=context.now()))
        session.query(UploadRow).filter_by(sha256=shared, uploader="officer").update({"expires_at": None})
    moved = later(office, changed, hours=24, minutes=1)
    assert sweep(office, moved) >= 2
    assert sweep(office, moved) == 0
    assert the_row(office, DocumentRow, sha256=draft) is None
    for kept in (used, shared, proof):
        assert the_row(office, DocumentRow, sha256=kept) is not None
        assert moved.documents.read(kept)


def test_an_expired_upload_does_not_go_into_a_case(office):
    name = office.uploaded(data=pdf("too late"))
    body = case_body(office, 28)
    body["materials"][electronic_place(body)]["sha256"] = name
    with office.database.write() as session:
        session.query(UploadRow).filter_by(sha256=name).update({"expires_at": office.app.state.context.now()})
    answer = post_case(office, body)
    assert (answer.json()["code"], "过期" in answer.json()["detail"]) == ("DOCUMENT_UNKNOWN", True)


def test_a_courier_s_photo_waits_for_its_scan_longer(office, changed):
    name = office.uploaded("courier", picture(colour="navy"))
    sweep(office, later(office, changed, days=29))
    assert the_row(office, DocumentRow, sha256=name) is not None


def test_who_has_uploaded_too_much_first_uses_it(office, changed):
    context = office.app.state.context
    tight = context.settings.documents.model_copy(update={"quota_mb": 1})
    settings = context.settings.model_copy(update={"documents": tight})
    changed(settings=settings)
    assert office.call("POST", UPLOAD, "officer", content=pdf("a" * 600_000)).status_code == 201
    again = office.call("POST", UPLOAD, "officer", content=pdf("a" * 600_000))
    refused = office.call("POST", UPLOAD, "officer", content=pdf("b" * 600_000))
    assert again.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (409, "DOCUMENT_QUOTA")
    assert office.call("POST", UPLOAD, "outlet", content=pdf("b" * 600_000)).status_code == 201
    assert the_row(office, UploadRow, uploader="officer", sha256=sha(pdf("b" * 600_000))) is None


def scanned_by(office, changed, scanner):
    context = office.app.state.context
    watched = Documents(context.documents._blobs, context.sealer, Clamd("127.0.0.1", scanner.port, 5).scan)
    changed(documents=watched)


def test_an_infected_file_leaves_nothing_and_a_scanner_that_is_away_lets_nothing_in(office, changed):
    with scanning() as scanner:
        scanned_by(office, changed, scanner)
        assert office.call("POST", UPLOAD, "clerk", content=pdf("clean")).status_code == 201
        before = office.rows()
        answer = office.call("POST", UPLOAD, "clerk", content=pdf("bad") + BAD)
        assert (answer.status_code, answer.json()["code"]) == (422, "DOCUMENT_INFECTED")
        assert office.rows() == before
        assert not office.app.state.context.documents._blobs.get(sha(pdf("bad") + BAD))
    away = office.call("PUT", f"{UPLOAD}/{sha(pdf('later'))}", "clerk", content=pdf("later"))
    assert (away.status_code, away.json()["code"]) == (503, "SCANNER_AWAY")
    assert "运维" in away.json()["detail"]
    assert office.rows() == before


def test_the_item_of_these_tests_asks_for_something_electronic(office):
    assert electronic_place(case_body(office, 29, item=ITEM)) > 0


def page_of(office, case_no, role):
    headers = {"Authorization": f"Bearer {office.tokens[role]}"}
    office.client.cookies.clear()
    return office.client.get(f"/window/{case_no}", headers=headers).text


def test_the_case_s_page_leads_to_its_files_and_says_what_has_none(office):
    body = case_body(office, 30)
    name = body["materials"][electronic_place(body)]["sha256"]
    case_no = post_case(office, body).json()["caseNo"]
    page = page_of(office, case_no, "clerk")
    assert f'href="/api/v1/documents/{name}?caseNo={case_no}&amp;view=true"' in page
    assert "没有电子件" in page  # the form that was brought on paper
    assert "文件查阅记录" not in page
    assert view(office, name, "supervisor", caseNo=case_no).status_code == 200
    read = page_of(office, case_no, "auditor")
    assert "文件查阅记录（1 次）" in read and "supervisor" in read
    assert "文件查阅记录" not in page_of(office, case_no, "clerk")
