"""Rows, manifests and receipts against the contract's vectors, and golden rows for every command."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.outbound import (
    Command,
    HandlingRef,
    NoticeSent,
    Paper,
    Person,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import ApplicantType, CommandKind, IdType, MaterialForm, Mode, Notice, SignerKind, WireEvent
from partners.southwest.batch import FIRST_PREVIOUS, Manifest, Measured, StreamHead, lines, measure, unsigned
from partners.southwest.codes import Code
from partners.southwest.mapper import province_of, render
from partners.southwest.receipts import BatchReceipt
from partners.southwest.rows import EVENTS, BadRow, read
from partners.southwest.signing import decode_base64, request_text
from partners.standards import sm3_hex

WIRE = json.loads(Path("docs/partners/vectors.json").read_text())["southwest"]
AT = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HANDLING = HandlingRef(handling_no="500103202611230000021", region="520102", item_code="YZ-HRSS-001")
PERSON = Person(
    type=ApplicantType.PERSONAL,
    name="李四",
    id_type=IdType.RESIDENT,
    id_number="510107200002290010",
    phone="13800000002",
)


def submission(**other) -> Submission:
    given = {
        "item_code": "YZ-HRSS-001",
        "item_name": "失业登记",
        "mode": Mode.ONLINE,
        "window": "渝中区跨地域通办综窗",
        "applicant": PERSON,
        "agent": None,
        "materials": (),
        "parcel": None,
        "submitted_at": AT,
    }
    return Submission(**given | other)


def rendered(body, **handling) -> bytes:
    kinds = {Submission: "submit", Supplement: "supplement", Withdrawal: "withdraw", NoticeSent: "notice"}
    command = Command(
        key="k", kind=CommandKind(kinds[type(body)]), handling=HANDLING.model_copy(update=handling), body=body
    )
    return render(command, row_guid="9d0f6a3e-0001", written_at=AT, our_region="500103")


def data_of(body) -> tuple[str, str, dict]:
    row = json.loads(rendered(body))
    return row["type"], row["state"], row["data"]


def test_the_vectors_row_byte_for_byte():
    assert rendered(submission()) == WIRE["row_lines"].encode()


def test_the_vectors_manifest_and_receipt_texts():
    manifest = Manifest.model_validate(WIRE["manifest"])
    assert manifest.text == WIRE["manifest_signed_text"]
    assert manifest.text_sm3 == WIRE["next_prevSm3"]
    assert manifest.wire() == WIRE["manifest"]
    receipt = BatchReceipt.model_validate(WIRE["receipt"])
    assert receipt.text == WIRE["receipt_signed_text"]
    assert receipt.wire() == WIRE["receipt"]
    said = WIRE["request"]
    text = request_text(
        said["operation"],
        said["C-App-Id"],
        said["C-Tenancy-Id"],
        said["C-Business-Id"],
        said["C-Timestamp"],
        said["body"].encode(),
    )
    assert text == said["signed_text"]


def test_the_vectors_batch_is_formed_again():
    batch = unsigned(
        [WIRE["row_lines"].encode()],
        from_region="500103",
        to_region="520000",
        head=StreamHead(1, FIRST_PREVIOUS),
        now=NOW,
        serial="5001030000000001",
    )
    assert batch.manifest.text == WIRE["manifest_signed_text"]
    assert gzip.decompress(batch.rows_gz) == WIRE["row_lines"].encode()


def test_a_supplement_and_a_withdrawal():
    material = SentMaterial(seq=1, name="户口簿", form=MaterialForm.COPY, sha256="a" * 64, pages=2)
    parcel = SentParcel(tracking_no="EB000717618HK")
    assert data_of(Supplement(round=2, materials=(material,), parcel=parcel)) == (
        "supplement",
        "2",
        {
            "round": 2,
            "materials": [{"seq": 1, "name": "户口簿", "form": "copy", "sha256": "a" * 64, "pages": 2}],
            "parcel": {"trackingNo": "EB000717618HK", "sealNo": None},
        },
    )
    assert data_of(Withdrawal(reason="不办了")) == ("withdraw", "1", {"reason": "不办了"})


def test_the_three_notices():
    papers = (Paper(name="户口簿", form=MaterialForm.ORIGINAL, count=1),)
    written = [{"name": "户口簿", "form": "original", "count": 1}]
    at = "2026-11-23T15:30:00+08:00"
    sent = NoticeSent(notice=Notice.PAPERS_SENT, occurred_at=AT, tracking_no="EB1", seal_no="YZ0000001", papers=papers)
    assert data_of(sent) == (
        "notice",
        "1",
        {"trackingNo": "EB1", "sealNo": "YZ0000001", "papers": written, "occurredAt": at},
    )
    locker = NoticeSent(notice=Notice.DELIVERED, occurred_at=AT, signer_kind=SignerKind.LOCKER)
    assert data_of(locker) == (
        "notice",
        "2",
        {"at": at, "signerKind": "self", "proofSha256": None, "occurredAt": at},
    )
    discrepancy = NoticeSent(notice=Notice.DISCREPANCY, occurred_at=AT, reason="少一份", papers=papers)
    assert data_of(discrepancy) == ("notice", "3", {"reason": "少一份", "papers": written, "occurredAt": at})


def test_only_the_listed_fields_travel():
    row = json.loads(rendered(submission(agent=PERSON), partner_no="GZ-1"))
    assert set(row["data"]) == {
        "itemName", "mode", "handlingRegion", "collectingOrg", "applicant", "agent", "materials", "parcel",
        "submittedAt",
    }  # fmt: skip
    assert set(row["data"]["agent"]) == {"type", "name", "idType", "idNumber", "phone"}
    assert row["partner_no"] == "GZ-1"
    assert province_of("450103") == "450000"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_reason_travels_in_one_line_and_comes_back(reason):
    line = rendered(Withdrawal(reason=reason))
    assert line.count(b"\n") == 1
    assert json.loads(line)["data"]["reason"] == reason


# -- rows of the hub -------------------------------------------------------------------------------

PAYLOADS = {
    WireEvent.NEED_SUPPLEMENT: {"round": 1, "reason": "缺", "materials": ["户口簿"], "deadlineWorkdays": 5},
    WireEvent.SUSPENDED: {"procedure": "听证", "reason": "重大"},
    WireEvent.APPROVED: {"result": {"name": "证", "form": "both", "documentNo": "1", "sha256": "a" * 64}},
    WireEvent.NOT_ACCEPTED: {"reason": "不归", "legalBasis": "第三十二条"},
    WireEvent.REJECTED: {"reason": "不符", "legalBasis": "第三十八条"},
    WireEvent.RESULT_SENT: {"trackingNo": "EB1"},
}


def hub_line(type_: str, state: str, data: dict) -> bytes:
    row = json.loads(WIRE["row_lines"]) | {"type": type_, "state": state, "data": data, "partner_no": "GZ-1"}
    return json.dumps(row, ensure_ascii=False).encode()


@pytest.mark.parametrize("pair", EVENTS, ids="/".join)
def test_every_event_of_the_table(pair):
    event = EVENTS[pair]
    payload = PAYLOADS.get(event, {})
    line = hub_line(*pair, payload)
    message = read(line, 1, NOW).message
    assert (message.event, message.event_name, message.seq) == (event, event.value, None)
    assert message.message_id == "9d0f6a3e-0001:2026-11-23T15:30:00.000+08:00"
    assert message.content == line
    assert (message.handling_no, message.partner_no) == ("500103202611230000021", "GZ-1")
    assert message.written_at == message.occurred_at == AT
    said = message.payload
    for name, value in {"round": said.round, "reason": said.reason, "procedure": said.procedure}.items():
        assert value == payload.get(name)
    assert said.tracking_no == payload.get("trackingNo")
    assert (said.result.sha256 if said.result else None) == payload.get("result", {}).get("sha256")
    if payload:
        for missing in payload:
            with pytest.raises(BadRow):
                read(hub_line(*pair, {key: value for key, value in payload.items() if key != missing}), 1, NOW)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_row_or_a_bad_row(data):
    with pytest.raises(BadRow) as fault:
        read(data, 7, NOW)
    assert fault.value.guid == "#7"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = sorted(json.loads(WIRE["row_lines"]))


@given(st.sampled_from(MEMBERS), JSON)
@settings(max_examples=300, deadline=None)
def test_any_value_in_any_member_is_read_or_refused_and_nothing_else(member, value):
    row = json.loads(hub_line("accept", "2", {})) | {member: value}
    try:
        found = read(json.dumps(row).encode(), 1, NOW)
    except BadRow as fault:
        assert fault.guid in ("9d0f6a3e-0001", "#1")
    else:
        assert found.guid == row["row_guid"]


@given(st.sampled_from(sorted(WIRE["manifest"])), JSON)
@settings(max_examples=300, deadline=None)
def test_any_value_in_any_member_of_a_manifest(member, value):
    try:
        manifest = Manifest.model_validate(WIRE["manifest"] | {member: value})
    except ValidationError:
        return
    assert manifest.wire() == WIRE["manifest"] | {member: value}, "nothing is converted"


# -- measuring -------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=50).filter(lambda row: b"\n" not in row), max_size=30))
@settings(max_examples=100, deadline=None)
def test_lines_are_those_that_were_packed(rows):
    content = b"".join(row + b"\n" for row in rows)
    packed = gzip.compress(content)
    assert measure(packed) == Measured(len(rows), len(content), sm3_hex(content), True)
    assert list(lines(packed)) == rows


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_measured_or_refused(data):
    assert measure(data) in (Code.ROWS_COUNT, Code.DECOMPRESSION) or isinstance(measure(data), Measured)


def test_large_batches_are_measured_and_read_in_pieces():
    row = b'{"n":"' + bytes(range(48, 122)) * 30 + b'"}'
    packed = gzip.compress((row + b"\n") * 12_000, 1)
    tracemalloc.start()
    measured = measure(packed)
    counted = sum(1 for line in lines(packed) if line == row)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(measured, Measured) or measured is Code.DECOMPRESSION
    assert counted == 12_000
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("text", ["", "QQ", "QQ=", "QQ==\n", " QQ==", "QR==", "QQ==QQ==", "Q-==", "中文"])
def test_base64_has_one_form(text):
    assert decode_base64(text) in (None, b"")
    assert decode_base64("QQ==") == b"A"
