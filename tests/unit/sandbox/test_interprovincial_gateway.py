"""The played national gateway refuses what contracts.md C refuses, in its order, with its codes and no effect."""

import base64
import hashlib
import itertools
import re
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.main import SandboxSettings, build_app
from tests.unit.sandbox.interprovincial_caller import (
    PDF,
    PDF_SHA,
    Caller,
    case_no,
    gateway_headers,
    opened,
    refresh_headers,
    stamp,
    submission,
    ywxtbh,
)

serials = itertools.count(1)
WAIT = [{"await": "never"}]


@pytest.fixture(scope="module")
def client():
    with TestClient(build_app(SandboxSettings(pace_s=0.01), ("interprovincial",))) as connected:
        connected.put("/control/default", json={"steps": WAIT}).raise_for_status()
        yield connected


@pytest.fixture
def caller(client: TestClient) -> Caller:
    return Caller(client)


@pytest.fixture
def number() -> str:
    return case_no(next(serials))


def record(inside: str) -> str:
    return f'<RECORD no="1" sid="1">{inside}</RECORD>'


# --- gateway headers: HTTP 500 with 400001 -------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"paasid": "undefined"}, id="paasid undefined"),
        pytest.param({"paasid": "null"}, id="paasid null"),
        pytest.param({"token": "another"}, id="token"),
        pytest.param({"timestamp": str(int(time.time() * 1000))}, id="milliseconds"),
        pytest.param({"timestamp": "+179542080"}, id="plus"),
        pytest.param({"timestamp": str(int(time.time()) - 185)}, id="too old"),
        pytest.param({"timestamp": str(int(time.time()) + 86_400)}, id="too new"),
        pytest.param({"signature": "0" * 64}, id="signature"),
        pytest.param({"nonce": "n" * 10_000}, id="long nonce"),
    ],
)
def test_gateway_headers_out_of_order(caller: Caller, number: str, changed):
    before = caller.effects()
    information = caller.information(ywxtbh(number), record(submission(number)))
    envelope = caller.envelope("Submit", information, caller.seal("Submit", information))
    answer = caller.post(envelope, **gateway_headers(**changed))
    assert (answer.status_code, answer.json()["code"]) == (500, 400001)
    assert caller.effects() == before


def test_a_gateway_nonce_counts_once_and_a_bad_signature_uses_none(caller: Caller):
    headers = refresh_headers()
    spoiled = headers | {"x-tif-signature": "0" * 64}
    assert caller.client.post("/auth/refreshSecret", headers=spoiled).status_code == 500
    assert caller.client.post("/auth/refreshSecret", headers=headers).json()["code"] == "0"
    assert caller.client.post("/auth/refreshSecret", headers=headers).status_code == 500


def test_a_header_twice_is_refused(caller: Caller):
    headers = [*refresh_headers().items(), ("x-tif-nonce", "another")]
    assert caller.client.post("/auth/refreshSecret", headers=headers).status_code == 500


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda: refresh_headers(b"another key"), id="app key"),
        pytest.param(lambda: refresh_headers(sid="s_2"), id="sid"),
        pytest.param(lambda: refresh_headers(rtime=str(int(time.time() * 1000) - 200_000)), id="rtime"),
        pytest.param(lambda: refresh_headers(rtime="1"), id="rtime out of form"),
    ],
)
def test_no_secret_for_others(caller: Caller, headers):
    answer = caller.client.post("/auth/refreshSecret", headers=headers())
    assert answer.status_code == 200
    assert answer.json()["code"] != "0"
    assert "data" not in answer.json()


def test_an_old_secret_counts_to_its_own_end(client: TestClient, number: str):
    old, new = Caller(client), Caller(client)
    assert old.secret != new.secret
    assert old.submit(number) == 0
    assert new.submit(case_no(next(serials))) == 0


def test_two_app_keys_count_while_one_is_replaced(client: TestClient):
    caller = Caller(client)
    try:
        caller.control(app_keys=["n" * 32, "fedcba9876543210" * 2])
        for key in (b"n" * 32, b"fedcba9876543210" * 2):
            answer = client.post("/auth/refreshSecret", headers=refresh_headers(key)).json()
            assert opened(answer["data"]["secret"], key)
    finally:
        caller.control(app_keys=["fedcba9876543210" * 2])


def test_without_a_secret_everything_is_minus_50(client: TestClient, number: str):
    caller = Caller(client)
    assert caller.secret
    caller.control(forget_secrets=True)
    assert caller.submit(number) == -50


# --- unreadable envelopes: SOAP Fault ------------------------------------------------------------


def _swap(old: bytes, new: bytes):
    return lambda envelope: envelope.replace(old, new, 1)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda e: b"", id="empty"),
        pytest.param(lambda e: b'{"json":1}', id="JSON"),
        pytest.param(lambda e: e[:-10], id="cut"),
        pytest.param(lambda e: b"\xef\xbb\xbf" + e, id="byte order mark"),
        pytest.param(lambda e: e.replace("王五".encode(), "王五".encode("gbk")), id="GBK bytes"),
        pytest.param(lambda e: b'<?xml version="1.0" encoding="GBK"?>' + e, id="GBK declared"),
        pytest.param(lambda e: b'<!DOCTYPE x [<!ENTITY a "b">]>' + e, id="DOCTYPE"),
        pytest.param(_swap(b"<q:seal>", b"<!-- --><q:seal><q:x/>"), id="element in seal"),
        pytest.param(_swap(b"<q:sqzcm>CQYZ0001</q:sqzcm>", b""), id="no sqzcm"),
        pytest.param(_swap(b"<q:seal>", b"<q:seal>0</q:seal><q:seal>"), id="two seals"),
        pytest.param(_swap(b"<q:information>", b"<q:information><!-- a -->"), id="comment in information"),
        pytest.param(lambda e: e.replace(b"q:Submit", b"q:Delete"), id="unknown operation"),
    ],
)
def test_an_envelope_that_cannot_be_read(caller: Caller, number: str, spoil):
    before = caller.effects()
    information = caller.information(ywxtbh(number), record(submission(number)))
    answer = caller.post(spoil(caller.envelope("Submit", information, caller.seal("Submit", information))))
    assert answer.status_code == 500
    assert "s:Client" in answer.text
    assert caller.effects() == before


def test_another_media_type_is_no_envelope(caller: Caller, number: str):
    information = caller.information(ywxtbh(number), record(submission(number)))
    envelope = caller.envelope("Submit", information, caller.seal("Submit", information))
    assert caller.post(envelope, **{"Content-Type": "text/plain"}).status_code == 500


def test_prefixes_and_cdata_do_not_matter(caller: Caller, number: str):
    information = caller.information(ywxtbh(number), record(submission(number)))
    envelope = caller.envelope("Submit", information, caller.seal("Submit", information))
    swapped = envelope.replace(b"q:", b"").replace(b":q=", b"=").replace(b"e:", b"soap11:").replace(b":e=", b":soap11=")
    inside = re.search(b"<information>(.*)</information>", swapped)
    assert inside
    cdata = b"<![CDATA[" + information.encode() + b"]]>"
    assert caller.codes("Submit", caller.post(swapped.replace(inside[1], cdata))) == [0]


# --- unsafe or malformed information: −60, unsealed ----------------------------------------------

DEEP = "<a>" * 14 + "</a>" * 14


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda i: '<?xml version="1.0"?>' + i, id="declaration"),
        pytest.param(lambda i: "<!DOCTYPE PACKAGE>" + i, id="DOCTYPE"),
        pytest.param(lambda i: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + i, id="XXE"),
        pytest.param(lambda i: i.replace("<AJBH>", "<!-- x --><AJBH>"), id="comment"),
        pytest.param(lambda i: i.replace("<AJBH>", "<?x y?><AJBH>"), id="instruction"),
        pytest.param(lambda i: i.replace("学历", "学&#13;历"), id="reference to CR"),
        pytest.param(lambda i: i.replace("学历", "学&#xD;历"), id="hex reference to CR"),
        pytest.param(lambda i: i.replace("学历", "&lt;&xx;"), id="unknown entity"),
        pytest.param(lambda i: i.replace("学历", "&#0;"), id="reference to NUL"),
        pytest.param(lambda i: i.replace("学历", "&#xD800;"), id="lone surrogate"),
        pytest.param(lambda i: i.replace("学历", "a]]>b"), id="]]> in text"),
        pytest.param(lambda i: i.replace("</RECORD>", DEEP + "</RECORD>"), id="depth 17"),
        pytest.param(lambda i: i.replace("</RECORD>", "<a>" * 10_000), id="depth 10⁴"),
        pytest.param(
            lambda i: i.replace("<AJBH>", "<AJBH " + " ".join(f'a{n}="1"' for n in range(65)) + ">"),
            id="65 attributes",
        ),
        pytest.param(
            lambda i: i.replace("<AJBH>", "<AJBH " + " ".join(f'a{n}="1"' for n in range(50_000)) + ">"),
            id="50 000 attributes",
        ),
        pytest.param(lambda i: i.replace("<AJBH>", '<AJBH a="1" a="2">'), id="attribute twice"),
        pytest.param(lambda i: i.replace("<YWXTBH>", "<YWXTBH>1</YWXTBH><YWXTBH>"), id="YWXTBH twice"),
        pytest.param(lambda i: i.replace("<BBH>1.0", "<BBH>2.0"), id="version"),
        pytest.param(lambda i: i.replace("KSTB", "XXXX"), id="YWFLDM"),
        pytest.param(lambda i: i.replace("<JSDW>440000000000", "<JSDW>４４0000000000"), id="full-width digits"),
        pytest.param(lambda i: i.replace("PACKAGEHEAD", "HEAD"), id="no head"),
        pytest.param(lambda i: re.sub("<FSSJ>.*</FSSJ>", "<FSSJ>20261323160000</FSSJ>", i), id="month 13"),
        pytest.param(lambda i: re.sub("<FSSJ>.*</FSSJ>", "<FSSJ>20260230240000</FSSJ>", i), id="30 February"),
        pytest.param(lambda i: i[:-3], id="cut"),
        pytest.param(lambda i: "", id="empty"),
    ],
)
def test_unsafe_or_malformed_information(caller: Caller, number: str, spoil):
    before, began = caller.effects(), time.perf_counter()
    information = spoil(caller.information(ywxtbh(number), record(submission(number))))
    assert caller.say("Submit", information) == [-60]
    assert caller.effects() == before
    assert time.perf_counter() - began < 1


def test_a_raw_cr_inside_information_is_unsafe(caller: Caller, number: str):
    information = caller.information(ywxtbh(number), record(submission(number)))
    envelope = caller.envelope("Submit", information, caller.seal("Submit", information))
    assert caller.codes("Submit", caller.post(envelope.replace("学历".encode(), "学\r\n历".encode()))) == [-60]
    assert caller.codes("Submit", caller.post(envelope.replace(b"<e:Body>", b"\r\n<e:Body>"))) == [0]


def test_harmless_xml_is_taken(caller: Caller, number: str):
    inside = submission(number, SXMC="<![CDATA[<!-- 学历 --> &#13; 公证]]>&#x738B;&amp;", XTRA="<X><Y/></X>")
    assert caller.call("Submit", ywxtbh(number), inside) == 0
    assert caller.client.get(f"/control/cases/{number}").json()["itemCode"] == "YZ-MOJ-001"


def test_more_than_2_mb_is_too_large(caller: Caller, number: str):
    assert caller.submit(number, SXMC="长" * 800_000) == -61
    assert caller.submit(number, SXMC="长") == 0


# --- head, seal, numbers -------------------------------------------------------------------------


def test_registration_code_and_unit(caller: Caller, number: str):
    information = caller.information(ywxtbh(number), record(submission(number)))
    seal = caller.seal("Submit", information)
    answer = caller.post(caller.envelope("Submit", information, seal, sqzcm="CQYZ0002"))
    assert caller.codes("Submit", answer) == [-50]
    assert caller.call("Submit", ywxtbh(number), submission(number), FSDW="510000000000") == -50


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda c, i: "", id="none"),
        pytest.param(lambda c, i: "印" * 64, id="not ASCII"),
        pytest.param(lambda c, i: c.seal("Withdraw", i), id="of another operation"),
        pytest.param(lambda c, i: c.seal("Submit", i, b"another"), id="of another secret"),
        pytest.param(lambda c, i: c.seal("Submit", i.replace("王五", "王六")), id="of other content"),
        pytest.param(lambda c, i: c.seal("Submit", i).upper(), id="upper case"),
    ],
)
def test_a_wrong_seal(caller: Caller, number: str, spoil):
    before = caller.effects()
    information = caller.information(ywxtbh(number), record(submission(number)))
    answer = caller.post(caller.envelope("Submit", information, spoil(caller, information)))
    assert caller.codes("Submit", answer) == [-51]
    assert caller.effects() == before


@pytest.mark.parametrize(("seconds", "code"), [(-595, 0), (595, 0), (-610, -52), (610, -52)])
def test_the_time_window(caller: Caller, number: str, seconds: int, code: int):
    assert caller.call("Submit", ywxtbh(number), submission(number), FSSJ=stamp(seconds)) == code


@pytest.mark.parametrize("given", [None, "", "1", "5" * 33, "50010300000020261323000000000001", "5001030000002026"])
def test_a_coordination_number_out_of_form(caller: Caller, number: str, given):
    assert caller.call("Submit", ywxtbh(number), submission(number), YWXTBH=given) == -901


def test_a_message_number_counts_once(caller: Caller):
    used = caller.message_no()
    fetch = caller.information(used, record("<MAX>1</MAX>"), JSDW="0" * 12)
    assert caller.say("FetchNotices", fetch) == []
    assert caller.say("FetchNotices", fetch) == [-53]
    assert caller.call("FetchNotices", caller.message_no(), "<MAX>1</MAX>") == -905


@pytest.mark.parametrize("most", ["", "0", "101", "-1", "１", "1e1"])
def test_fetch_asks_for_one_to_a_hundred(caller: Caller, most: str):
    assert caller.call("FetchNotices", caller.message_no(), f"<MAX>{most}</MAX>", JSDW="0" * 12) == -60


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"AJBH": "500103202611230000010"}, -60, id="check character"),
        pytest.param({"AJBH": None}, -60, id="no AJBH"),
        pytest.param({"SXMC": ""}, -60, id="no item name"),
        pytest.param({"BLFS": "邮寄"}, -60, id="mode"),
        pytest.param({"TJSJ": "2026-11-23"}, -60, id="time"),
        pytest.param({"CLS": None}, -60, id="no CLS"),
        pytest.param({"CLS": "<CL><XH>1</XH><MC>表</MC><XS>paper</XS><YS>1</YS></CL>"}, -60, id="form"),
        pytest.param({"CLS": "<CL><XH>1</XH><XS>form</XS><YS>1</YS></CL>"}, -60, id="material without name"),
        pytest.param(
            {"CLS": f"<CL><XH>1</XH><MC>表</MC><XS>form</XS><SHA256>{'0' * 64}</SHA256><YS>1</YS></CL>"},
            -60,
            id="a file never sent",
        ),
        pytest.param({"SXBM": "ZZ-1"}, -902, id="item"),
        pytest.param({"XM": ""}, -903, id="no name"),
        pytest.param({"ZJLX": "驾照"}, -903, id="id type"),
        pytest.param({"ZJHM": "500101199001011230"}, -903, id="check digit"),
        pytest.param({"ZJHM": "500101199002300016"}, -903, id="no such day"),
        pytest.param({"ZJLX": "统一社会信用代码", "ZJHM": "91350100M000100Y44"}, -903, id="credit code"),
        pytest.param({"LXDH": None}, -903, id="no phone"),
        pytest.param({"SQRLX": "3"}, -903, id="applicant type"),
        pytest.param({"DLR": "<XM>李四</XM>"}, -903, id="half an agent"),
        pytest.param({"BLDQH": None}, -905, id="no destination"),
        pytest.param({"BLDQH": "990101"}, -905, id="no such province"),
        pytest.param({"BLDQH": "330106"}, -905, id="another province than JSDW"),
    ],
)
def test_a_submission_out_of_form(caller: Caller, number: str, changed, code: int):
    before = caller.effects()
    assert caller.submit(number, **changed) == code
    assert caller.effects() == before
    assert caller.submit(number) == 0  # nothing was used up


def test_an_item_that_is_not_open_there(caller: Caller, number: str):
    caller.control(unknown_items=["YZ-MOJ-001"])
    try:
        assert caller.submit(number) == -902
    finally:
        caller.control(unknown_items=[])


def test_same_content_is_minus_910_and_other_content_minus_911(caller: Caller, number: str):
    information = caller.information(ywxtbh(number), record(submission(number)))
    assert caller.say("Submit", information) == [0]
    later = re.sub("<FSSJ>.*</FSSJ>", f"<FSSJ>{stamp(-5)}</FSSJ>", information)
    assert caller.say("Submit", later) == [-910]
    assert caller.say("Submit", information.replace("王五", "王六")) == [-911]
    other = f"500103000000{number[6:14]}000999{number[14:20]}"
    assert caller.call("Submit", other, submission(number)) == -920


def test_withdrawal_takes_effect_once(caller: Caller, number: str):
    assert caller.submit(number) == 0
    inside = f"<AJBH>{number}</AJBH><YY>不办了</YY>"
    assert caller.call("Withdraw", ywxtbh(number), inside) == 0
    assert caller.call("Withdraw", ywxtbh(number), inside) == -910
    assert caller.call("Withdraw", ywxtbh(number), inside.replace("不", "真的不")) == -911


@pytest.mark.parametrize(
    ("operation", "inside"),
    [
        ("Supplement", "<LC>1</LC><CLS></CLS>"),
        ("Withdraw", "<YY>不办了</YY>"),
        ("Query", ""),
        ("Notify", "<TZ>02</TZ><TZSJ>20261123155930</TZSJ><QSR>self</QSR>"),
    ],
)
def test_a_case_that_nobody_knows(caller: Caller, number: str, operation: str, inside: str):
    assert caller.call(operation, ywxtbh(number), f"<AJBH>{number}</AJBH>{inside}") == -906


def test_a_supplement_that_nobody_asked_for(caller: Caller, number: str):
    assert caller.submit(number) == 0
    inside = f"<AJBH>{number}</AJBH><LC>1</LC><CLS></CLS>"
    assert caller.call("Supplement", ywxtbh(number), inside) == -920
    assert caller.call("Supplement", ywxtbh(number), inside.replace("<LC>1", "<LC>0")) == -60
    assert caller.call("Supplement", ywxtbh(number), inside, JSDW="330000000000") == -905


def test_files_are_sent_once_per_handling(caller: Caller, number: str):
    inside = f"<SHA256>{PDF_SHA}</SHA256><NR>{base64.b64encode(PDF).decode()}</NR>"
    assert caller.call("PutFile", ywxtbh(number), inside) == 0
    assert caller.call("PutFile", ywxtbh(number), inside) == -910
    assert caller.call("PutFile", ywxtbh(number), inside, JSDW="330000000000") == -905
    named = f"<CL><XH>1</XH><MC>表</MC><XS>form</XS><SHA256>{PDF_SHA}</SHA256><YS>1</YS></CL>"
    assert caller.submit(case_no(next(serials)), CLS=named) == -60  # sent for another handling
    assert caller.submit(number, CLS=named) == 0
    assert caller.call("GetFile", ywxtbh(number), f"<SHA256>{PDF_SHA}</SHA256>") == -906  # theirs to offer, not ours


@pytest.mark.parametrize(
    ("data", "digest", "code"),
    [
        pytest.param(PDF, "0" * 64, -60, id="wrong hash"),
        pytest.param(b"MZ exe", None, -60, id="wrong type"),
        pytest.param(b"%PDF-" + b"0" * (20 * 1024 * 1024), None, -61, id="over 20 MB"),
    ],
)
def test_files_out_of_form(caller: Caller, number: str, data: bytes, digest, code: int):
    inside = f"<SHA256>{digest or hashlib.sha256(data).hexdigest()}</SHA256><NR>{base64.b64encode(data).decode()}</NR>"
    assert caller.call("PutFile", ywxtbh(number), inside) == code


def test_confirming_what_nobody_sent(caller: Caller):
    confirm = caller.information(caller.message_no(), '<RECORD no="1" sid="nobody"/>', JSDW="0" * 12)
    assert caller.say("ConfirmNotices", confirm) == [-906]


def test_times_of_notices_rise(caller: Caller, number: str):
    assert caller.submit(number) == 0
    inside = f"<AJBH>{number}</AJBH><TZ>02</TZ><TZSJ>20261123155930</TZSJ><QSR>self</QSR>"
    assert caller.call("Notify", ywxtbh(number), inside) == 0
    assert caller.call("Notify", ywxtbh(number), inside.replace("5930", "5929")) == -60
    assert caller.call("Notify", ywxtbh(number), inside.replace("5930", "5931")) == 0
    assert caller.call("Notify", ywxtbh(number), inside) == -910


def test_a_restart_forgets_no_effect_no_notice_and_no_secret(tmp_path: Path, number: str):
    kept = SandboxSettings(state=tmp_path / "sandbox.db", pace_s=0.01)
    with TestClient(build_app(kept, ("interprovincial",))) as before:
        before.put("/control/default", json={"steps": [{"event": "RECEIVED"}, *WAIT]})
        caller = Caller(before)
        information = caller.information(ywxtbh(number), record(submission(number)))
        assert caller.say("Submit", information) == [0]
    with TestClient(build_app(kept, ("interprovincial",))) as after:
        caller.client = after
        assert caller.say("Submit", information) == [-910]
        assert caller.effects() == 1
        deadline = time.monotonic() + 10
        while not caller.say("FetchNotices", caller.fetch()):
            assert time.monotonic() < deadline


# --- anything at all -----------------------------------------------------------------------------

MUTATIONS = st.lists(
    st.tuples(st.integers(0, 2000), st.sampled_from(["", "<", "&", "\r", "\x00", "王", "<!--", "<?x?>", "1"])),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=MUTATIONS, sealed=st.booleans())
def test_whatever_comes_is_answered_in_the_contracts_words(client: TestClient, changes, sealed):
    caller, number = Caller(client), case_no(next(serials))
    caller._secret = client.app.state.engine.store.get("gw-secret", "all")[0]["secret"].encode()
    before, information = caller.effects(), caller.information(ywxtbh(number), record(submission(number)))
    for place, other in changes:
        at = place % len(information)
        information = information[:at] + other + information[at + 1 :]
    seal = caller.seal("Submit", information) if sealed else "0" * 64
    answer = caller.post(caller.envelope("Submit", information, seal))
    if answer.status_code == 500:
        assert "s:Client" in answer.text
        codes = []
    else:
        codes = caller.codes("Submit", answer)
        assert set(codes) <= {0, -50, -51, -52, -60, -901, -902, -903, -905, -920}
    assert caller.effects() - before == codes.count(0)
