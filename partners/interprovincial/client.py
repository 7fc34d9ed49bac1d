"""One attempt to say something through the gateway: sealed, bounded, its answer checked (contracts.md C).

An unsealed or wrongly sealed answer never counts as success; it counts as an answer that was lost.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from lxml import etree

from domain.errors import PartnerError, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.model import Frozen
from partners.attempt import ANSWER_BYTES, TOTAL_S, TOTAL_WITH_FILE_S, Attempts
from partners.base import Now
from partners.interprovincial.codes import AnswerClass, Code, Operation, code_of, may_be_unsealed
from partners.interprovincial.envelope import (
    FILE_ENVELOPE_MAX,
    INFORMATION_MAX,
    Head,
    Package,
    Sealed,
    envelope,
    information,
    read_envelope,
    read_head,
    read_package,
    read_root,
    read_stamp,
    stamp,
)
from partners.interprovincial.gateway import SecretSource, gateway_headers, new_nonce, status_fault
from partners.interprovincial.safe_xml import UnsafeXml, children
from partners.interprovincial.secret import Secret, SecretKeeper, SecretMemory
from partners.interprovincial.settings import InterprovincialSettings
from partners.interprovincial.signing import seal, seal_holds, sealed_text
from partners.signed_text import tell

_UNTRUSTED: Final = "跨省平台的答复未按约定加印，已按未收到处理。"
_CODE: Final = re.compile(r"0|-[1-9][0-9]{0,5}")


class Call(Frozen):
    """One operation: to whom (12-digit unit), under which number (YWXTBH), and the stored bytes from `<DATA`."""

    operation: Operation
    jsdw: str
    ywxtbh: str
    data: bytes


class Answered(Frozen):
    """An answer that may be believed. `numbers`: the `code` of each RECORD, in order.

    `package` None: it came without a seal, which only −50, −51, −60 and −61 may.
    """

    numbers: tuple[int, ...]
    package: Package | None

    @property
    def first(self) -> int:
        """The first RECORD's code, which stands for the whole where there is one; 0 for an answer without any."""
        return self.numbers[0] if self.numbers else Code.OK.number


class InterprovincialClient:
    """Seals, sends once, checks the answer's seal. Safe to use from several threads."""

    def __init__(
        self,
        settings: InterprovincialSettings,
        now: Now,
        secrets: SecretMemory,
        attempts: Attempts | None = None,
        nonce: Callable[[], str] = new_nonce,
    ) -> None:
        self._settings = settings
        self._now = now
        self._attempts = attempts or Attempts()
        self._nonce = nonce
        source = SecretSource(settings, now, self._attempts, nonce)
        self._keeper = SecretKeeper(secrets, source.fetch, now, settings.renew_before_s)

    def call(self, call: Call) -> Answered:
        """One attempt; with −50 the secret is renewed and the attempt made once more (contracts.md C "Codes").

        Raises:
            PartnerUnavailable: −53, −999, HTTP 5xx, or no secret yet.
            AnswerLost: no answer in time; PartnerUntrusted: not sealed as agreed.
            PartnerRefused: any other code, in `code` as text, SOAP_FAULT, or GATEWAY_AUTH.
        """
        secret = _there(self._keeper.current())
        answered = self._attempt(call, secret)
        if answered.first == Code.NOT_AUTHORISED.number:
            answered = self._attempt(call, _there(self._keeper.replace(secret)))
        fault = fault_of(answered.first)
        if fault is not None and not _per_record(call.operation, answered.first):
            raise fault
        if answered.package is None:
            raise PartnerUntrusted(_UNTRUSTED, code="UNSEALED")
        return answered

    def _attempt(self, call: Call, secret: Secret) -> Answered:
        settings, now = self._settings, self._now()
        head = Head(fsdw=settings.unit, jsdw=call.jsdw, ywxtbh=call.ywxtbh, fssj=stamp(now))
        body = information(head, call.data)
        text = _text(call.operation.value, head, body)
        sealed = seal(secret.key.get_secret_value(), text)
        headers = gateway_headers(settings, now, self._nonce())
        tell(text, "HMAC-SM3", headers | {"seal": sealed})
        headers |= {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        answer = self._attempts.make(
            "POST",
            f"{settings.gateway_url}/kstb",
            headers=headers,
            body=envelope(call.operation.value, settings.registration_code, body, sealed),
            total_s=TOTAL_WITH_FILE_S if call.operation.carries_file else TOTAL_S,
            max_bytes=FILE_ENVELOPE_MAX if call.operation is Operation.GET_FILE else ANSWER_BYTES,
        )
        if answer.status == 500 and _is_fault(answer.body):
            raise PartnerRefused("跨省平台无法读取报文信封，请联系运维核对。", code="SOAP_FAULT")
        fault = status_fault(answer)
        if fault is not None:
            raise fault
        try:
            return self._read(call, answer.body, secret)
        except UnsafeXml as unsafe:
            raise PartnerUntrusted(_UNTRUSTED, code="UNREADABLE") from unsafe

    def _read(self, call: Call, raw: bytes, secret: Secret) -> Answered:
        """Head alone, then the seal, then the rest. Raises UnsafeXml and PartnerUntrusted."""
        said = read_envelope(raw)
        if said is None or said.operation != call.operation.answer:
            raise UnsafeXml("answer to something else")
        body = said.information.encode("utf-8")
        if call.operation is not Operation.GET_FILE and len(body) > INFORMATION_MAX:
            raise UnsafeXml("information too large")
        root = read_root(said.information)
        if not said.seal or not self._seal_holds(call, said, body, read_head(root), secret):
            return _without_seal(root, "WRONG_SEAL" if said.seal else "UNSEALED")
        self._check_head(call, read_head(root))
        package = read_package(said.information, root)
        return Answered(numbers=tuple(_code(one, call.operation) for one in package.records), package=package)

    def _seal_holds(self, call: Call, said: Sealed, body: bytes, head: Head, secret: Secret) -> bool:
        counting = {one.key.get_secret_value() for one in (secret, *self._keeper.counting())}
        return seal_holds(tuple(counting), _text(call.operation.answer, head, body), said.seal)

    def _check_head(self, call: Call, head: Head) -> None:
        if (head.fsdw, head.jsdw, head.ywxtbh) != (call.jsdw, self._settings.unit, call.ywxtbh):
            raise PartnerUntrusted(_UNTRUSTED, code="OTHER_HEAD")
        window = timedelta(seconds=self._settings.answer_window_s)
        if abs(read_stamp(head.fssj) - self._now()) > window:
            raise PartnerUntrusted(_UNTRUSTED, code="OLD_ANSWER")


def fault_of(number: int) -> PartnerError | None:
    """The error that a RECORD's code means; None for success and duplicates."""
    code = code_of(number)
    if code is None:
        return PartnerRefused("跨省平台拒绝了请求，请人工核对。", code=str(number))
    match code.answer_class:
        case AnswerClass.OK | AnswerClass.DUPLICATE:
            return None
        case AnswerClass.RETRY:
            return PartnerUnavailable(code.sentence, code=str(number))
        case _:
            return PartnerRefused(code.sentence, code=str(number))


def _per_record(operation: Operation, number: int) -> bool:
    """A sid that is unknown over there says nothing about the others of the same confirmation."""
    return operation is Operation.CONFIRM_NOTICES and number == Code.UNKNOWN_CASE.number


def _there(secret: Secret | None) -> Secret:
    if secret is None:
        raise PartnerUnavailable("正在更新跨省平台密钥，将自动重试。", code="SECRET")
    return secret


def _text(operation: str, head: Head, body: bytes) -> bytes:
    return sealed_text(operation, head.fsdw, head.jsdw, head.ywxtbh, head.fssj, body)


def _is_fault(raw: bytes) -> bool:
    try:
        return read_envelope(raw) is None
    except UnsafeXml:
        return False


def _without_seal(root: etree._Element, fault: str) -> Answered:
    """Only −50, −51, −60 and −61 count without a seal that holds: we may not share the secret any more."""
    records = [record for data in children(root, "DATA") for record in children(data, "RECORD")]
    number = _code(records[0], None) if len(records) == 1 else Code.OK.number
    if not may_be_unsealed(code_of(number)):
        raise PartnerUntrusted(_UNTRUSTED, code=fault)
    return Answered(numbers=(number,), package=None)


def _code(record: etree._Element, operation: Operation | None) -> int:
    """The `code` attribute. A notice needs none: that it is there says enough."""
    text = record.get("code")
    if text is None and operation is Operation.FETCH_NOTICES:
        return Code.OK.number
    if text is None or not _CODE.fullmatch(text):
        raise UnsafeXml("code missing or out of form")
    return int(text)
