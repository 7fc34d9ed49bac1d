"""The first line of a case's page (一句话): who has it, what is awaited and until when, and what travels.

It says only what the case says: no parcel where nothing travels, no date where no clock runs.
"""

from datetime import datetime
from typing import Any, Final

from domain.messages import DeadlineKind
from domain.papers import PaperOrigin
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage, ResultForm, WireEvent
from logistics.holders import HolderKind
from papers.facts import PaperKind
from web.views.authority_names import authority_name, short_place
from web.views.spoken_times import by_when, late_by, on_day, spaced
from web.views.travelling import travelling
from web.views.waits import decides
from web.views.wording import ROLES

_S, _D = CaseStatus, DeadlineKind
_REFUSED: Final = {_S.NOT_ACCEPTED: "不予受理", _S.REJECTED: "不予许可"}
_NOT_DONE: Final = frozenset({_S.NOT_ACCEPTED, _S.REJECTED, _S.WITHDRAWN, _S.FAILED})
_NOT_SENT: Final = frozenset({_S.WAITING, _S.REGISTERED, _S.COLLECTED})
_MOST_NAMED: Final = 2


def headline(case: dict[str, Any], now: datetime) -> str:
    """One to three sentences; `case`: as `web.views.cases.full` has it."""
    sentences = [_matter(case, now)]
    if case["closedAt"] is None:
        sentences += travelling(case["parcels"], now, CaseStatus(case["status"]))
        if any(h["waitingSince"] for h in case["handlings"]):
            sentences.append("对方系统暂时没有应答，恢复后自动继续")
    return spaced("".join(f"{sentence}。" for sentence in sentences if sentence))


def _matter(case: dict[str, Any], now: datetime) -> str:
    joint = len(case["handlings"]) > 1
    if case["closedAt"] is not None:
        return f"{_joint_end(case) if joint else _end(case)}，{on_day(case['closedAt'], now)}全部办完{_left_over(case)}"
    again = "办完后又有新情况，重新打开：" if case["reopenedAt"] is not None else ""
    if case["onHold"]:
        return again + _held(case)
    if case["withdrawalPending"]:
        return again + _withdrawal(case, now)
    return again + (_joint(case, now) if joint else _phrase(case, case["handlings"][0], case["status"], now))


def _held(case: dict[str, Any]) -> str:
    """What a person must decide before it goes on."""
    waiting = next((task for task in case["tasks"] if _stops(task["kind"])), None)
    if waiting is None:
        return "办件暂停，等人工核实"
    return f"办件暂停：{waiting['title'].split('，')[0]}，等{ROLES[waiting['owner']]}处理"


def _stops(kind: str) -> bool:
    """Originals that did not come back are only to be seen to, and yet the case waits for them."""
    return decides(kind) or kind == TaskKind.PAPERS_AWAY


def _withdrawal(case: dict[str, Any], now: datetime) -> str:
    clock = _clock(case, _D.WITHDRAWAL)
    if clock is None:
        return "申请人要求撤回，正在处理"
    handling = next((h for h in case["handlings"] if h["handlingNo"] == clock["handlingNo"]), case["handlings"][0])
    return f"申请人要求撤回，等{_who(case, handling)}{_until(clock, now)}答复"


def _phrase(case: dict[str, Any], handling: dict[str, Any], status: str, now: datetime) -> str:
    """Where one handling stands, without a full stop."""
    who, number = _who(case, handling), handling["handlingNo"]
    match CaseStatus(status):
        case _S.REGISTERED:
            return _registered(case)
        case _S.COLLECTED:
            return f"材料已收齐，等窗口{_until(_clock(case, _D.POSTING, number), now)}转给{who}"
        case _S.WAITING:
            return f"正在转给{who}"
        case _S.SUBMITTED:
            return f"已转给{who}，等对方收件"
        case _S.RECEIVED:
            return _received(case, handling, who, now)
        case _S.ACCEPTED:
            return f"{who}已受理{_decision(case, number, now)}"
        case _S.SUPPLEMENT_REQUIRED:
            return _supplement(case, handling, who, now)
        case _S.SUPPLEMENTED:
            return f"补正材料已转给{who}{_decision(case, number, now)}"
        case _S.REVIEWING:
            return f"{who}正在审查{_decision(case, number, now)}"
        case _S.SUSPENDED:
            return f"{who}正在进行特别程序，期间不计时限"
        case _S.APPROVED:
            return f"{who}已准予{_outstanding(case, handling, who, now)}"
    return _outcome(case, handling, status) + _collection(case, now)


def _registered(case: dict[str, Any]) -> str:
    unchecked = [
        m for m in case["materials"] if m["licence"] and not m["licence"]["word"] and not m["licence"]["lookedBy"]
    ]
    if case["pickup"] and case["collectedAt"] is None:
        return _fetched(case)
    return "已登记，等电子证照核验" if unchecked else "已登记，还没有收件"


def _fetched(case: dict[str, Any]) -> str:
    """Papers are fetched at the door: how far the parcel is, is said beside this as long as it is under way."""
    legs = [parcel for parcel in case["parcels"] if parcel["leg"] == Leg.PICKUP]
    if not legs:
        return "已登记，等安排上门取材料"
    if legs[-1]["stage"] == ParcelStage.HALL_CHECKED:
        return "已登记，材料已到大厅，等窗口收件"
    return "已登记"


def _received(case: dict[str, Any], handling: dict[str, Any], who: str, now: datetime) -> str:
    if handling["deemedAcceptedFrom"] is not None:
        from_then = on_day(handling["deemedAcceptedFrom"], now)
        return f"{who}逾期未告知，{from_then}起视为受理{_decision(case, handling['handlingNo'], now)}"
    clock = _clock(case, _D.ACCEPTANCE, handling["handlingNo"])
    if clock is None:
        return f"{who}已收件，等对方受理"
    late = late_by(clock["dueAt"], now)
    return f"{who}已收件，等对方受理或告知补正，{late or by_when(clock['dueAt'], now)}"


def _supplement(case: dict[str, Any], handling: dict[str, Any], who: str, now: datetime) -> str:
    asked = next(
        (
            one
            for one in reversed(case["said"])
            if one["handlingNo"] == handling["handlingNo"] and one["event"] == WireEvent.NEED_SUPPLEMENT
        ),
        None,
    )
    named = len(asked["materials"] or []) if asked is not None else 0
    what = f"补正{named}份材料" if named else "补正材料"
    again = f"第{handling['round']}次" if handling["round"] > 1 else ""
    clock = _clock(case, _D.SUPPLEMENT_REPLY, handling["handlingNo"])
    late = late_by(clock["dueAt"], now) if clock is not None else None
    return f"{who}{again}要求{what}，等申请人" + (f"补齐，{late}" if late else f"{_until(clock, now)}补齐")


def _outstanding(case: dict[str, Any], handling: dict[str, Any], who: str, now: datetime) -> str:
    """What an approved matter still waits for; "" where only a parcel is under way, or nothing."""
    if case["stillOwed"]:
        return f"，结果等申请人{_until(_clock(case, _D.DEFERRED_MATERIAL), now)}补齐容缺材料后发放"
    collected = _collection(case, now)
    if collected:
        return collected
    comes_back = any(p["handlingNo"] == handling["handlingNo"] and p["leg"] == "BACK" for p in case["parcels"])
    sending = _clock(case, _D.RESULT_DELIVERY, handling["handlingNo"])
    if handling["resultTravels"] and sending is not None and not comes_back:
        return f"，等对方寄出结果，{by_when(sending['dueAt'], now)}送达"
    if any(paper["kind"] == PaperKind.RESULT for paper in case["writings"]):
        return "，电子结果可以领取"
    electronic = (handling["result"] or {}).get("form") in (ResultForm.ELECTRONIC, ResultForm.BOTH)
    return "，电子结果正在取回" if electronic and (handling["result"] or {}).get("sha256") else ""


def _collection(case: dict[str, Any], now: datetime) -> str:
    clock = _clock(case, _D.COLLECTION)
    return f"，等申请人{_until(clock, now)}到大厅领取" if clock is not None else ""


def _end(case: dict[str, Any]) -> str:
    return _outcome(case, case["handlings"][0], case["status"])


def _outcome(case: dict[str, Any], handling: dict[str, Any], status: str) -> str:
    """How a handling has ended."""
    end = CaseStatus(status)
    if end in _REFUSED:
        return f"{_who(case, handling)}{_REFUSED[end]}"
    return {
        _S.APPROVED: f"{_who(case, handling)}已准予",
        _S.WITHDRAWN: "已按申请人的要求撤回",
        _S.FAILED: "已由人工终止",
        _S.NOT_BEGUN: "另一步没有办成，这一步没有开始",
    }.get(end, end.label)


def _left_over(case: dict[str, Any]) -> str:
    """Who has the result of an approved case that is closed, or why nobody has it."""
    if case["status"] != _S.APPROVED:
        return ""
    if case["stillOwed"]:
        return "；容缺材料逾期未补，结果没有发放"
    results = [paper for paper in case["papers"] if paper["origin"] == PaperOrigin.RESULT]
    if results and all(paper["holder"]["kind"] == HolderKind.APPLICANT for paper in results):
        return "，结果已交申请人"
    return "，电子结果可以下载" if any(paper["kind"] == PaperKind.RESULT for paper in case["writings"]) else ""


def _joint(case: dict[str, Any], now: datetime) -> str:
    """The authorities that have it now, then what waits for them, then what is done."""
    handlings = case["handlings"]
    done = [h for h in handlings if h["status"] == _S.APPROVED]
    bad = [h for h in handlings if h["status"] in _NOT_DONE]
    if len(done) == len(handlings):
        return f"{len(handlings)}步联办全部办成{_outstanding(case, handlings[-1], _who(case, handlings[-1]), now)}"
    if bad:
        return _broken(case, done, bad)
    if all(h["status"] == _S.REGISTERED for h in handlings):
        return _registered(case)
    ready = {h["handlingNo"] for h in done}
    waiting = [h for h in handlings if h["status"] in _NOT_SENT and not ready.issuperset(h["after"])]
    active = [h for h in handlings if h not in done and h not in waiting]
    said = [f"{_step(case, h)}：{_phrase(case, h, h['status'], now)}" for h in active[:_MOST_NAMED]]
    if len(active) > _MOST_NAMED:
        said.append(f"另有{len(active) - _MOST_NAMED}地在办")
    if waiting:
        said.append(f"{_steps(case, waiting)}等前一步办成")
    if done:
        said.append(f"{_steps(case, done)}已办成")
    return "；".join(said)


def _broken(case: dict[str, Any], done: list[dict[str, Any]], bad: list[dict[str, Any]]) -> str:
    said = f"{_steps(case, bad)}没有办成（{_outcome(case, bad[0], bad[0]['status'])}）"
    undoing = any(task["kind"] == TaskKind.COMPENSATION for task in case["tasks"])
    return f"{said}，已办成的{_steps(case, done)}等窗口与各地处理" if done and undoing else said


def _joint_end(case: dict[str, Any]) -> str:
    handlings = case["handlings"]
    bad = [h for h in handlings if h["status"] in _NOT_DONE]
    if case["status"] == _S.WITHDRAWN or not bad:
        return f"{len(handlings)}步联办全部办成" if not bad else _end(case)
    return _broken(case, [h for h in handlings if h["status"] == _S.APPROVED], bad)


def _steps(case: dict[str, Any], handlings: list[dict[str, Any]]) -> str:
    return "、".join(_step(case, handling) for handling in handlings)


def _step(case: dict[str, Any], handling: dict[str, Any]) -> str:
    """“迁出”, or the place where the steps have no names or roles."""
    named = handling["step"] or handling["role"]
    return f"“{named}”" if named else short_place(handling["region"])


def _who(case: dict[str, Any], handling: dict[str, Any]) -> str:
    own = (one["org"] for one in reversed(case["said"]) if one["handlingNo"] == handling["handlingNo"] and one["org"])
    return authority_name(case["item"]["department"], handling["region"], next(own, None))


def _decision(case: dict[str, Any], number: str, now: datetime) -> str:
    """Until when it is decided: as promised, else as the law has it; "" where no such clock runs."""
    for kind, word in ((_D.DECISION_PROMISED, "承诺"), (_D.DECISION_STATUTORY, "法定")):
        clock = _clock(case, kind, number)
        if clock is not None:
            late = late_by(clock["dueAt"], now)
            return f"，{word}{by_when(clock['dueAt'], now)}办结" + (f"，{late}" if late else "")
    return ""


def _until(clock: dict[str, Any] | None, now: datetime) -> str:
    return by_when(clock["dueAt"], now) if clock is not None else ""


def _clock(case: dict[str, Any], kind: DeadlineKind, number: str | None = None) -> dict[str, Any] | None:
    """The running clock of this kind that ends first, of the handling `number` or of the whole case."""
    return next(
        (d for d in case["deadlines"] if d["kind"] == kind and (number is None or d["handlingNo"] in (number, None))),
        None,
    )
