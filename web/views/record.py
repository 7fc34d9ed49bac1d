"""The record of a case as people read it (经过): at most 30 lines, each with who, where and why; the rest folded.

Attempts, reminders and tasks that are over stand under the line that they belong to. What an authority has said stands
in full at its line; what did not take effect is a line of its own. Nothing is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind
from domain.terms import CaseStatus, Leg, WireEvent
from web.views.waits import Wait
from web.views.wording import EVENTS, LEGS, OUTCOMES, RATINGS

MOST: Final = 30
_ACTORS: Final = {"workflow": "", "applicant": "申请人"}

_FOLDED: Final = frozenset(
    {
        *("CLOCK_STARTED", "CALENDAR_CHANGED", "PASSING_ON", "REDISPATCHED", "ATTEMPT_FAILED", "SENT_AGAIN"),
        *("COLLECTION_REMINDER", "TASK_RESOLVED", "MESSAGES_WANTED", "MESSAGES_UNWANTED", "CODE_RENEWED"),
        *("LICENCES_HOLD", "MATERIAL_VERIFIED", "LICENCE_LOOKED", "COMMITTED", "AGENT_AUTHORISED"),
        *("DEADLINE_WARNING", "LETTER", "PROMISE_AT_RISK", "RESULT_NOT_FETCHED"),
        "CLAIM_REISSUE",
    }
)
_ALSO: Final = {"LIMIT_EXTENDED": WireEvent.REVIEWING}
"""Kinds of steps that an authority's word causes and that are not called like its event."""

_ENDS: Final = frozenset({"CLOSED", "HANDED_OVER", "LEG_DELIVERED", CaseStatus.APPROVED})
_BAD: Final = frozenset(
    {
        *(CaseStatus.NOT_ACCEPTED, CaseStatus.REJECTED, CaseStatus.FAILED, "LEG_LOST", "CLOSED_AS_FAILED"),
        *("PAPERS_DIFFER", "PAPERS_NEVER_CAME", "DEFERRED_GIVEN_UP", *TaskKind),
    }
)


@dataclass
class Line:
    """One line of the record. `at`: ISO 8601. `tone`: "", late, ended or wait, as of parts/timeline.html.

    `said`: the authority's words (`web.views.said`). `folded`: smaller things that belong to it, in their order.
    """

    at: str
    kind: str
    what: str
    who: str = ""
    where: str = ""
    why: str = ""
    tone: str = ""
    handling_no: str | None = None
    leg_id: str | None = None
    said: dict[str, Any] | None = None
    waits: list[Wait] = field(default_factory=list)
    folded: list["Line"] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """`first`, then `between` folded, then `latest`: all lines in the order of time."""

    first: list[Line]
    between: list[Line]
    latest: list[Line]


def record_of(
    events: Sequence[dict[str, Any]],
    said: Sequence[dict[str, Any]],
    waits: Sequence[Wait],
    *,
    places: Mapping[str, str],
    names: Mapping[str, str],
    reasons: Mapping[str, str],
) -> Record:
    """The record of a case.

    `events`: `web.views.cases.history`. `said`: `web.views.said`. `places`, `names`: handling number → where, who.
    `reasons`: when a task was resolved, ISO 8601, or the kind of what happens once → why, in a person's words.
    """
    lines = _folded([_line(event, places, names, reasons) for event in events])
    unmatched = _attach_words(lines, said)
    lines += [_word(one, places, names) for one in unmatched]
    lines.sort(key=lambda line: line.at)
    _attach_waits(lines, waits)
    if len(lines) <= MOST:
        return Record(first=lines, between=[], latest=[])
    return Record(first=lines[:1], between=lines[1 : len(lines) - MOST + 1], latest=lines[len(lines) - MOST + 1 :])


def _line(
    event: dict[str, Any], places: Mapping[str, str], names: Mapping[str, str], reasons: Mapping[str, str]
) -> Line:
    kind, data, number = event["kind"], event["data"], event["handlingNo"]
    theirs = kind in set(WireEvent) or kind in _ALSO
    leg = f"{LEGS[Leg(data['leg'])]}：" if data.get("leg") in set(Leg) else ""
    label = EVENTS[WireEvent(kind)] if kind in set(WireEvent) else event["label"].removeprefix("办理地：")
    return Line(
        at=event["at"],
        kind=kind,
        what=leg + label,
        who=names.get(number or "", "") if theirs else _ACTORS.get(event["actor"], event["actor"]),
        where=places.get(number or "", ""),
        why=_why(kind, data, reasons.get(event["at"], "") if kind == "TASK_RESOLVED" else reasons.get(kind, "")),
        tone="ended" if kind in _ENDS else "late" if kind in _BAD else "",
        handling_no=number,
        leg_id=data.get("legId"),
    )


def _why(kind: str, data: Mapping[str, Any], reason: str) -> str:
    if kind == "TASK_RESOLVED" and data.get("outcome") in set(TaskOutcome):
        title = RULES[TaskKind(data["kind"])][0].split("，")[0] if data.get("kind") in set(TaskKind) else ""
        decided = OUTCOMES[TaskOutcome(data["outcome"])]
        return "：".join(part for part in (title, decided, reason) if part)
    if kind == "PAPER_COUNTED" and data.get("counted") is not None:
        return f"应有 {data['said']} 份，清点 {data['counted']} 份"
    if kind == "RATED" and data.get("score") in RATINGS:
        return "：".join(part for part in (RATINGS[data["score"]], reason) if part)
    return reason


def _folded(lines: Sequence[Line]) -> list[Line]:
    """Lines that are read; smaller ones and repeats under the last that they belong to, by their leg or before them."""
    kept: list[Line] = []
    for line in lines:
        if not kept or not (line.kind in _FOLDED or _repeats(line, kept[-1])):
            kept.append(line)
            continue
        own = (one for one in reversed(kept) if line.leg_id is not None and one.leg_id == line.leg_id)
        next(own, kept[-1]).folded.append(line)
    return kept


def _repeats(line: Line, before: Line) -> bool:
    """The same once more; what an authority says stands for itself each time."""
    same = (line.kind, line.handling_no, line.leg_id) == (before.kind, before.handling_no, before.leg_id)
    return same and line.kind not in set(WireEvent)


def _attach_words(lines: Sequence[Line], said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each line what was said at it; returns what has no line."""
    rest = []
    for one in said:
        line = next((line for line in lines if _is_of(line, one)), None) if one["tookEffect"] else None
        if line is None:
            rest.append(one)
            continue
        line.said = one
        line.who = one["org"] or line.who
    return rest


def _is_of(line: Line, one: dict[str, Any]) -> bool:
    if line.said is not None or line.handling_no not in (one["handlingNo"], None):
        return False
    return one["event"] is not None and one["event"] in (line.kind, _ALSO.get(line.kind))


def _word(one: dict[str, Any], places: Mapping[str, str], names: Mapping[str, str]) -> Line:
    number = one["handlingNo"]
    return Line(
        at=one["at"],
        kind=one["event"] or "",
        what=one["label"],
        who=one["org"] or names.get(number, ""),
        where=places.get(number, ""),
        tone="" if one["tookEffect"] else "late",
        handling_no=number,
        said=one,
    )


def _attach_waits(lines: Sequence[Line], waits: Sequence[Wait]) -> None:
    """Each wait at the last line before it has begun, of its own handling where there is one."""
    for wait in waits:
        before = [line for line in lines if line.at <= wait.start_at.isoformat()]
        own = [line for line in before if wait.handling_no in (line.handling_no, None)]
        at = (own or before or list(lines))[-1:]
        for line in at:
            line.waits.append(wait)
            line.tone = line.tone or "wait"
