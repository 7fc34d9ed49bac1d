"""A caller of the played national gateway that can be wrong in every way; written from contracts.md alone."""

import base64
import hashlib
import hmac
import itertools
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi.testclient import TestClient

CHINA = timezone(timedelta(hours=8))
APP_KEY = b"fedcba9876543210fedcba9876543210"
OURS, GUANGDONG = "500103000000", "440000000000"
_serials = itertools.count(500_000_000_000)
PDF = b"%PDF-1.4\n%%EOF\n"
PDF_SHA = hashlib.sha256(PDF).hexdigest()


def stamp(seconds: float = 0) -> str:
    return datetime.fromtimestamp(time.time() + seconds, CHINA).strftime("%Y%m%d%H%M%S")


def gateway_headers(**other: Any) -> dict[str, str]:
    said = {"paasid": "cqyz", "timestamp": str(int(time.time())), "nonce": secrets.token_hex(8), "token": "TOKEN"}
    said |= other
    joined = said["timestamp"] + said["token"] + said["nonce"] + said["timestamp"]
    said.setdefault("signature", hashlib.sha256(joined.encode()).hexdigest().upper())
    return {f"x-tif-{name}": said[name] for name in ("paasid", "timestamp", "nonce", "signature")}


def refresh_headers(app_key: bytes = APP_KEY, **other: str) -> dict[str, str]:
    said = {"rid": "r_1", "sid": "s_1", "rtime": str(int(time.time() * 1000))} | other
    text = said["sid"] + said["rid"] + said["rtime"]
    said.setdefault("sign", base64.b64encode(hmac.digest(app_key, text.encode(), "sha256")).decode())
    return gateway_headers() | {f"gjgxjhpt_{name}": value for name, value in said.items()}


def opened(sealed: str, app_key: bytes = APP_KEY) -> bytes:
    raw = base64.b64decode(sealed)
    key = hashlib.new("sm3", app_key).digest()[:16]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(raw[:12], raw[-16:])).decryptor()
    return decryptor.update(raw[12:-16]) + decryptor.finalize()


def check_character(body: str) -> str:
    total = 0
    for digit in body:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


def case_no(serial: int) -> str:
    body = f"500103{stamp()[:8]}{serial:06d}"
    return body + check_character(body)


def ywxtbh(number: str) -> str:
    return f"500103000000{number[6:14]}000000{number[14:20]}"


def submission(number: str, **other: str) -> str:
    """The inside of a Submit; an element is replaced by name, or left out when given as None."""
    parts: dict[str, Any] = {
        "AJBH": number,
        "SXBM": "YZ-MOJ-001",
        "SXMC": "学历公证",
        "BLFS": "全程网办",
        "BLDQH": "440103",
        "SQRLX": "1",
        "XM": "王五",
        "ZJLX": "居民身份证",
        "ZJHM": "50010119900101123X",
        "LXDH": "13800000003",
        "DLR": "",
        "CLS": "<CL><XH>1</XH><MC>公证申请表</MC><XS>form</XS><SHA256></SHA256><YS>1</YS></CL>",
        "TJSJ": stamp(),
    }
    parts |= other
    return "".join(f"<{name}>{text}</{name}>" for name, text in parts.items() if text is not None)


class Caller:
    """One registered caller; `secret` is fetched at first use."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._secret: bytes | None = None

    @property
    def secret(self) -> bytes:
        if self._secret is None:
            answer = self.client.post("/auth/refreshSecret", headers=refresh_headers()).json()
            self._secret = opened(answer["data"]["secret"])
        return self._secret

    def message_no(self) -> str:
        return f"{OURS}{stamp()[:8]}{next(_serials)}"

    def information(self, number: str, records: str, **head: str) -> str:
        said = {"BBH": "1.0", "FSDW": OURS, "JSDW": GUANGDONG, "YWFLDM": "KSTB", "YWXTBH": number, "FSSJ": stamp()}
        said |= head
        fields = "".join(f"<{name}>{text}</{name}>" for name, text in said.items() if text is not None)
        return f"<PACKAGE><PACKAGEHEAD>{fields}</PACKAGEHEAD><DATA>{records}</DATA></PACKAGE>"

    def seal(self, operation: str, information: str, secret: bytes | None = None) -> str:
        values = [re.search(f"<{name}>(.*?)</{name}>", information) for name in ("FSDW", "JSDW", "YWXTBH", "FSSJ")]
        head = [value[1] if value else "" for value in values]
        digest = hashlib.new("sm3", information.encode()).hexdigest()
        text = "|".join([operation, *head, digest])
        return hmac.new(secret or self.secret, text.encode(), "sm3").hexdigest()

    def post(self, envelope: bytes, **headers: str):
        kept = gateway_headers() | {"Content-Type": "text/xml; charset=utf-8"} | headers
        return self.client.post("/kstb", content=envelope, headers=kept)

    def envelope(self, operation: str, information: str, seal: str, sqzcm: str = "CQYZ0001") -> bytes:
        text = information.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:q="urn:kstb"><e:Body>'
            f"<q:{operation}><q:sqzcm>{sqzcm}</q:sqzcm><q:information>{text}</q:information>"
            f"<q:seal>{seal}</q:seal></q:{operation}></e:Body></e:Envelope>"
        ).encode()

    def say(self, operation: str, information: str) -> list[int]:
        """The codes of the answer; its seal is checked where it has one."""
        return self.codes(
            operation, self.post(self.envelope(operation, information, self.seal(operation, information)))
        )

    def codes(self, operation: str, answer) -> list[int]:
        assert answer.status_code == 200, answer.status_code
        text = re.search(r"<k:information><!\[CDATA\[(.*)\]\]></k:information>", answer.text, re.DOTALL)
        assert text, answer.text
        seal = re.search("<k:seal>(.*)</k:seal>", answer.text)
        if seal and seal[1]:
            assert seal[1] == self.seal(f"{operation}Response", text[1]), "answer has a wrong seal"
        return [int(code) for code in re.findall(r'<RECORD [^>]*?code="(-?[0-9]+)"', text[1])]

    def call(self, operation: str, number: str, inside: str, **head: str) -> int:
        codes = self.say(operation, self.information(number, f'<RECORD no="1" sid="1">{inside}</RECORD>', **head))
        assert len(codes) == 1
        return codes[0]

    def submit(self, number: str, **other: str) -> int:
        return self.call("Submit", ywxtbh(number), submission(number, **other))

    def fetch(self) -> str:
        return self.information(self.message_no(), '<RECORD no="1" sid="1"><MAX>10</MAX></RECORD>', JSDW="0" * 12)

    def effects(self) -> int:
        kept = self.client.get("/control/effects").json().get("interprovincial", {})
        return sum(entry["count"] for entry in kept.values())

    def control(self, **changed: Any) -> None:
        self.client.put("/control/interprovincial", json=changed).raise_for_status()
