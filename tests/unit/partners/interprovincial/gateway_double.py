"""A gateway on the other side of `Attempts`: seals as the contract says, and spoils what a test wants spoiled."""

import base64
import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from requests.structures import CaseInsensitiveDict

from partners.attempt import Answer, Attempts
from partners.interprovincial import InterprovincialAdapter, InterprovincialSettings
from partners.interprovincial.secret import SecretMemory
from tests.in_memory import NoticeTimesInMemory, SecretsInMemory, SerialsInMemory

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
APP_KEY = "fedcba9876543210" * 2
NUMBER = "50010320261123000003X"
OK = f"<AJBH>{NUMBER}</AJBH><LSH>GD-1</LSH><SLSJ>20261123160001</SLSJ>"


def settings(*app_keys: str) -> InterprovincialSettings:
    keys = app_keys or (APP_KEY,)
    return InterprovincialSettings(
        gateway_url="http://gateway.invalid/",
        paasid="cqyz",
        tokens=lambda _: ("TOKEN",),
        sid="s_1",
        rid="r_1",
        app_keys=lambda _: keys,
        registration_code="CQYZ0001",
        unit="500103000000",
    )


@dataclass
class Said:
    """One call as it arrived."""

    operation: str
    information: str
    headers: dict[str, str]


@dataclass
class Double(Attempts):
    """`answers` are used up in turn; each makes an Answer of the call. Secrets are `secret-1`, `secret-2` …"""

    answers: list[Callable[["Double", Said], Answer]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    refreshes: int = 0
    lifetime_s: float = 3600
    clock: list[datetime] = field(default_factory=lambda: [NOW])
    refuse_refresh: Callable[[], Answer] | None = None

    def make(self, method: str, url: str, *, headers, body: bytes = b"", total_s=15.0, max_bytes=2**21) -> Answer:
        assert method == "POST"
        if url == "http://gateway.invalid/auth/refreshSecret":
            return self._refresh(headers)
        assert url == "http://gateway.invalid/kstb"
        text = body.decode()
        operation = re.search('<([A-Za-z]+) xmlns="urn:kstb">', text)
        inside = re.search("<information>(.*)</information>", text, re.DOTALL)
        plain = inside[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        call = Said(operation[1], plain, headers)
        self.said.append(call)
        return self.answers.pop(0)(self, call)

    @property
    def secret(self) -> bytes:
        return f"secret-{self.refreshes}".encode()

    def _refresh(self, headers: dict[str, str]) -> Answer:
        if self.refuse_refresh is not None:
            return self.refuse_refresh()
        self.refreshes += 1
        key, nonce = hashlib.new("sm3", APP_KEY.encode()).digest()[:16], os.urandom(12)
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        sealed = nonce + encryptor.update(self.secret) + encryptor.finalize() + encryptor.tag
        ends = int((self.clock[0] + timedelta(seconds=self.lifetime_s)).timestamp() * 1000)
        data = {"secret": base64.b64encode(sealed).decode(), "secretEndTime": ends}
        return plain_answer(200, json.dumps({"code": "0", "data": data}).encode())


def plain_answer(status: int, body: bytes, **headers: str) -> Answer:
    return Answer(status, CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()}), body)


def record(inside: str = OK, code: int = 0, sid: str = "1", no: int = 1) -> str:
    return f'<RECORD no="{no}" sid="{sid}" code="{code}" msg="身份证50010119900101123X">{inside}</RECORD>'


def answer(
    records: str,
    *,
    spoil: Callable[[str], str] = lambda text: text,
    after_seal: Callable[[str], str] = lambda text: text,
    sealed: bool = True,
    secret: bytes | None = None,
    operation: str | None = None,
    fssj: str = "20261123160005",
    envelope: Callable[[str], str] = lambda text: text,
) -> Callable[[Double, Said], Answer]:
    """A sealed answer; `spoil` changes the information before its seal is made, `after_seal` after it."""

    def make(double: Double, said: Said) -> Answer:
        head = {n: re.search(f"<{n}>(.*?)</{n}>", said.information)[1] for n in ("FSDW", "JSDW", "YWXTBH")}
        text = spoil(
            f"<PACKAGE><PACKAGEHEAD><BBH>1.0</BBH><FSDW>{head['JSDW']}</FSDW><JSDW>{head['FSDW']}</JSDW>"
            f"<YWFLDM>KSTB</YWFLDM><YWXTBH>{head['YWXTBH']}</YWXTBH><FSSJ>{fssj}</FSSJ></PACKAGEHEAD>"
            f"<DATA>{records}</DATA></PACKAGE>"
        )
        name = operation or f"{said.operation}Response"
        fields = [(re.search(f"<{n}>(.*?)</{n}>", text) or [None, ""])[1] for n in ("FSDW", "JSDW", "YWXTBH", "FSSJ")]
        covered = "|".join([name, *fields, hashlib.new("sm3", text.encode()).hexdigest()])
        seal = hmac.new(secret or double.secret, covered.encode(), "sm3").hexdigest() if sealed else ""
        shown = after_seal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        whole = envelope(
            f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><{name} xmlns="urn:kstb">'
            f"<information>{shown}</information><seal>{seal}</seal></{name}></e:Body></e:Envelope>"
        )
        return plain_answer(200, whole.encode())

    return make


def connected(double: Double, secrets: SecretMemory | None = None) -> InterprovincialAdapter:
    return InterprovincialAdapter(
        settings(),
        lambda: double.clock[0],
        secrets=secrets or SecretsInMemory(),
        serials=SerialsInMemory(),
        notice_times=NoticeTimesInMemory(),
        attempts=double,
    )
