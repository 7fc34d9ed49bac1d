"""The interprovincial network behind the common interface (跨省通办): commands out, notices fetched and confirmed."""

import base64
import binascii
import re
from datetime import datetime
from typing import Final

from lxml import etree

from domain.errors import AnswerLost, PartnerRefused, PartnerUntrusted
from domain.inbound import InboundMessage
from domain.model import Frozen
from domain.outbound import Command, HandlingRef, NoticeSent, Receipt, Rendered
from domain.terms import Partner
from partners.attempt import Attempts
from partners.base import Now
from partners.interprovincial.client import Answered, Call, InterprovincialClient
from partners.interprovincial.codes import TZ_OF_NOTICE, Code, Operation
from partners.interprovincial.envelope import data_part, element, leaf, read_stamp
from partners.interprovincial.inbound import Notice, Unreadable, read_notice, read_status
from partners.interprovincial.mapper import OPERATION_OF_KIND, destination, record_of
from partners.interprovincial.numbers import MessageSerials, NoticeTimes, coordination_no, message_no
from partners.interprovincial.safe_xml import UnsafeXml
from partners.interprovincial.secret import SecretMemory
from partners.interprovincial.settings import InterprovincialSettings
from partners.standards import CHINA, same, sha256_hex

MAX_NOTICES: Final = 100
EVERYBODY: Final = "000000000000"
"""JSDW of Fetch and Confirm: the gateway itself."""
_NOT_AS_AGREED: Final = "跨省平台的答复不符合约定，已按未收到处理。"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Fetched(Frozen):
    """One FetchNotices: what can be read, in the order of the answer, and what can't.

    `number`: the YWXTBH under which it was asked, a message number.
    """

    notices: tuple[Notice, ...]
    unreadable: tuple[Unreadable, ...]
    number: str = ""


class Confirmed(Frozen):
    """What became of a confirmation, per sid: done (now or before), or not known over there."""

    done: tuple[str, ...]
    unknown: tuple[str, ...]


class InterprovincialAdapter:
    """`partners.base.PartnerAdapter` of 跨省通办 (contracts.md C).

    Notices come by `fetch_notices` and `confirm_notices`.
    """

    partner = Partner.INTERPROVINCIAL

    def __init__(
        self,
        settings: InterprovincialSettings,
        now: Now,
        *,
        secrets: SecretMemory,
        serials: MessageSerials,
        notice_times: NoticeTimes,
        attempts: Attempts | None = None,
    ) -> None:
        self.settings = settings
        self._now = now
        self._serials = serials
        self._notice_times = notice_times
        self._client = InterprovincialClient(settings, now, secrets, attempts)

    def render(self, command: Command) -> Rendered:
        """The bytes from `<DATA`; `meta` holds operation, YWXTBH and JSDW. FSSJ and seal are of each attempt.

        A notice's `meta` also holds `tz` and `at`, its TZSJ, from which `NoticeTimes` knows the next free second.
        """
        at = self._notice_time(command)
        handling = command.handling
        body = command.body
        told = {"tz": TZ_OF_NOTICE[body.notice], "at": at.isoformat()} if isinstance(body, NoticeSent) else {}
        return Rendered(
            partner=self.partner,
            key=command.key,
            kind=command.kind,
            handling_no=handling.handling_no,
            content=data_part([record_of(command, at)]),
            meta={
                "operation": OPERATION_OF_KIND[command.kind].value,
                "ywxtbh": coordination_no(handling.handling_no),
                "jsdw": destination(handling.region),
                **told,
            },
        )

    def _notice_time(self, command: Command) -> datetime:
        body = command.body
        if not isinstance(body, NoticeSent):
            return self._now()
        number, kind = command.handling.handling_no, TZ_OF_NOTICE[body.notice]
        return self._notice_times.notice_time(number, kind, command.key, body.occurred_at)

    def send(self, rendered: Rendered) -> Receipt:
        """One attempt; −910 is the first answer again, with `duplicate`. Raises as `InterprovincialClient.call`."""
        meta = rendered.meta
        call = Call(
            operation=Operation(meta["operation"]), jsdw=meta["jsdw"], ywxtbh=meta["ywxtbh"], data=rendered.content
        )
        answered = self._client.call(call)
        record = _only_record(answered)
        try:
            return self._receipt(record, answered, rendered.handling_no)
        except UnsafeXml as fault:
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OUT_OF_FORM") from fault

    def _receipt(self, record: etree._Element, answered: Answered, handling_no: str) -> Receipt:
        number = leaf(record, "AJBH")
        if number is not None and number != handling_no:
            raise UnsafeXml("answer about another case")
        taken = leaf(record, "SLSJ")
        head = answered.package.head if answered.package else None
        return Receipt(
            received_at=read_stamp(taken or (head.fssj if head else "")),
            partner_no=(leaf(record, "LSH") or None),
            duplicate=answered.first == Code.DUPLICATE.number,
        )

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """Send one file under the handling's YWXTBH, once per handling; again is −910 and harmless."""
        encoded = base64.b64encode(data).decode("ascii")  # has nothing to escape; 27 MB are not copied for it
        inside = f"{element('SHA256', sha256)}<NR>{encoded}</NR>"
        self._client.call(self._of(handling, Operation.PUT_FILE, inside))

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """Fetch a file; the hash has been checked.

        Raises:
            PartnerRefused: −906, the authority does not have it (yet).
            PartnerUntrusted: OTHER_FILE, it gave another one.
        """
        if not _SHA256.fullmatch(sha256):
            raise PartnerRefused("文件摘要格式不符。", code=str(Code.MALFORMED.number))
        record = _only_record(self._client.call(self._of(handling, Operation.GET_FILE, element("SHA256", sha256))))
        try:
            data = base64.b64decode((leaf(record, "NR") or "").encode("ascii"), validate=True)
        except (UnsafeXml, UnicodeEncodeError, binascii.Error) as fault:
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OUT_OF_FORM") from fault
        if not same(sha256_hex(data), sha256):
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OTHER_FILE")
        return data

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """The latest notice; None before any, and while the authority does not know the case.

        Raises PartnerUntrusted for an answer out of form; else as `InterprovincialClient.call`.
        """
        try:
            answered = self._client.call(self._of(handling, Operation.QUERY, element("AJBH", handling.handling_no)))
        except PartnerRefused as refused:
            if refused.code == str(Code.UNKNOWN_CASE.number):
                return None
            raise
        record = _only_record(answered)
        content = answered.package.contents[0] if answered.package else b""
        try:
            return read_status(record, content, handling.handling_no)
        except UnsafeXml as fault:
            raise PartnerUntrusted(_NOT_AS_AGREED, code="OUT_OF_FORM") from fault

    def fetch_notices(self, most: int = MAX_NOTICES) -> Fetched:
        """Up to `most` (1–100) notices under a lease of 10 min; fewer where so many do not fit into one answer.

        Those that are not confirmed come again. Raises as `InterprovincialClient.call`.
        """
        call = self._to_gateway(Operation.FETCH_NOTICES, data_part([element("MAX", str(most))]))
        try:
            answered = self._client.call(call)
        except AnswerLost as lost:
            if lost.code != "TOO_LARGE" or most == 1:
                raise
            return self.fetch_notices(most // 2)
        if answered.package is None:
            return Fetched(notices=(), unreadable=(), number=call.ywxtbh)
        package = answered.package
        read = [read_notice(one, raw) for one, raw in zip(package.records, package.contents, strict=True)]
        return Fetched(
            notices=tuple(one for one in read if isinstance(one, Notice)),
            unreadable=tuple(one for one in read if isinstance(one, Unreadable)),
            number=call.ywxtbh,
        )

    def confirm_notices(self, sids: tuple[str, ...]) -> Confirmed:
        """Confirm by sid, after the commit; repeating it is harmless (−910). At most 100 sids."""
        records = [f'<RECORD no="{place}" sid={_quoted(sid)}></RECORD>' for place, sid in enumerate(sids, 1)]
        data = f"<DATA>{''.join(records)}</DATA></PACKAGE>".encode()
        answered = self._client.call(self._to_gateway(Operation.CONFIRM_NOTICES, data))
        said = answered.package.records if answered.package else ()
        code_of_sid = dict(zip((one.get("sid") for one in said), answered.numbers, strict=True))
        good = {Code.OK.number, Code.DUPLICATE.number}
        return Confirmed(
            done=tuple(sid for sid in sids if code_of_sid.get(sid) in good),
            unknown=tuple(sid for sid in sids if code_of_sid.get(sid) not in good),
        )

    def _of(self, handling: HandlingRef, operation: Operation, record: str) -> Call:
        return Call(
            operation=operation,
            jsdw=destination(handling.region),
            ywxtbh=coordination_no(handling.handling_no),
            data=data_part([record]),
        )

    def _to_gateway(self, operation: Operation, data: bytes) -> Call:
        number = message_no(self.settings.unit, self._now().astimezone(CHINA).date(), self._serials.next_serial())
        return Call(operation=operation, jsdw=EVERYBODY, ywxtbh=number, data=data)


def _only_record(answered: Answered) -> etree._Element:
    package = answered.package
    if package is None or len(package.records) != 1:
        raise PartnerUntrusted(_NOT_AS_AGREED, code="OUT_OF_FORM")
    return package.records[0]


def _quoted(sid: str) -> str:
    return '"' + sid.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") + '"'
