"""The published vectors of the optional members: what we send is theirs byte for byte, what they say is heard."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree

from domain.filled_form import FilledForm
from domain.inbound import EventPayload
from domain.named_papers import NamedPaper
from domain.terms import CommandKind, MaterialForm
from partners.form_json import canonical, form_json
from partners.interprovincial.envelope import data_part
from partners.interprovincial.inbound import read_notice
from partners.interprovincial.signing import seal, sealed_text
from partners.sichuan.events import from_callback
from partners.sichuan.settings import SignAlgorithm
from partners.sichuan.signing import request_text, sign
from partners.sm2 import PublicKey
from partners.southwest.batch import Manifest
from partners.southwest.rows import read
from partners.southwest.signing import decode_base64
from partners.standards import CHINA, sha256_hex, sm3_hex
from tests.unit.partners.interprovincial import test_interprovincial_mapper as interprovincial
from tests.unit.partners.sichuan import test_sichuan_mapper as sichuan
from tests.unit.partners.southwest import test_southwest_mapper as southwest

VECTORS = json.loads((Path(__file__).parents[4] / "docs" / "partners" / "vectors.json").read_text("utf-8"))
A, B, C = (VECTORS[name] for name in ("sichuan", "southwest", "interprovincial"))
FORM = FilledForm.model_validate_json(VECTORS["form"]["canonical"])
LATER = datetime(2026, 12, 2, tzinfo=CHINA)
SENT = EventPayload(
    tracking_no="EB000717618HK",
    seal_no="SC0000001",
    papers=(NamedPaper(name="居民户口簿", form=MaterialForm.ORIGINAL, count=1),),
    kept=(NamedPaper(name="居民身份证申请表", form=MaterialForm.FORM, count=1),),
)


def test_the_form_is_canonical():
    assert canonical(form_json(FORM)) == VECTORS["form"]["canonical"]
    assert sha256_hex(VECTORS["form"]["canonical"].encode()) == VECTORS["form"]["sha256"]


def test_our_submissions_are_the_published_ones():
    assert (
        sichuan.words(CommandKind.SUBMIT, sichuan.submission(form=FORM)).body.decode() == A["submit_with_form"]["body"]
    )
    assert southwest.rendered(southwest.submission(form=FORM)).decode() == B["with_form"]["row_lines"]
    sent = data_part([interprovincial.rendered(CommandKind.SUBMIT, interprovincial.submission(form=FORM))])
    assert C["submit_with_form"]["information"].endswith(sent.decode())


@pytest.mark.parametrize(
    ("name", "key", "app", "alg"),
    [
        ("submit_with_form", "our_key_ascii", "our_app", "HMAC-SHA256"),
        ("result_sent", "partner_key_ascii", "partner_app", "HMAC-SHA256"),
        ("result_sent", "partner_key_ascii", "partner_app", "HMAC-SM3"),
    ],
)
def test_the_signature_covers_the_body_with_them(name, key, app, alg):
    said = A[name]
    text = request_text(
        said["method"], said["target"], "", A[app], str(said["timestamp"]), said["nonce"], said["msg_id"],
        said["body"].encode(),
    )  # fmt: skip
    assert text.decode() == said["signed_text"]
    assert sign(SignAlgorithm(alg), (A[key].encode(),), text) == said[f"signature_{alg}"]


def test_the_manifest_covers_the_row_with_them():
    manifest = Manifest.model_validate(B["with_form"]["manifest"])
    assert manifest.text == B["with_form"]["manifest_signed_text"]
    assert manifest.rows_sm3 == sm3_hex(B["with_form"]["row_lines"].encode())
    assert PublicKey(B["public_key"]).verify(manifest.text.encode(), decode_base64(manifest.sign))


def test_the_seal_covers_the_text_with_them():
    said = C["submit_with_form"]
    number = "50010300000020261123000000000001"
    text = sealed_text("Submit", "500103000000", "440000000000", number, "20261123160000", said["information"].encode())
    assert text.decode() == said["sealed_text"]
    assert seal(C["refresh"]["secret_ascii"].encode(), text) == said["seal"]


def test_what_they_say_is_heard():
    callback = A["result_sent"]
    heard = from_callback(json.loads(callback["body"]), callback["msg_id"], b"", LATER)
    assert heard.payload == SENT
    assert read(B["result_sent_row"].encode(), 1, LATER).message.payload == SENT
    inside = C["result_sent"]["record"]
    record = etree.fromstring(f'<RECORD no="1" sid="s-9">{inside}</RECORD>')
    assert read_notice(record, inside.encode()).message.payload == SENT
