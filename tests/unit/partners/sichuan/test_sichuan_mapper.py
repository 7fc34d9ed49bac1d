"""Golden words: our commands become exactly the published bodies."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

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
from domain.terms import ApplicantType, CommandKind, IdType, MaterialForm, Mode, Notice, SignerKind
from partners.sichuan.mapper import render

VECTORS = json.loads((Path(__file__).parents[4] / "docs" / "partners" / "vectors.json").read_text("utf-8"))["sichuan"]
CASE = "500103202611230000013"
HANDLING = HandlingRef(handling_no=CASE, region="511602")
CHINA = timezone(timedelta(hours=8))
ZHANG = Person(
    type=ApplicantType.PERSONAL,
    name="张三",
    id_type=IdType.RESIDENT,
    id_number="11010519491231002X",
    phone="13800000001",
)
FORM = SentMaterial(seq=1, name="居民身份证申请表", form=MaterialForm.FORM)


def words(kind: CommandKind, body):
    return render(Command(key="key-000001", kind=kind, handling=HANDLING, body=body), "500103")


def submission(**other) -> Submission:
    said = {
        "item_code": "YZ-MPS-001",
        "item_name": "居民身份证换领",
        "mode": Mode.COLLECT,
        "window": "渝中区跨地域通办综窗",
        "applicant": ZHANG,
        "agent": None,
        "materials": (FORM,),
        "parcel": None,
        "submitted_at": datetime(2026, 11, 23, 7, 30, tzinfo=timezone.utc),  # noqa: UP017
    }
    return Submission(**said | other)


def test_submission_is_the_published_one():
    said = words(CommandKind.SUBMIT, submission())
    assert said.path == VECTORS["submit"]["target"]
    assert said.body.decode() == VECTORS["submit"]["body"]


def test_notice_is_the_published_one():
    notice = NoticeSent(
        notice=Notice.PAPERS_SENT,
        occurred_at=datetime(2026, 11, 23, 15, 40, tzinfo=CHINA),
        tracking_no="EB000717618HK",
        seal_no="YZ0000001",
        papers=(Paper(name="居民身份证申请表", form=MaterialForm.FORM, count=1),),
    )
    said = words(CommandKind.NOTICE, notice)
    assert said.path == VECTORS["notice"]["target"]
    assert said.body.decode() == VECTORS["notice"]["body"]


def test_agent_file_and_parcel():
    body = submission(
        agent=ZHANG,
        materials=(FORM.model_copy(update={"sha256": "ab" * 32, "pages": 3}),),
        parcel=SentParcel(tracking_no="EB000717618HK"),
    )
    said = json.loads(words(CommandKind.SUBMIT, body).body)
    assert said["agent"] == said["applicant"]
    assert said["materials"][0] | {"sha256": "ab" * 32, "pages": 3} == said["materials"][0]
    assert said["parcel"] == {"trackingNo": "EB000717618HK", "sealNo": None}


def test_supplement_and_withdrawal():
    said = words(CommandKind.SUPPLEMENT, Supplement(round=2, materials=(FORM,), parcel=None))
    assert said.path == f"/cy/v1/cases/{CASE}/supplements"
    assert json.loads(said.body)["round"] == 2
    said = words(CommandKind.WITHDRAW, Withdrawal(reason="不办了"))
    assert said.path == f"/cy/v1/cases/{CASE}/withdraw"
    assert said.body.decode() == '{"reason":"不办了"}'


@pytest.mark.parametrize(
    ("signer", "on_the_wire"),
    [(SignerKind.SELF, "self"), (SignerKind.AGENT, "agent"), (SignerKind.HALL, "hall"), (SignerKind.LOCKER, "self")],
)
def test_delivered(signer, on_the_wire):
    at = datetime(2026, 12, 1, 9, 0, tzinfo=CHINA)
    notice = NoticeSent(notice=Notice.DELIVERED, occurred_at=at, signer_kind=signer, proof_sha256="cd" * 32)
    assert json.loads(words(CommandKind.NOTICE, notice).body) == {
        "notice": "DELIVERED",
        "occurredAt": "2026-12-01T09:00:00+08:00",
        "payload": {"at": "2026-12-01T09:00:00+08:00", "signerKind": on_the_wire, "proofSha256": "cd" * 32},
    }


def test_discrepancy():
    notice = NoticeSent(
        notice=Notice.DISCREPANCY,
        occurred_at=datetime(2026, 12, 1, 9, 0, tzinfo=CHINA),
        reason="少一份",
        papers=(Paper(name="户口簿", form=MaterialForm.ORIGINAL, count=1),),
    )
    payload = json.loads(words(CommandKind.NOTICE, notice).body)["payload"]
    assert payload == {"reason": "少一份", "papers": [{"name": "户口簿", "form": "original", "count": 1}]}


def test_the_same_command_gives_the_same_bytes():
    assert words(CommandKind.SUBMIT, submission()) == words(CommandKind.SUBMIT, submission())
