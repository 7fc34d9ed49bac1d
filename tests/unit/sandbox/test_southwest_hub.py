"""The played hub as a judge: what a partner's engineer may rely on when testing against it (contracts.md B)."""

import base64
import gzip
import hashlib
import json
import time
from datetime import timedelta

import pytest

from sandbox.partners.southwest.crypto import now, sm3
from tests.unit.sandbox.southwest_caller import OK, Caller, applicant, application, envelope, hub, number

LIST = {"cursor": "", "limit": 50}
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(scope="module")
def door():
    """For requests that change nothing."""
    with hub() as caller:
        yield caller


@pytest.fixture
def caller():
    with hub() as opened:
        opened.script({"await": "never"})
        yield opened


def stamp(**ahead: float) -> str:
    moment = now() + timedelta(**ahead)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


HEADERS = [
    ("SW100501", {"C_App_Id": ""}),
    ("SW100501", {"C_App_Id": "渝".encode()}),
    ("SW100501", {"C_App_Id": "a" * 129}),
    ("SW100501", {"C_Tenancy_Id": "500103"}),
    ("SW100501", {"C_Tenancy_Id": "５００１０３００００００".encode()}),
    ("SW100501", {"C_Business_Id": "short"}),
    ("SW100501", {"C_Business_Id": "1" * 17 + "A" * 15}),
    ("SW100501", {"C_Timestamp": "1795420800"}),
    ("SW100501", {"C_Timestamp": "20261399000000000"}),
    ("SW100501", {"C_Timestamp": "+2026112316000000"}),
    ("SW100501", {"C_Sign": "not base64!"}),
    ("SW100501", {"C_Sign": ""}),
    ("SW100201", {"C_App_Id": "undefined"}),
    ("SW100201", {"C_App_Id": "null"}),
    ("SW100201", {"C_Tenancy_Id": "500104000000"}),
    ("SW100201", {"C_Sign_Cert": "another"}),
    ("SW100502", {"C_Timestamp": lambda: stamp(seconds=302)}),
    ("SW100502", {"C_Timestamp": lambda: stamp(seconds=-301)}),
    ("SW100502", {"C_Timestamp": "20200101000000000"}),
    ("SW100202", {"C_Sign": "MEUCIGjCZByzUGH/7Zj/"}),
    ("SW100202", {"C_Sign": base64.b64encode(bytes(64)).decode()}),
    ("SW100504", {"Content_Type": "text/plain"}),
    ("SW100504", {"Content_Encoding": "gzip"}),
]


@pytest.mark.parametrize(("code", "wrong"), HEADERS)
def test_a_header_that_is_wrong(door: Caller, code, wrong):
    body = envelope(LIST)
    said = {name: value() if callable(value) else value for name, value in wrong.items()}
    text_only = {name: value for name, value in said.items() if isinstance(value, str)}
    headers = door.headers("exch0002", body, **text_only)
    headers |= {name.replace("_", "-"): value for name, value in said.items()}
    assert door.raw("exch0002", body, headers) == {"outer": code}


@pytest.mark.parametrize("name", ["C-App-Id", "C-Tenancy-Id", "C-Business-Id", "C-Timestamp", "C-Sign-Cert", "C-Sign"])
def test_a_header_that_is_missing_or_there_twice(door: Caller, name):
    body = envelope(LIST)
    headers = door.headers("exch0002", body)
    assert door.raw("exch0002", body, [*headers.items(), (name, headers[name])]) == {"outer": "SW100501"}
    del headers[name]
    assert door.raw("exch0002", body, headers) == {"outer": "SW100501"}


def test_what_is_signed_cannot_be_changed(door: Caller):
    body = envelope(LIST)
    headers = door.headers("exch0002", body)
    assert door.raw("exch0005", body, headers) == {"outer": "SW100202"}
    assert door.raw("exch0002", body + b" ", headers) == {"outer": "SW100202"}
    later = headers | {"C-Timestamp": stamp(seconds=1)}
    assert door.raw("exch0002", body, later) == {"outer": "SW100202"}
    last = "1" if headers["C-Business-Id"][-1] == "0" else "0"
    other_id = headers | {"C-Business-Id": headers["C-Business-Id"][:-1] + last}
    assert door.raw("exch0002", body, other_id) == {"outer": "SW100202"}
    assert door.raw("exch0002", body, headers)["code"] == "00", "a bad signature uses up no business id"
    assert door.raw("exch0002", body, headers) == {"outer": "SW100503"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{}",
        envelope(LIST).replace(b'"99"', b"99"),
        envelope([]),
        envelope({"cursor": "", "limit": "50"}),
        envelope({"cursor": "", "limit": 0}),
        envelope({"cursor": 1, "limit": 50}),
        envelope({"cursor": "never given", "limit": 50}),
        envelope({"cursor": "", "limit": 50, "n": float("nan")}),
        envelope(LIST).replace(b'"limit": 50', b'"limit": 50, "limit": 5'),
        envelope({"x": "\0"}),
        envelope(LIST).replace(b'""', b'"\\ud800"'),
        b'{"txnBodyCom":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b" " * (2 * 1024 * 1024 + 1),
    ],
)
def test_a_body_that_is_wrong(door: Caller, body):
    assert door.raw("exch0002", body, door.headers("exch0002", body)) == {"outer": "SW100504"}


def test_an_operation_that_is_none(door: Caller):
    assert door.call("exch0009", {}) == {"outer": "SW100501"}


# -- batches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("SW100101", {"ver": 2}),
        ("SW100101", {"cd_batch": "1" * 26}),
        ("SW100101", {"createdAt": lambda: (now() - timedelta(hours=72, seconds=2)).isoformat(timespec="seconds")}),
        ("SW100101", {"createdAt": lambda: (now() + timedelta(seconds=303)).isoformat(timespec="seconds")}),
        ("SW200401", {"from": "500104"}),
        ("SW200401", {"to": "440000"}),
        ("SW100201", {"certSerial": "another"}),
        ("SW100202", {"sign": "AAAA"}),
        ("SW100401", {"seq": 2}),
        ("SW100403", {"prevSm3": "1" * 64}),
        ("SW100302", {"packed": b"no gzip"}),
        ("SW100302", {"packed": gzip.compress(b"{}\n")[:-1]}),
        ("SW100302", {"packed": gzip.compress(b"") + gzip.compress(b"")}),
        ("SW100303", {"packed": gzip.compress(bytes(5_000_000))}),
        ("SW100301", {"rowsSm3": "0" * 64}),
        ("SW100302", {"rows": 5}),
        ("SW100302", {"bytes": 5}),
    ],
)
def test_a_batch_that_is_wrong_is_refused_at_once_and_gets_no_receipt(door: Caller, code, wrong):
    given = {name: value() if callable(value) else value for name, value in wrong.items()}
    batch = door.batch(door.row("apply", "1", number(900), application()), keep=False, **given)
    assert door.call("exch0001", batch) == {"code": code}
    assert door.receipts() == []
    assert door.effects() == []


def test_a_batch_again_and_another_under_its_name(caller: Caller):
    batch = caller.batch(caller.row("apply", "1", number(1), application()), keep=False)
    other = caller.batch(caller.row("apply", "1", number(2), application()), keep=False)
    assert caller.call("exch0001", batch) == {"code": "00", "batch": batch["manifest"]["cd_batch"]}
    assert caller.call("exch0001", batch)["code"] == "00"
    assert caller.call("exch0001", other) == {"code": "SW100402"}
    first, second = caller.receipts()
    assert {**first, "cursor": ""} == {**second, "cursor": ""}
    assert caller.effects() == [1]


def test_a_receipt_is_signed_over_what_it_says(caller: Caller):
    caller.send(caller.row("apply", "1", number(1), application()))
    receipt = caller.receipts()[0]
    rows = json.dumps(receipt["rows"], ensure_ascii=False, separators=(",", ":")).encode()
    text = f"{receipt['cd_batch']}|{receipt['rowsSm3']}|{receipt['receivedAt']}|{OK}|{sm3(rows)}"
    keys = type(caller.who)(caller_keys={receipt["certSerial"]: next(iter(caller.who.caller_keys.values()))})
    assert keys.signed_by_caller(text, receipt["certSerial"], receipt["sign"])


def test_rows_and_their_codes(caller: Caller):
    a, b, unknown, d = number(1), number(2), number(3), number(4)
    material = {"seq": 1, "name": "户口簿", "form": "copy", "sha256": "a" * 64, "pages": 1}
    wrong_id = application(applicant=applicant(idNumber="510107200002290011"))
    first = caller.row("apply", "1", a, application())
    earlier = caller.row("withdraw", "1", a, {"reason": "x"})
    rows = [
        (OK, first),
        ("SW200101", b"nonsense\n"),
        ("SW200101", caller.row("apply", "1", b, application(mode="随便"))),
        ("SW200101", caller.row("apply", "1", b, application(materials=[material]))),
        ("SW200102", caller.row("apply", "1", b, wrong_id)),
        ("SW200401", caller.row("apply", "1", b, application(handlingRegion="530102"))),
        ("SW200201", caller.row("withdraw", "1", unknown, {"reason": "x"})),
        (OK, first),
        ("SW100402", first | {"partner_no": "x"}),
        ("SW200202", caller.row("apply", "1", a, application())),
        ("SW200202", caller.row("supplement", "2", a, {"round": 1, "materials": [], "parcel": None})),
        (OK, caller.row("praise", "1", a, {})),
        (OK, caller.row("apply", "1", d, {}, cd_operation="D")),
        (OK, caller.row("withdraw", "1", a, {"reason": "x"})),
        ("SW200202", caller.row("withdraw", "1", a, {"reason": "x"})),
        ("SW200301", earlier),
        (OK, caller.row("apply", "1", b, application(), cd_operation="U")),
    ]
    assert caller.send(*(row for _, row in rows)) == [code for code, _ in rows]
    assert sorted(count for count in caller.effects() if count) == [1, 1, 1]


def test_a_row_for_a_case_to_come_is_receipted_anew(caller: Caller):
    no = number(1)
    assert caller.send(caller.row("withdraw", "1", no, {"reason": "x"}), b"{}\n") == ["SW200201", "SW200101"]
    application_row = caller.row("apply", "1", no, application())
    application_row["cd_time"] = (now() - timedelta(minutes=1)).isoformat(timespec="milliseconds")
    caller.call("exch0001", caller.batch(application_row))
    codes = [[line["code"] for line in receipt["rows"]] for receipt in caller.receipts()]
    assert codes == [["SW200201", "SW200101"], [OK], [OK, "SW200101"]]


# -- files -----------------------------------------------------------------------------------------


def test_files_are_checked_by_hash_and_first_bytes(door: Caller):
    def put(data: bytes, sha256: str | None = None) -> str:
        name = sha256 or hashlib.sha256(data).hexdigest()
        return door.call("exch0006", {"sha256": name, "dataB64": base64.b64encode(data).decode()})["code"]

    assert [put(PDF), put(PDF)] == ["00", "00"]
    assert put(PDF, "0" * 64) == "SW200101"
    assert put(b"MZ executable") == "SW200101"
    assert door.call("exch0006", {"sha256": "0" * 64, "dataB64": "?"})["code"] == "SW200101"
    assert door.call("exch0007", {"sha256": hashlib.sha256(PDF).hexdigest()})["code"] == "SW200201", "not offered"


# -- what the provinces say ------------------------------------------------------------------------


def listed(caller: Caller, count: int) -> list[dict]:
    deadline = time.monotonic() + 10
    while True:
        found = caller.call("exch0002", LIST)["batches"]
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline


def our_receipt(caller: Caller, batch: dict, code: str) -> dict:
    content = gzip.decompress(base64.b64decode(batch["rowsGzB64"]))
    rows = [{"row_guid": json.loads(line)["row_guid"], "code": OK} for line in content.splitlines()]
    rows = rows if code == OK else []
    listed_rows = json.dumps(rows, separators=(",", ":")).encode()
    said = {"cd_batch": batch["manifest"]["cd_batch"], "rowsSm3": batch["manifest"]["rowsSm3"]}
    said |= {"receivedAt": now().isoformat(timespec="seconds"), "code": code, "rows": rows}
    text = f"{said['cd_batch']}|{said['rowsSm3']}|{said['receivedAt']}|{code}|{sm3(listed_rows)}"
    return said | {"certSerial": "5001030000000001", "sign": caller.who.sign(text)}


def test_events_come_as_a_chain_of_batches_until_they_are_receipted(caller: Caller):
    caller.script({"event": "RECEIVED"}, {"event": "ACCEPTED", "times": 2}, {"await": "never"})
    no = number(1)
    caller.send(caller.row("apply", "1", no, application()))
    names = [line["cd_batch"] for line in listed(caller, 2)]
    batches = [caller.call("exch0003", {"cd_batch": name}) for name in names]
    manifests = [batch["manifest"] for batch in batches]
    assert [m["seq"] for m in manifests] == list(range(1, len(manifests) + 1))
    signed = ["|".join(str(value) for value in list(m.values())[:10]) for m in manifests]
    assert [m["prevSm3"] for m in manifests] == ["0" * 64, *(sm3(text.encode()) for text in signed[:-1])]
    gap = our_receipt(caller, batches[-1], "SW100401")
    assert caller.call("exch0004", {"receipt": gap})["code"] == "00"
    assert [line["cd_batch"] for line in caller.call("exch0002", LIST)["batches"]] == names * 2
    assert caller.call("exch0004", {"receipt": gap | {"code": OK}})["code"] == "SW100202"
    assert caller.call("exch0004", {"receipt": gap | {"certSerial": "x"}})["code"] == "SW100201"
    assert caller.call("exch0004", {"receipt": {}})["code"] == "SW200101"
    for batch in batches:
        assert caller.call("exch0004", {"receipt": our_receipt(caller, batch, OK)})["code"] == "00"
    events = caller.http.get(f"/control/cases/{no}").json()["events"]
    assert [(event["event"], event["acknowledged"]) for event in events] == [("RECEIVED", True), ("ACCEPTED", True)]


def test_reset_forgets_everything(caller: Caller):
    caller.send(caller.row("apply", "1", number(1), application()))
    caller.http.post("/control/reset").raise_for_status()
    assert caller.receipts() == []
    caller.seq, caller.previous = 1, "0" * 64
    assert caller.send(caller.row("apply", "1", number(1), application())) == [OK]
