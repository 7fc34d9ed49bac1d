"""What a desk shows of keys, raw bytes and signatures: enough to compare, nothing to misuse."""

import json
from datetime import date

import pytest

from domain.terms import Partner
from runtime.settings import load_settings
from tests.borders import nobodys_ports
from web.views.partner_desk import folded
from web.views.partner_keys import keys_shown, overlap_said
from web.views.raw_masked import raw_shown
from web.views.signed_steps import steps_shown
from web.views.verdicts import verdict_said, verdict_tone

TODAY = date(2026, 11, 23)
PERSON = {"name": "欧阳静", "idType": "居民身份证", "idNumber": "11010519491231002X", "phone": "13800001234"}
SECRETS = ("欧阳静", "11010519491231002X", "13800001234")
BODY = {"caseNo": "500103202611230000018", "applicant": PERSON, "materials": [{"name": "户口簿", "pages": 3}]}


def keys(tmp_path, **given):
    settings = load_settings(None, sandbox="1", data_dir=tmp_path, **given, **nobodys_ports())
    return keys_shown(settings, Partner.SICHUAN, TODAY)


def test_keys_are_told_by_fingerprint_and_days_alone(tmp_path):
    old, new = "o" * 32, "n" * 32
    shown = keys(tmp_path, sichuan={"our_keys": f"{old}@/2026-12-01,{new}@2026-11-20/,x@2027-01-01/"})
    ours = [key for key in shown if key["use"] == "我方签名"]
    assert [(key["from"], key["to"], key["state"]) for key in ours] == [
        (None, "2026-12-01", "soon"),
        ("2026-11-20", None, "now"),
        ("2027-01-01", None, "ahead"),
    ]
    assert len({key["fingerprint"] for key in ours}) == 3
    assert old not in json.dumps(shown) and new not in json.dumps(shown)
    assert overlap_said(shown) == "我方签名新旧两把同时有效，到 2026-12-01 为止"


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("lines", [1, 3])
def test_people_are_masked_where_they_stand_and_the_rest_stays(ascii_only, lines):
    raw = "\n".join([json.dumps(BODY, ensure_ascii=ascii_only)] * lines)
    shown = raw_shown(raw.encode())
    assert shown is not None and not any(secret in shown for secret in SECRETS)
    assert json.dumps("户口簿", ensure_ascii=ascii_only) in shown and "500103202611230000018" in shown
    assert shown.count('"pages": 3') == lines


def test_people_are_masked_in_the_national_gateways_words():
    raw = "<RECORD><XM>欧阳静</XM><ZJHM>11010519491231002X</ZJHM><LXDH>13800001234</LXDH><SXMC>户口</SXMC></RECORD>"
    shown = raw_shown(raw.encode())
    assert shown is not None and not any(secret in shown for secret in SECRETS) and "<SXMC>户口</SXMC>" in shown


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n",
        b"plain words",
        b'{"applicant": broken',
        json.dumps({"applicant": PERSON}).replace("1380000", "\\u0031380000").encode(),  # in no form that is searched
    ],
)
def test_what_cannot_be_read_for_sure_is_not_shown(raw):
    assert raw_shown(raw) is None


def test_a_free_text_with_a_number_in_it_is_masked_too():
    shown = raw_shown(json.dumps({"reason": "请与 13800001234 联系"}, ensure_ascii=False).encode())
    assert shown == '{"reason": "请与 138****1234 联系"}'


def test_a_signed_text_is_taken_apart_by_the_wires_own_order():
    text = "\n".join(["POST", "/callbacks/sichuan", "", "app", "1", "nonce", "id", "hash"])
    steps = steps_shown(Partner.SICHUAN, {"text": text, "algorithm": "HMAC-SM3", "proof": {"x-cy-signature": "v1=A"}})
    assert steps is not None and [part["value"] for part in steps["parts"]][0:3] == ["POST", "/callbacks/sichuan", ""]
    assert steps["parts"][-1]["label"] == "正文的 SHA-256"
    other = steps_shown(Partner.SOUTHWEST, {"text": "a|b", "algorithm": "SM2-SM3", "proof": {}})
    assert other is not None and [part["label"] for part in other["parts"]] == ["第 1 项", "第 2 项"]
    assert steps_shown(Partner.SICHUAN, None) is None


@pytest.mark.parametrize(
    ("partner", "verdict", "tone"),
    [
        (Partner.SICHUAN, "0000", "done"),
        (Partner.SICHUAN, "CY4012", "late"),
        (Partner.SICHUAN, "TIMEOUT", "soon"),
        (Partner.SOUTHWEST, "SW100403", "late"),
        (Partner.INTERPROVINCIAL, "-910", "done"),
        (Partner.INTERPROVINCIAL, "HTTP_502", "late"),
        (Partner.INTERPROVINCIAL, "-7777", "late"),
    ],
)
def test_every_verdict_is_a_sentence(partner, verdict, tone):
    assert verdict_said(partner, verdict).endswith("。")
    assert verdict_tone(verdict) == tone


def test_every_code_of_the_contracts_has_its_sentence():
    from partners.interprovincial.codes import Code as National
    from partners.sichuan.codes import Code as Sichuan
    from partners.southwest.codes import Code as Southwest

    said = [verdict_said(Partner.SICHUAN, code) for code in Sichuan]
    said += [verdict_said(Partner.SOUTHWEST, code) for code in Southwest]
    said += [verdict_said(Partner.INTERPROVINCIAL, str(code.number)) for code in National if code.number]
    assert not [one for one in said if "没有这个返回码" in one]


def _told(kind, verdict, at, handling_no=None, direction="IN"):
    return {"direction": direction, "kind": kind, "handlingNo": handling_no, "verdict": verdict, "at": at}


def test_equal_tries_in_a_row_are_one_line():
    guesses = [_told("callback", "SIGNATURE", f"10:{minute}") for minute in range(59, 9, -1)]
    lines = folded([*guesses, _told("poll", "OK", "10:05"), _told("callback", "SIGNATURE", "10:04")])
    assert [(line["kind"], line["times"], line["firstAt"]) for line in lines] == [
        ("callback", 50, "10:10"),
        ("poll", 1, "10:05"),
        ("callback", 1, "10:04"),
    ]


def test_what_belongs_to_a_handling_stays_a_line_of_its_own():
    lines = [_told("callback", "DUPLICATE", f"10:0{n}", handling_no="500103202611280002221") for n in (2, 1)]
    assert [line["times"] for line in folded(lines)] == [1, 1]


def test_another_verdict_or_way_is_another_line():
    lines = [_told("callback", "SIGNATURE", "10:03"), _told("callback", "NONCE", "10:02")]
    lines.append(_told("callback", "NONCE", "10:01", direction="OUT"))
    assert len(folded(lines)) == 3
