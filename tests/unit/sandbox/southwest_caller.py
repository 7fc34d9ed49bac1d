"""A caller of the played hub who can do everything right, and anything wrong on purpose."""

import base64
import gzip
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from sandbox.main import SandboxSettings, build_app
from sandbox.partners.southwest.crypto import Identity, now, sm3
from sandbox.partners.southwest.strict import check_character

OK = "0" * 12
SERIAL = "5001030000000001"


def number(serial: int) -> str:
    body = f"500103{now():%Y%m%d}{serial:06d}"
    return body + check_character(body)


def applicant(**other: Any) -> dict[str, Any]:
    return {
        "type": "personal",
        "name": "李四",
        "idType": "居民身份证",
        "idNumber": "510107200002290010",
        "phone": "13800000002",
    } | other


def application(**other: Any) -> dict[str, Any]:
    return {
        "itemName": "失业登记",
        "mode": "全程网办",
        "handlingRegion": "520102",
        "collectingOrg": {"regionCode": "500103", "window": "渝中区跨地域通办综窗"},
        "applicant": applicant(),
        "agent": None,
        "materials": [],
        "parcel": None,
        "submittedAt": "2026-11-23T15:30:00+08:00",
    } | other


@dataclass
class Caller:
    """Our side of the wire, in a few lines."""

    http: TestClient
    who: Identity = field(default_factory=Identity)
    seq: int = 1
    previous: str = "0" * 64
    written: int = 0

    def headers(self, operation: str, body: bytes, **other: str) -> dict[str, str]:
        moment = now()
        stamp = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
        said = {
            "Content-Type": "application/json",
            "C-App-Id": self.who.caller_app,
            "C-Tenancy-Id": self.who.caller_tenancy,
            "C-Business-Id": stamp + secrets.token_hex(8)[:15],
            "C-Timestamp": stamp,
            "C-Sign-Cert": SERIAL,
        } | {name.replace("_", "-"): value for name, value in other.items()}
        signed = ("C-App-Id", "C-Tenancy-Id", "C-Business-Id", "C-Timestamp")
        text = "|".join((operation, *(said.get(name, "") for name in signed), sm3(body)))
        return {"C-Sign": self.who.sign(text)} | said

    def call(self, operation: str, content: dict[str, Any]) -> dict[str, Any]:
        body = envelope(content)
        return self.raw(operation, body, self.headers(operation, body))

    def raw(self, operation: str, body: bytes, headers: Any) -> dict[str, Any]:
        """The inner answer, or {"outer": code}."""
        answer = self.http.post(f"/swx/api/{operation}", content=body, headers=headers)
        assert answer.status_code == 200
        said = answer.json()
        if said["C-Response-Code"] != OK:
            assert (said["C-API-Status"], said["C-Response-Body"]) == ("01", "")
            return {"outer": said["C-Response-Code"]}
        return json.loads(said["C-Response-Body"])

    def row(self, type_: str, state: str, no: str, data: dict[str, Any], **other: Any) -> dict[str, Any]:
        self.written += 1
        moment = now() + timedelta(milliseconds=self.written)
        return {
            "row_guid": f"guid-{self.written}",
            "cd_operation": "I",
            "cd_time": moment.isoformat(timespec="milliseconds"),
            "type": type_,
            "state": state,
            "project_no": no,
            "partner_no": "",
            "task_code": "YZ-HRSS-001",
            "data": data,
        } | other

    def batch(self, *rows: dict[str, Any] | bytes, keep: bool = True, **other: Any) -> dict[str, Any]:
        """txnBodyCom of exch0001. `other` replaces members before signing; `packed` the gzip, `sign` the signature."""
        lines = [r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in rows]
        content = b"".join(lines)
        packed, sign = other.pop("packed", gzip.compress(content)), other.pop("sign", None)
        serial = other.pop("certSerial", SERIAL)
        manifest = {
            "ver": 1,
            "cd_batch": "",
            "from": "500103",
            "to": "520000",
            "seq": self.seq,
            "prevSm3": self.previous,
            "rows": len(rows),
            "bytes": len(content),
            "rowsSm3": sm3(content),
            "createdAt": now().isoformat(timespec="seconds"),
        } | other
        day = manifest["createdAt"][:10].replace("-", "")
        if "cd_batch" not in other:
            manifest["cd_batch"] = f"{manifest['from']}{manifest['to']}{day}{manifest['seq']:06d}"
        text = "|".join(str(value) for value in manifest.values())
        if keep:
            self.seq, self.previous = self.seq + 1, sm3(text.encode())
        manifest |= {"certSerial": serial, "sign": sign or self.who.sign(text)}
        return {"manifest": manifest, "rowsGzB64": base64.b64encode(packed).decode()}

    def send(self, *rows: dict[str, Any] | bytes) -> list[str]:
        """The rows' codes in the receipt that follows."""
        before = len(self.receipts())
        assert self.call("exch0001", self.batch(*rows))["code"] == "00"
        return [line["code"] for line in self.receipts()[before]["rows"]]

    def receipts(self) -> list[dict[str, Any]]:
        return self.call("exch0005", {"cursor": "", "limit": 500})["receipts"]

    def effects(self) -> list[int]:
        found = self.http.get("/control/effects").json().get("southwest", {})
        return [entry["count"] for entry in found.values()]

    def script(self, *steps: Any) -> None:
        self.http.put("/control/default", json={"steps": list(steps), "pace_s": 0.01}).raise_for_status()


def envelope(content: Any) -> bytes:
    common = {"txnIttChnlId": "99", "tStsTraceId": "t1", "tRecInPage": "50", "tPageJump": "1"}
    return json.dumps({"txnCommCom": common, "txnBodyCom": content}, ensure_ascii=False).encode()


@contextmanager
def hub() -> Iterator[Caller]:
    with TestClient(build_app(SandboxSettings(pace_s=0.01), ("southwest",))) as http:
        yield Caller(http)
