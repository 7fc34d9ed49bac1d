"""What an event may say beside what it must (contracts.md "Optional members"): one wording for three wires."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from xml.sax.saxutils import escape

from domain.identifiers import make_case_number
from domain.inbound import EventPayload
from domain.terms import WireEvent
from partners.interprovincial.codes import EVENT_OF_ZT
from partners.interprovincial.envelope import record_contents
from partners.interprovincial.inbound import Notice, read_notice
from partners.interprovincial.numbers import coordination_no
from partners.interprovincial.safe_xml import children, parse_information
from partners.sichuan.events import NotInSchema, from_callback
from partners.southwest.rows import EVENTS, BadRow, read

AT = datetime(2026, 11, 23, 15, 30, tzinfo=timezone(timedelta(hours=8)))
CASE = make_case_number("500103", AT.date(), 3)

USUAL: dict[WireEvent, dict[str, Any]] = {
    WireEvent.ACCEPTED: {},
    WireEvent.REVIEWING: {},
    WireEvent.NEED_SUPPLEMENT: {"round": 1, "reason": "缺", "materials": ["户口簿"], "deadlineWorkdays": 5},
    WireEvent.RESULT_SENT: {"trackingNo": "EB000717618CN"},
}
"""What the event must say, in the words of wire A."""

_LEAF = {
    "round": "LC",
    "deadlineWorkdays": "XGR",
    "extendedWorkdays": "XGR",
    "reason": "YY",
    "trackingNo": "YJHM",
    "sealNo": "FQH",
    "deemed": "SZ",
}
_LISTS = {"papers": "CLS", "kept": "BLCL"}
_OF_A_PAPER = {"name": "MC", "form": "XS", "count": "YS"}


def heard_in_sichuan(event: WireEvent, **more: Any) -> EventPayload | None:
    """None: refused as out of schema."""
    content = {
        "eventId": "evt_00000001", "caseNo": CASE, "partnerCaseNo": "SC-1", "event": event.value, "seq": 1,
        "occurredAt": AT.isoformat(), "actorOrg": "", "payload": USUAL[event] | more,
    }  # fmt: skip
    try:
        return from_callback(content, "evt_00000001", b"", AT).payload
    except NotInSchema:
        return None


def heard_in_southwest(event: WireEvent, **more: Any) -> EventPayload | None:
    """None: SW200101."""
    type_, state = next(pair for pair, known in EVENTS.items() if known is event)
    row = {
        "row_guid": "g", "cd_operation": "I", "cd_time": "2026-11-23T15:30:00.000+08:00", "type": type_, "state": state,
        "project_no": CASE, "partner_no": "GZ-1", "task_code": "YZ-1", "data": USUAL[event] | more,
    }  # fmt: skip
    try:
        return read(json.dumps(row, ensure_ascii=False).encode(), 1, AT).message.payload
    except BadRow:
        return None


def heard_through_the_gateway(event: WireEvent, **more: Any) -> EventPayload | None:
    """None: not readable, so that it is not confirmed."""
    zt = next(zt for zt, known in EVENT_OF_ZT.items() if known is event)
    inside = f"<AJBH>{CASE}</AJBH><YWXTBH>{coordination_no(CASE)}</YWXTBH><LSH>P</LSH><XH>1</XH><ZT>{zt}</ZT>"
    inside += "<ZTSJ>20261123153000</ZTSJ>" + "".join(_element(*one) for one in (USUAL[event] | more).items())
    text = f'<PACKAGE><PACKAGEHEAD/><DATA><RECORD no="1" sid="s-1">{inside}</RECORD></DATA></PACKAGE>'
    (data,) = children(parse_information(text), "DATA")
    notice = read_notice(children(data, "RECORD")[0], record_contents(text)[0])
    return notice.message.payload if isinstance(notice, Notice) else None


def _element(name: str, said: Any) -> str:
    if name == "materials":
        return "".join(f"<CLMC>{escape(one)}</CLMC>" for one in said)
    if name in _LISTS:
        lines = "" if said is None else "".join(_line(one) for one in said)
        return "" if said is None else f"<{_LISTS[name]}>{lines}</{_LISTS[name]}>"
    if name not in _LEAF:
        return f"<{name}>{said}</{name}>"
    said = {True: "1", False: "0", None: ""}.get(said, said) if name == "deemed" else said
    return f"<{_LEAF[name]}>{'' if said is None else escape(str(said))}</{_LEAF[name]}>"


def _line(paper: Any) -> str:
    if not isinstance(paper, dict):
        return f"<CL>{paper}</CL>"
    parts = [(_OF_A_PAPER.get(name, name), escape(str(said))) for name, said in paper.items()]
    return f"<CL>{''.join(f'<{name}>{said}</{name}>' for name, said in parts)}</CL>"
