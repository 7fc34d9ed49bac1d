"""One network as its desk shows it (合作方往来): their cases, what either side owes, and the exchange line by line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.regions import find as find_region
from domain.audience import READERS_OF_WORDS
from domain.messages import DeadlineKind, Responsible
from domain.terms import CaseStatus, CommandKind, Notice, Partner, Role, WireEvent
from storage.cases.faces import faces_of
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.exchange import partner_lists
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.outbox import CommandRow, CommandState
from storage.keyset import Mark, Page, read_page
from web.foundation.context import Context
from web.foundation.paging import COUNTED_TO
from web.views.raw_masked import raw_shown
from web.views.signed_steps import steps_shown
from web.views.verdicts import verdict_said, verdict_tone
from web.views.wording import COMMANDS, DEADLINES, EVENTS

THEIRS: Final = (Responsible.AUTHORITY,)
OURS: Final = (Responsible.WINDOW, Responsible.POST)
_SHOWN: Final = 50
_RECENT: Final = timedelta(days=30)
_UNDER_WAY: Final = timedelta(minutes=5)
_ATTEMPTS: Final = 50
_NOTICES: Final = {Notice.PAPERS_SENT: "材料已寄出", Notice.DELIVERED: "结果已送达", Notice.DISCREPANCY: "材料不符"}
STATES: Final[Mapping[str, str]] = {
    InboxState.NEW: "正要送进办件",
    InboxState.DELIVERED: "已送进办件，等结果",
    InboxState.APPLIED: "已进办件",
    InboxState.PARKED: "先存着，等前面的或等办件",
    InboxState.DEAD: "没有送进办件，等人处理",
    CommandState.RENDERED: "正在发送",
    CommandState.SENT: "对方已收下",
    CommandState.CONFIRMED: "对方已回执",
    CommandState.REFUSED: "对方拒收，等人处理",
}
"""Where a message or a command is, in words."""
_CALLS: Final = {
    "callback": "回调",
    "batch": "批次",
    "receipt": "批次回执",
    "row": "批次中的一行",
    "poll": "取件",
    "notice": "通知",
    "put_file": "传文件",
    "get_file": "取文件",
    "query": "查询",
    "FetchNotices": "取通知",
    "ConfirmNotices": "确认通知",
}


def owed_by(session: Session, ctx: Context, partner: Partner, parties: Collection[Responsible]) -> list[dict[str, Any]]:
    """Cases in which one of `parties` must act, what ends soonest first, as lines of a list (parts/row.html); 50."""
    clocks = partner_lists.clocks_of(session, partner, parties, _SHOWN)
    names = faces_of(session, ctx.sealer, {case.case_no for _, _, case in clocks})
    return [_line(names, *found) for found in clocks]


def states_of(session: Session, partner: Partner) -> list[dict[str, Any]]:
    """`[{status, label, count}]` of their open handlings, in the order of a case's life."""
    counted = partner_lists.counted_by_status(session, partner)
    return [{"status": s, "label": s.label, "count": counted[s]} for s in CaseStatus if counted.get(s)]


def needs_somebody(
    session: Session, ctx: Context, partner: Partner, theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]
) -> list[str]:
    """What needs somebody now, each in a few words; [] where nothing does. `theirs`, `ours`: as of `owed_by`.

    Messages and commands of the last 30 days; a command of the last five minutes is still under way.
    """
    now = ctx.now()
    since, until = now - _RECENT, now - _UNDER_WAY
    late = [sum(line["dueAt"] < now.isoformat() for line in lines) for lines in (theirs, ours)]
    counted = {
        "对方 {} 件超期": (late[0], _SHOWN),
        "我方 {} 件超期": (late[1], _SHOWN),
        "{} 条消息没有送进办件": (partner_lists.not_delivered(session, partner, since, COUNTED_TO), COUNTED_TO),
        "{} 条指令对方没有收下": (partner_lists.not_sent(session, partner, since, until, COUNTED_TO), COUNTED_TO),
    }
    return [words.format(f"至少 {n}" if n >= most else n) for words, (n, most) in counted.items() if n]


def with_attempts(session: Session, partner: Partner, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of the log as the desk shows them: what it was about, how it ended, and how many attempts there are."""
    counted = partner_lists.counted_attempts(session, partner, {row["messageId"] for row in rows})
    return [
        row
        | {
            "what": what_said(row["kind"]),
            "said": verdict_said(partner, row["verdict"]),
            "tone": verdict_tone(row["verdict"]),
            "attempts": counted.get((row["direction"], row["messageId"]), 1),
        }
        for row in rows
    ]


def folded(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of `with_attempts`, the newest first; equal ones in a row that belong to no handling are one.

    Each has `times` and `firstAt`, when the oldest of its equals came; a guesser's fifty tries hide nothing else.
    """
    shown: list[dict[str, Any]] = []
    for line in lines:
        last = shown[-1] if shown else None
        if last is not None and line["handlingNo"] is None and _same(last, line):
            last["times"] += 1
            last["firstAt"] = line["at"]
        else:
            shown.append(line | {"times": 1, "firstAt": line["at"]})
    return shown


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("direction", "kind", "handlingNo", "verdict"))


def delivery_shown(session: Session, ctx: Context, line: ExchangeRow, reader: Role) -> dict[str, Any]:
    """One line opened: its attempts, what was signed, and its text for who may read words (`domain.audience`)."""
    partner = Partner(line.partner)
    attempts = partner_lists.attempts_of(session, line, _ATTEMPTS)
    raw = partner_lists.kept_body(session, ctx.inbox.sealer, line) if reader in READERS_OF_WORDS else None
    return {
        "line": line,
        "partner": partner,
        "what": what_said(line.kind),
        "said": verdict_said(partner, line.verdict),
        "tone": verdict_tone(line.verdict),
        "attempts": [
            {"at": one.at, "id": one.id, "ms": one.duration_ms, "verdict": one.verdict}
            | {"tone": verdict_tone(one.verdict), "said": verdict_said(partner, one.verdict)}
            for one in attempts
        ],
        "signed": steps_shown(partner, line.signed),
        "mayRead": reader in READERS_OF_WORDS,
        "raw": raw_shown(raw) if raw is not None else None,
        "again": _again(partner_lists.message_of(session, line)),
    }


def what_said(kind: str) -> str:
    """An event, a command, a notice or a call in words; what we don't know as it came."""
    if kind in set(WireEvent):
        return EVENTS[WireEvent(kind)]
    if kind in set(CommandKind):
        return COMMANDS[CommandKind(kind)]
    if kind in set(Notice):
        return _NOTICES[Notice(kind)]
    return _CALLS.get(kind, kind)


def _again(message: InboxRow | CommandRow | None) -> dict[str, Any] | None:
    """What became of the message itself, and whether it can be delivered to its case once more."""
    if message is None:
        return None
    shown = {"state": message.state, "stateLabel": STATES[message.state], "attempts": message.attempts}
    shown |= {"error": message.error}
    if isinstance(message, CommandRow):
        return shown | {"replay": None, "caseNo": None}
    path = f"/api/v1/partners/{message.sender}/deliveries/{message.id}/replay"
    return shown | {"replay": path if message.state == InboxState.DEAD else None, "caseNo": message.case_no}


def in_status(
    session: Session, ctx: Context, partner: Partner, status: CaseStatus, size: int, after: Mark | None
) -> Page[dict[str, Any]]:
    """Their handlings in one status, as lines of a list, the newest first. Raises BadInput (`CURSOR`)."""
    query = select(HandlingRow, CaseRow).join(CaseRow, CaseRow.case_no == HandlingRow.case_no)
    page = read_page(session, query, partner_lists.status_list(partner, status), size=size, after=after)
    names = faces_of(session, ctx.sealer, {row.CaseRow.case_no for row in page.rows})
    lines = [_case_line(names, row.HandlingRow, row.CaseRow) for row in page.rows]
    return Page(rows=lines, next=page.next)


def _line(names: Mapping[str, str], clock: DeadlineRow, handling: HandlingRow, case: CaseRow) -> dict[str, Any]:
    kind, due = DEADLINES[DeadlineKind(clock.kind)], clock.due_at.isoformat()
    return _case_line(names, handling, case) | {"dueAt": due, "holder": kind}


def _case_line(names: Mapping[str, str], handling: HandlingRow, case: CaseRow) -> dict[str, Any]:
    region = find_region(handling.region)
    status = CaseStatus(handling.status)
    return {
        "caseNo": case.case_no,
        "handlingNo": handling.handling_no,
        "itemName": case.item_name,
        "status": status,
        "statusLabel": status.label,
        "onHold": case.on_hold,
        "closedAt": case.closed_at,
        "dueAt": case.due_at.isoformat() if case.due_at else None,
        "who": names.get(case.case_no, ""),
        "where": region.name if region else handling.region,
        "holder": "",
    }
