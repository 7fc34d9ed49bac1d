"""Golden: every command in the words of contract C, byte for byte."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree

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
from partners.interprovincial.envelope import data_part, element
from partners.interprovincial.mapper import destination, record_of
from partners.interprovincial.numbers import (
    coordination_no,
    message_no,
)
from partners.interprovincial.safe_xml import parse_information
from partners.standards import CHINA
from tests.in_memory import NoticeTimesInMemory

VECTORS = json.loads((Path(__file__).parents[4] / "docs/partners/vectors.json").read_text("utf-8"))["interprovincial"]
HANDLING = HandlingRef(handling_no="50010320261123000003X", region="440103")

AT = datetime(2026, 11, 23, 15, 59, 0, tzinfo=CHINA)
WANG = Person(
    type=ApplicantType.PERSONAL,
    name="王五",
    id_type=IdType.RESIDENT,
    id_number="50010119900101123X",
    phone="13800000003",
)


def submission(**changes) -> Submission:
    fields = {
        "item_code": "YZ-MOJ-001",
        "item_name": "学历公证",
        "mode": Mode.ONLINE,
        "window": "综窗",
        "applicant": WANG,
        "agent": None,
        "materials": (SentMaterial(seq=1, name="公证申请表", form=MaterialForm.FORM),),
        "parcel": None,
        "submitted_at": AT,
    }
    return Submission(**{**fields, **changes})


def command(kind: CommandKind, body) -> Command:
    return Command(key="k", kind=kind, handling=HANDLING, body=body)


def from_data(name: str) -> bytes:
    whole = VECTORS[name]["information"]
    return whole[whole.index("<DATA") :].encode()


def rendered(kind: CommandKind, body) -> str:
    return record_of(command(kind, body), AT)


def test_submit_is_the_vector():
    assert data_part([rendered(CommandKind.SUBMIT, submission())]) == from_data("submit")


def test_delivered_is_the_vector():
    notice = NoticeSent(notice=Notice.DELIVERED, occurred_at=AT, signer_kind=SignerKind.SELF)
    at = AT.replace(second=30)
    assert data_part([record_of(command(CommandKind.NOTICE, notice), at)]) == from_data("notify")


def test_agent_parcel_and_enterprise():
    firm = WANG.model_copy(
        update={"type": ApplicantType.ENTERPRISE, "name": "甲<乙>&公司", "id_type": IdType.CREDIT_CODE}
    )
    text = rendered(
        CommandKind.SUBMIT,
        submission(applicant=firm, agent=WANG, parcel=SentParcel(tracking_no="EB000717618HK", seal_no="YZ1")),
    )
    assert "<SQRLX>2</SQRLX><XM>甲&lt;乙&gt;&amp;公司</XM><ZJLX>统一社会信用代码</ZJLX>" in text
    assert "<DLR><XM>王五</XM><ZJLX>居民身份证</ZJLX>" in text
    assert text.endswith("<YJHM>EB000717618HK</YJHM><FQH>YZ1</FQH><TJSJ>20261123155900</TJSJ>")


def test_supplement_and_withdrawal():
    body = Supplement(round=2, materials=(), parcel=None)
    assert rendered(CommandKind.SUPPLEMENT, body) == "<AJBH>50010320261123000003X</AJBH><LC>2</LC><CLS></CLS>"
    assert rendered(CommandKind.WITHDRAW, Withdrawal(reason="不办了")).endswith("<YY>不办了</YY>")


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (
            NoticeSent(
                notice=Notice.PAPERS_SENT,
                occurred_at=AT,
                tracking_no="EB000717618HK",
                papers=(Paper(name="户口簿", form=MaterialForm.ORIGINAL, count=2),),
            ),
            (
                "<TZ>01</TZ><TZSJ>20261123155900</TZSJ><YJHM>EB000717618HK</YJHM><FQH></FQH>"
                "<CLS><CL><MC>户口簿</MC><XS>original</XS><YS>2</YS></CL></CLS>"
            ),
        ),
        (
            NoticeSent(notice=Notice.DISCREPANCY, occurred_at=AT, reason="少一页"),
            "<TZ>03</TZ><TZSJ>20261123155900</TZSJ><YY>少一页</YY><CLS></CLS>",
        ),
    ],
)
def test_notices(notice: NoticeSent, expected: str):
    assert rendered(CommandKind.NOTICE, notice) == f"<AJBH>{HANDLING.handling_no}</AJBH>{expected}"


@pytest.mark.parametrize(
    ("signer", "on_the_wire"),
    [(None, "self"), *((kind, "self" if kind is SignerKind.LOCKER else kind.value) for kind in SignerKind)],
)
def test_delivered_to_one_of_three(signer: SignerKind | None, on_the_wire: str):
    said = rendered(CommandKind.NOTICE, NoticeSent(notice=Notice.DELIVERED, occurred_at=AT, signer_kind=signer))
    assert said.endswith(f"<TZ>02</TZ><TZSJ>20261123155900</TZSJ><QSR>{on_the_wire}</QSR><PZ></PZ>")


def test_what_xml_cannot_carry_becomes_a_blank_and_line_ends_lf():
    text = element("YY", "一\r\n二\r三\x00\x0b四\ud800𬭸]]>")
    assert text == "<YY>一\n二\n三  四 𬭸]]&gt;</YY>"
    assert etree.fromstring(text).text == "一\n二\n三  四 𬭸]]>"
    assert parse_information(text).text is not None


def test_destination_is_the_province():
    assert destination("440103") == "440000000000"


def test_coordination_number_comes_from_the_handling_number_alone():
    assert coordination_no("50010320261123000003X") == "50010300000020261123000000000003"
    with pytest.raises(ValueError, match="not a handling number"):
        coordination_no("500103202611230000030")


def test_message_numbers_never_meet_those_of_handlings():
    lowest = message_no("500103000000", AT.date(), 100_000_000_000)
    assert re.fullmatch(r"[0-9]{32}", lowest)
    assert lowest > coordination_no("50010320261123000003X")
    for serial in (0, 999_999, 99_999_999_999, 1_000_000_000_000):
        with pytest.raises(ValueError, match="serial"):
            message_no("500103000000", AT.date(), serial)


def test_notice_times_rise_per_kind_and_stay_for_one_command():
    times = NoticeTimesInMemory()
    number = HANDLING.handling_no
    first = times.notice_time(number, "01", "a", AT.replace(microsecond=900))
    assert first == AT
    assert times.notice_time(number, "01", "b", AT) == AT.replace(second=1)
    assert times.notice_time(number, "01", "c", AT.replace(hour=1)) == AT.replace(second=2)
    assert times.notice_time(number, "02", "d", AT) == AT
    assert times.notice_time(number, "01", "a", AT.replace(hour=20)) == AT
