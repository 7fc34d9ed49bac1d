"""The Sichuan network behind the common interface (川渝通办): commands out, files both ways, status on demand."""

import secrets
from datetime import datetime
from typing import Any, Final

from domain.errors import PartnerRefused, PartnerUntrusted
from domain.inbound import InboundMessage
from domain.outbound import Command, HandlingRef, Receipt, Rendered
from domain.terms import Partner
from partners.attempt import Attempts
from partners.base import Now
from partners.sichuan import mapper
from partners.sichuan.client import SichuanClient, Signed
from partners.sichuan.codes import Code
from partners.sichuan.events import NotInSchema, from_query
from partners.sichuan.settings import SichuanSettings
from partners.standards import NotStrictJson, parse_instant, parse_json_object, same, sha256_hex

_NOT_AS_AGREED: Final = "对方系统的答复不符合约定，已按未收到处理。"


class SichuanAdapter:
    """`partners.base.PartnerAdapter` of 川渝通办 (contracts.md A).

    Callbacks come the other way: `partners.sichuan.inbound`.
    """

    partner = Partner.SICHUAN

    def __init__(self, settings: SichuanSettings, now: Now, attempts: Attempts | None = None) -> None:
        self._settings = settings
        self._client = SichuanClient(settings, now, attempts)

    def render(self, command: Command) -> Rendered:
        """The body, and the path in `meta["path"]`; the key becomes the message id."""
        words = mapper.render(command, self._settings.region)
        return Rendered(
            partner=self.partner,
            key=command.key,
            kind=command.kind,
            handling_no=command.handling.handling_no,
            content=words.body,
            meta={"path": words.path},
        )

    def send(self, rendered: Rendered) -> Receipt:
        """POST the command under its key; `"duplicate":true` in a 200 means that it was taken before.

        Raises PartnerUntrusted for an answer out of form; else as `SichuanClient.call`.
        """
        answer = self._client.call("POST", rendered.meta["path"], rendered.key, rendered.content)
        body = _read(answer)
        partner_no = body.get("partnerCaseNo")
        return Receipt(
            received_at=_received_at(body),
            partner_no=partner_no if isinstance(partner_no, str) else None,
            duplicate=body.get("duplicate") is True,
        )

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """PUT the bytes; message id `{handling no}-file-{first 12 digits of the hash}`, again is a duplicate."""
        answer = self._client.put_file(mapper.file_path(sha256), f"{handling.handling_no}-file-{sha256[:12]}", data)
        if _read(answer).get("sha256") != sha256:
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OTHER_FILE")

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """GET the bytes; the hash has been checked.

        Raises:
            PartnerRefused: CY4041, the partner does not have them (yet).
            PartnerUntrusted: OTHER_FILE, it gave others.
        """
        answer = self._client.get_file(mapper.file_path(sha256), _fresh_id())
        if not same(sha256_hex(answer.body), sha256):
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OTHER_FILE")
        return answer.body

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """The latest event; None before any, and while the partner does not know the case.

        Raises PartnerUntrusted for an answer out of form; else as `SichuanClient.call`.
        """
        try:
            answer = self._client.call("GET", mapper.case_path(handling.handling_no), _fresh_id())
        except PartnerRefused as refusal:
            if refusal.code == Code.UNKNOWN:
                return None
            raise
        try:
            return from_query(parse_json_object(answer.body), handling.handling_no, answer.body)
        except (NotStrictJson, NotInSchema) as fault:
            raise PartnerUntrusted(_NOT_AS_AGREED, code="NOT_IN_SCHEMA") from fault


def _fresh_id() -> str:
    return f"q_{secrets.token_hex(12)}"


def _read(answer: Signed) -> dict[str, Any]:
    try:
        return parse_json_object(answer.body)
    except NotStrictJson as fault:
        raise PartnerUntrusted(_NOT_AS_AGREED, code="NOT_JSON") from fault


def _received_at(body: dict[str, Any]) -> datetime:
    text = body.get("receivedAt")
    try:
        return parse_instant(text if isinstance(text, str) else "")
    except ValueError as fault:
        raise PartnerUntrusted(_NOT_AS_AGREED, code="NOT_IN_SCHEMA") from fault
