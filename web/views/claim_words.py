"""What people read about claims (理赔用语): labels, who does what next, and the applicant's sentence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from catalog.forms.shown import yuan
from catalog.postal_law import GROUNDS
from domain.claims import (
    Bearer,
    Behalf,
    ClaimKind,
    ClaimPaper,
    ClaimState,
    ClaimStep,
    MailService,
    RefusalGround,
    ReissueStatus,
)
from storage.parcels.claims import ClaimRow
from web.views.next_steps import day_said

_S = ClaimState

KINDS: Final = {
    ClaimKind.LOST: "丢失",
    ClaimKind.DAMAGED: "损毁",
    ClaimKind.MISSING_CONTENT: "少件",
    ClaimKind.DELAYED: "延误",
}

SERVICES: Final = {
    MailService.REGISTERED: "给据邮件",
    MailService.LETTER: "挂号信件",
    MailService.EXPRESS: "特快专递",
}

STATES: Final = {
    _S.OPENED: "已提出",
    _S.INQUIRY: "已向邮政查询",
    _S.ANSWERED: "邮政已答复",
    _S.FOUND: "已找到",
    _S.ACCEPTED: "同意赔偿",
    _S.REFUSED: "不予赔偿",
    _S.SETTLED: "已赔付",
    _S.WITHDRAWN: "已撤回",
}

STEPS: Final = {
    ClaimStep.OPEN: "提出理赔",
    ClaimStep.INQUIRE: "已向邮政查询",
    ClaimStep.ANSWER: "登记邮政答复",
    ClaimStep.FOUND: "邮件已找到",
    ClaimStep.ACCEPT: "同意赔偿",
    ClaimStep.REFUSE: "不予赔偿",
    ClaimStep.SETTLE: "登记已赔付",
    ClaimStep.WITHDRAW: "撤回理赔",
    ClaimStep.REISSUE: "登记补办进展",
}

NEXT: Final = {
    _S.OPENED: ("窗口", "向邮政提出查询"),
    _S.INQUIRY: ("邮政", "答复查询结果，窗口催办"),
    _S.ANSWERED: ("督办或另一名窗口人员", "决定赔偿与否"),
    _S.ACCEPTED: ("邮政", "付清赔款，窗口登记"),
}
"""State → (who acts next, what he does); a claim that is over waits for nobody."""

BEHALVES: Final = {Behalf.APPLICANT: "申请人", Behalf.HALL: "大厅"}

BEARERS: Final = {Bearer.CARRIER: "邮政", Bearer.HALL: "大厅", Bearer.AUTHORITY: "办理地"}

STATUSES: Final = {
    ReissueStatus.PLANNED: "待补办",
    ReissueStatus.APPLIED: "已申请补办",
    ReissueStatus.DONE: "已补办",
    ReissueStatus.NOT_NEEDED: "不用补办",
}

REFUSALS: Final = {ground: f"{told}（{article}）" for ground, (told, article) in GROUNDS.items()}
"""Ground of a refusal → its words with the article."""

_TOLD: Final = {
    _S.OPENED: "您的邮件{what}，大厅最迟{day}向邮政提出查询。",
    _S.INQUIRY: "您的邮件{what}，大厅已向邮政查询，邮政最迟{day}答复；到期查不到的，依法由邮政赔偿。",
    _S.ANSWERED: "邮政已经答复，大厅最迟{day}定下怎样赔偿，再告诉您。",
    _S.FOUND: "您的邮件找到了，大厅会与您约定怎样交给您。",
    _S.ACCEPTED: "您的邮件{what}，邮政赔偿{sum}，最迟{day}付清，付清后大厅告诉您。",
    _S.REFUSED: "您的邮件{what}，邮政不予赔偿：{ground}。您不同意的，可打12305向邮政管理部门申诉，也可依法起诉。",
    _S.SETTLED: "您的邮件{what}，赔偿{sum}已经付清。",
}
_LATE: Final = "您的邮件{what}，{who}原定{day}前{does}，现在晚了，大厅正在催办，请您谅解。"
_WHAT: Final = {
    ClaimKind.LOST: "没有送到",
    ClaimKind.DAMAGED: "在寄递中损毁",
    ClaimKind.MISSING_CONTENT: "寄到时少了材料",
    ClaimKind.DELAYED: "晚了",
}
_LATE_DOES: Final = {
    _S.OPENED: ("大厅", "向邮政提出查询"),
    _S.INQUIRY: ("邮政", "答复"),
    _S.ANSWERED: ("大厅", "定下怎样赔偿"),
    _S.ACCEPTED: ("邮政", "付清赔款"),
}


def applicant_sentence(row: ClaimRow, ground: RefusalGround | None, now: datetime) -> str | None:
    """What is done, by whom and until when, in one sentence; None for a claim that was withdrawn.

    `ground`: of its refusal.
    """
    state = ClaimState(row.state)
    if state not in _TOLD:
        return None
    day = day_said(row.due_at, now) if row.due_at is not None else ""
    what = _WHAT[ClaimKind(row.kind)]
    if row.due_at is not None and now > row.due_at:
        who, does = _LATE_DOES[state]
        return _LATE.format(what=what, who=who, day=day, does=does)
    fen = row.accepted_fen or 0
    told = GROUNDS[ground][0] if ground is not None else ""
    return _TOLD[state].format(what=what, day=day, ground=told, sum=yuan(fen) if fen else "补办费用")


def reissue_sentences(papers: Iterable[ClaimPaper]) -> list[dict[str, str]]:
    """How each paper is had again, as the applicant reads it: `[{name, how}]`; copies and forms are the hall's."""
    return [
        {"name": paper.name, "how": _how_again(paper)}
        for paper in papers
        if paper.status is not ReissueStatus.NOT_NEEDED
    ]


def _how_again(paper: ClaimPaper) -> str:
    if paper.status is ReissueStatus.DONE:
        return "已经补办好。"
    begun = "已申请补办，" if paper.status is ReissueStatus.APPLIED else "大厅给您出具丢失证明，"
    return f"{begun}{paper.how}；补办费用由{BEARERS[paper.bearer]}承担，您不用付。"
