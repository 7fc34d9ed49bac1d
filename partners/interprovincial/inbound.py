"""Notices (办件状态通知) into our words: RECORDs of a package whose seal has been checked (contracts.md C).

Pure. A RECORD that can't be read is a value with a reason, never an exception: the others of its package count.
"""

import re
from typing import Final

from lxml import etree

from domain.identifiers import is_case_number
from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.model import Frozen
from domain.terms import Partner, ResultForm, WireEvent
from partners.interprovincial.codes import EVENT_OF_ZT
from partners.interprovincial.envelope import leaf, read_stamp
from partners.interprovincial.numbers import coordination_no
from partners.interprovincial.paper_lists import papers_of
from partners.interprovincial.safe_xml import UnsafeXml, children

_SID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_SERIAL: Final = re.compile(r"[1-9][0-9]{0,8}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ZT: Final = re.compile(r"[0-9]{2}")
_SAYS_YES: Final = {None: None, "": None, "0": False, "1": True}
_MAX_WORKDAYS: Final = 365
_SUM: Final = re.compile(r"0|[1-9][0-9]{0,13}")
_MAX_FEN: Final = 10**13
_MAX_NUMBER: Final = 64
_MAX_TEXT: Final = 4000


class Unreadable(Frozen):
    """A RECORD that is not taken, with the reason. `sid` is "" where that is what can't be read.

    `not_ours`: it can be read, and belongs to no handling of ours; then it is confirmed, else it comes again.
    """

    sid: str
    reason: str
    raw: bytes
    handling_no: str = ""
    not_ours: bool = False


class _NotOurs(UnsafeXml):
    """Readable to its end, and under another handling's coordination number."""


class Notice(Frozen):
    """A readable RECORD of FetchNotices: the message, and its bytes as they came."""

    message: InboundMessage
    raw: bytes


def read_notice(record: etree._Element, content: bytes) -> Notice | Unreadable:
    """One RECORD of FetchNotices. `content` is its inner text byte for byte, compared over redeliveries."""
    sid = record.get("sid") or ""
    if not _SID.fullmatch(sid):
        return Unreadable(sid="", reason="sid", raw=content)
    try:
        return Notice(message=_message(record, sid, content), raw=content)
    except UnsafeXml as fault:
        number = record.findtext("{*}AJBH") or ""
        ours = number if is_case_number(number) else ""
        return Unreadable(
            sid=sid, reason=str(fault), raw=content, handling_no=ours, not_ours=isinstance(fault, _NotOurs)
        )


def read_status(record: etree._Element, content: bytes, handling_no: str) -> InboundMessage | None:
    """The RECORD of a Query's answer; None where the authority has said nothing yet (XH 0 and no ZT).

    Raises UnsafeXml when it is out of form or about another case.
    """
    if _required(record, "AJBH") != handling_no:
        raise UnsafeXml("another case")
    if _required(record, "XH") == "0" and leaf(record, "ZT") is None:
        return None
    sid = record.get("sid") or ""
    if not _SID.fullmatch(sid):
        raise UnsafeXml("sid")
    return _message(record, sid, content)


def _message(record: etree._Element, sid: str, content: bytes) -> InboundMessage:
    number, partner_no = _required(record, "AJBH"), _text(record, "LSH")
    if len(number) > _MAX_NUMBER or len(partner_no) > _MAX_NUMBER:
        raise UnsafeXml("AJBH or LSH too long")
    coordination = _required(record, "YWXTBH") if is_case_number(number) else ""
    place = _required(record, "XH")
    state = _required(record, "ZT")
    if not _SERIAL.fullmatch(place):
        raise UnsafeXml("XH")
    if not _ZT.fullmatch(state):
        raise UnsafeXml("ZT")
    occurred_at = read_stamp(_required(record, "ZTSJ"))
    event = EVENT_OF_ZT.get(state)
    message = InboundMessage(
        partner=Partner.INTERPROVINCIAL,
        message_id=sid,
        content=content,
        handling_no=number,
        partner_no=partner_no,
        event_name=event.value if event else state,
        event=event,
        seq=int(place),
        occurred_at=occurred_at,
        payload=_payload(record, event),
    )
    if coordination and coordination != coordination_no(number):
        raise _NotOurs("YWXTBH is another handling's")
    return message


def _payload(record: etree._Element, event: WireEvent | None) -> EventPayload:
    match event:
        case WireEvent.NEED_SUPPLEMENT:
            return EventPayload(
                round=_number(record, "LC", 99),
                reason=_required(record, "YY"),
                materials=_names(record),
                deadline_workdays=_number(record, "XGR", _MAX_WORKDAYS),
                papers=papers_of(record, "CLS"),
            )
        case WireEvent.ACCEPTED:
            return EventPayload(deemed=_yes(record, "SZ"))
        case WireEvent.REVIEWING if leaf(record, "XGR"):
            days = _number(record, "XGR", _MAX_WORKDAYS)
            return EventPayload(extended_workdays=days, reason=_required(record, "YY"))
        case WireEvent.SUSPENDED:
            return EventPayload(procedure=_required(record, "TBCX"), reason=_required(record, "YY"))
        case WireEvent.APPROVED:
            return EventPayload(result=_result(record))
        case WireEvent.NOT_ACCEPTED | WireEvent.REJECTED:
            return EventPayload(reason=_required(record, "YY"), legal_basis=_required(record, "FLYJ"))
        case WireEvent.RESULT_SENT:
            return _result_sent(record)
        case _:
            return EventPayload()


def _result(record: etree._Element) -> ResultPaper:
    form = _required(record, "JGXS")
    sha256 = leaf(record, "SHA256") or None
    if form not in {known.value for known in ResultForm}:
        raise UnsafeXml("JGXS")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise UnsafeXml("SHA256")
    return ResultPaper(
        name=_required(record, "JGMC"),
        form=ResultForm(form),
        document_no=_text(record, "WSBH"),
        sha256=sha256,
        amount_fen=_sum(record),
    )


def _result_sent(record: etree._Element) -> EventPayload:
    number, seal = _required(record, "YJHM"), _text(record, "FQH")
    if len(number) > _MAX_NUMBER or len(seal) > _MAX_NUMBER:
        raise UnsafeXml("YJHM or FQH too long")
    back, kept = papers_of(record, "CLS"), papers_of(record, "BLCL")
    return EventPayload(tracking_no=number, seal_no=seal or None, papers=back, kept=kept)


def _yes(record: etree._Element, name: str) -> bool | None:
    said = leaf(record, name)
    if said not in _SAYS_YES:
        raise UnsafeXml(name)
    return _SAYS_YES[said]


def _sum(record: etree._Element) -> int | None:
    """JE, whole fen; None where the result is no money."""
    text = _text(record, "JE")
    if text and (not _SUM.fullmatch(text) or int(text) > _MAX_FEN):
        raise UnsafeXml("JE")
    return int(text) if text else None


def _names(record: etree._Element) -> tuple[str, ...]:
    """CLMC, once per missing material."""
    found = tuple(one.text or "" for one in children(record, "CLMC") if not len(one))
    if not found or any(not name or len(name) > _MAX_TEXT for name in found):
        raise UnsafeXml("CLMC")
    return found


def _number(record: etree._Element, name: str, most: int) -> int:
    text = _required(record, name)
    if not _SERIAL.fullmatch(text) or int(text) > most:
        raise UnsafeXml(name)
    return int(text)


def _required(record: etree._Element, name: str) -> str:
    text = _text(record, name)
    if not text:
        raise UnsafeXml(f"{name} missing")
    return text


def _text(record: etree._Element, name: str) -> str:
    text = leaf(record, name) or ""
    if len(text) > _MAX_TEXT:
        raise UnsafeXml(f"{name} too long")
    return text
