"""The played networks check in the contract's order: of several faults at once the first one is told.

Each call here has one fault and every fault that is looked for later, so that two checks that have changed places
show as another code. Nothing takes effect.
"""

import gzip
import itertools
import json
import secrets
import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from sandbox.main import SandboxSettings, build_app
from sandbox.partners.southwest.crypto import now
from tests.borders import nowhere
from tests.unit.sandbox import test_sichuan_network as sichuan
from tests.unit.sandbox.interprovincial_caller import Caller as InterprovincialCaller
from tests.unit.sandbox.interprovincial_caller import case_no, stamp, submission, ywxtbh
from tests.unit.sandbox.southwest_caller import application, envelope, hub, number

serials = itertools.count(1)
WAIT = {"steps": [{"await": "never"}]}

SICHUAN = [
    ("size", "CY4131"),
    ("media type", "CY4151"),
    ("header", "CY4002"),
    ("application", "CY4012"),
    ("time", "CY4013"),
    ("signature", "CY4012"),
    ("nonce", "CY4091"),
    ("JSON", "CY4001"),
    ("schema", "CY4221"),
    ("case", "CY4041"),
    ("file", "CY4221"),
    ("message id", "CY4223"),
    ("transition", "CY4222"),
]


@pytest.mark.parametrize("first", range(len(SICHUAN)), ids=[name for name, _ in SICHUAN])
def test_sichuan(first):
    faults = {name for name, _ in SICHUAN[first:]}
    with TestClient(
        build_app(SandboxSettings(kuayu_url=f"http://127.0.0.1:{nowhere()}", pace_s=0.01), ("sichuan",))
    ) as client:
        client.put("/control/default", json=WAIT).raise_for_status()
        caller = sichuan.Caller(client)
        assert caller.call("POST", "/cy/v1/cases", sichuan.submission(), headers={"X-CY-Nonce": "0" * 32}).is_success
        before = client.get("/control/effects").json()
        said = {"round": 1, "materials": [], "parcel": None}  # no round is open
        if "file" in faults:
            said["materials"] = [sichuan.MATERIAL | {"sha256": "ab" * 32}]
        if "schema" in faults:
            del said["parcel"]
        body = json.dumps(said).encode() + (b"}" if "JSON" in faults else b"")
        body += b" " * 262_144 if "size" in faults else b""
        case = "500103202611230000021" if "case" in faults else sichuan.CASE
        headers = {
            "Content-Type": "text/plain" if "media type" in faults else "application/json",
            "X-CY-App-Id": "another" if "application" in faults else "cq-yuzhong-01",
            "X-CY-Timestamp": str(int(time.time()) - (100 if "time" in faults else 0)),
            "X-CY-Nonce": "0" * 32 if "nonce" in faults else secrets.token_hex(16),
        }
        if "header" in faults:
            headers["X-CY-Nonce"] = "too short"
        if "signature" in faults:
            headers["X-CY-Signature"] = "v1=AAAA"
        used = "key-00000001" if "message id" in faults else "key-00000002"
        answer = caller.call("POST", f"/cy/v1/cases/{case}/supplements", body, used, headers)
        assert sichuan.code(answer) == SICHUAN[first][1]
        assert _counts(client) == {name: entry["count"] for name, entry in before["sichuan"].items()}


def _counts(client) -> dict[str, int]:
    """Effects, without attempts that led to none."""
    kept = client.get("/control/effects").json().get("sichuan", {})
    return {name: entry["count"] for name, entry in kept.items() if entry["count"]}


GATE = [
    ("size", "SW100504"),
    ("media type", "SW100504"),
    ("header", "SW100501"),
    ("application", "SW100201"),
    ("certificate", "SW100201"),
    ("time", "SW100502"),
    ("signature", "SW100202"),
    ("business id", "SW100503"),
    ("JSON", "SW100504"),
]


@pytest.mark.parametrize("first", range(len(GATE)), ids=[name for name, _ in GATE])
def test_the_hubs_gate(first):
    faults = {name for name, _ in GATE[first:]}
    with hub() as caller:
        good = envelope({"cursor": "", "limit": 50})
        used = caller.headers("exch0002", good)
        assert caller.raw("exch0002", good, used)["code"] == "00"
        body = good + (b"}" if "JSON" in faults else b"") + (b" " * 2 * 1024 * 1024 if "size" in faults else b"")
        changed = {
            "Content_Type": "text/plain" if "media type" in faults else None,
            "C_App_Id": "another" if "application" in faults else None,
            "C_Sign_Cert": "another" if "certificate" in faults else None,
            "C_Timestamp": f"{now() - timedelta(seconds=400):%Y%m%d%H%M%S}000" if "time" in faults else None,
            "C_Sign": "AAAA" if "signature" in faults else None,
            "C_Business_Id": used["C-Business-Id"] if "business id" in faults else None,
        }
        headers = caller.headers("exch0002", body, **{name: value for name, value in changed.items() if value})
        if "header" in faults:
            headers["C-Business-Id"] = "out of form"
        assert caller.raw("exch0002", body, headers) == {"outer": GATE[first][1]}


BATCH = [
    ("shape", "SW100101"),
    ("freshness", "SW100101"),
    ("address", "SW200401"),
    ("certificate", "SW100201"),
    ("signature", "SW100202"),
    ("seq", "SW100401"),
    ("chain", "SW100403"),
    ("gzip", "SW100302"),
    ("limits", "SW100303"),
    ("rowsSm3", "SW100301"),
    ("rows", "SW100302"),
]


@pytest.mark.parametrize("first", range(len(BATCH)), ids=[name for name, _ in BATCH])
def test_a_batch_at_the_hub(first):
    faults = {name for name, _ in BATCH[first:]}
    changed = {
        "ver": 2 if "shape" in faults else None,
        "createdAt": (now() - timedelta(hours=73)).isoformat(timespec="seconds") if "freshness" in faults else None,
        "to": "440000" if "address" in faults else None,
        "certSerial": "another" if "certificate" in faults else None,
        "sign": "AAAA" if "signature" in faults else None,
        "seq": 3 if "seq" in faults else None,
        "prevSm3": "1" * 64 if "chain" in faults else None,
        "rowsSm3": "0" * 64 if "rowsSm3" in faults else None,
        "rows": 9 if "rows" in faults else None,
        "packed": gzip.compress(bytes(1_000_000)) if "limits" in faults else None,
    }
    if "gzip" in faults:
        changed["packed"] = b"not gzip"
    given = {name: value for name, value in changed.items() if value is not None}
    with hub() as caller:
        row = caller.row("apply", "1", number(1), application())
        assert caller.call("exch0001", caller.batch(row, keep=False, **given)) == {"code": BATCH[first][1]}
        assert caller.receipts() == []
        assert caller.effects() == []


GATEWAY = [
    ("XML", -60),
    ("head", -60),
    ("registration", -50),
    ("time", -52),
    ("seal", -51),
    ("YWXTBH", -901),
    ("element", -60),
    ("item", -902),
    ("applicant", -903),
    ("destination", -905),
    ("file", -60),
    ("key", -911),
    ("state", -920),
]


@pytest.mark.parametrize("first", range(len(GATEWAY)), ids=[name for name, _ in GATEWAY])
def test_the_national_gateway(first):
    faults = {name for name, _ in GATEWAY[first:]}
    with TestClient(build_app(SandboxSettings(pace_s=0.01), ("interprovincial",))) as client:
        client.put("/control/default", json=WAIT).raise_for_status()
        caller, case = InterprovincialCaller(client), case_no(next(serials))
        assert caller.submit(case) == 0
        effects = caller.effects()
        line = "<CL><XH>1</XH><MC>表</MC><XS>form</XS><SHA256>{}</SHA256><YS>1</YS></CL>"
        changed = {
            "BLFS": "随便" if "element" in faults else None,
            "SXBM": "nothing" if "item" in faults else None,
            "SXMC": "另一事项" if "key" in faults else None,
            "ZJHM": "500101199001011230" if "applicant" in faults else None,
            "CLS": line.format("ab" * 32) if "file" in faults else None,
        }
        inside = submission(case, **{name: value for name, value in changed.items() if value})
        ours = ywxtbh(case) if "key" in faults else ywxtbh(case_no(next(serials)))
        head = {
            "JSDW": "510000000000" if "destination" in faults else "440000000000",
            "FSSJ": stamp(-700) if "time" in faults else stamp(),
        }
        if "head" in faults:
            head["BBH"] = "2.0"
        number_ = "out of form" if "YWXTBH" in faults else ours
        information = caller.information(number_, f'<RECORD no="1" sid="1">{inside}</RECORD>', **head)
        information = ("<!-- -->" if "XML" in faults else "") + information
        seal = "0" * 64 if "seal" in faults else caller.seal("Submit", information)
        code = "another" if "registration" in faults else "CQYZ0001"
        answer = caller.post(caller.envelope("Submit", information, seal, code))
        assert caller.codes("Submit", answer) == [GATEWAY[first][1]]
        assert caller.effects() == effects
