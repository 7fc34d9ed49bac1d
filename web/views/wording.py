"""What people read for the values that travel: history, clocks, outcomes, legs and stages (界面用语)."""

from domain.matters import End
from domain.messages import DeadlineKind, Responsible, TaskOutcome
from domain.papers import PaperDecision, PaperFate, SightingPlace
from domain.terms import (
    AuthorisationKind,
    CaseStatus,
    CommandKind,
    Leg,
    MaterialForm,
    ParcelStage,
    Partner,
    Payer,
    Provided,
    ResultForm,
    Role,
    WireEvent,
)
from domain.two_people import ProposalEnding

LEGS = {
    Leg.PICKUP: "上门取件",
    Leg.FORWARD: "材料寄往办理地",
    Leg.BACK: "结果寄回大厅",
    Leg.DELIVERY: "送上门",
}

STAGES = {
    ParcelStage.ORDERED: "已下单",
    ParcelStage.ACCEPTED: "已受理",
    ParcelStage.ASSIGNED: "已派单",
    ParcelStage.EN_ROUTE: "在途上门",
    ParcelStage.ARRIVED_DOOR: "到达门口",
    ParcelStage.PICKED_UP: "已揽收",
    ParcelStage.AT_OUTLET: "到达网点",
    ParcelStage.IN_TRANSIT: "运输中",
    ParcelStage.AT_DEST_OUTLET: "到达目的地网点",
    ParcelStage.OUT_FOR_DELIVERY: "派送中",
    ParcelStage.DELIVERED: "已签收",
    ParcelStage.HALL_CHECKED: "大厅核对",
    ParcelStage.ON_HOLD: "暂停",
    ParcelStage.PICKUP_FAILED: "取件未成功",
    ParcelStage.DELIVERY_FAILED: "投递未成功",
    ParcelStage.AWAITING_COLLECTION: "待领取",
    ParcelStage.MISROUTED: "错发",
    ParcelStage.DAMAGED: "破损",
    ParcelStage.LOST: "丢失",
    ParcelStage.CANCELLED: "已取消",
    ParcelStage.RETURNING: "退回中",
    ParcelStage.RETURNED: "已退回",
}

SCANNED = tuple(
    stage
    for stage in STAGES
    if stage
    not in (
        ParcelStage.ORDERED,
        ParcelStage.ACCEPTED,
        ParcelStage.ASSIGNED,
        ParcelStage.CANCELLED,
    )
)
"""What a person scans by hand; orders, assignments and cancellations come from the system."""

EVENTS = {
    WireEvent.RECEIVED: "收件",
    WireEvent.ACCEPTED: "受理",
    WireEvent.NOT_ACCEPTED: "不予受理",
    WireEvent.NEED_SUPPLEMENT: "补正告知",
    WireEvent.REVIEWING: "审查",
    WireEvent.SUSPENDED: "特别程序开始",
    WireEvent.RESUMED: "特别程序结束",
    WireEvent.APPROVED: "准予",
    WireEvent.REJECTED: "不予许可",
    WireEvent.RESULT_SENT: "结果寄出",
    WireEvent.WITHDRAWN: "同意撤回",
}

DEADLINES = {
    DeadlineKind.POSTING: "寄出材料",
    DeadlineKind.ACCEPTANCE: "受理或补正告知",
    DeadlineKind.SUPPLEMENT_REPLY: "申请人补正",
    DeadlineKind.DECISION_PROMISED: "承诺时限内办结",
    DeadlineKind.DECISION_STATUTORY: "法定时限内办结",
    DeadlineKind.RESULT_DELIVERY: "送达结果",
    DeadlineKind.INTERREGIONAL_LEG: "跨区寄递",
    DeadlineKind.WITHDRAWAL: "答复撤回",
    DeadlineKind.COLLECTION: "到大厅领取",
    DeadlineKind.DEFERRED_MATERIAL: "补交容缺材料",
    DeadlineKind.SUSPENSION: "完成特别程序",
    DeadlineKind.RATING_REWORK: "差评整改",
    DeadlineKind.COMPENSATION: "联办恢复",
    DeadlineKind.MISSING_PAPER: "商定并补来缺的材料",
}

RESPONSIBLE = {
    Responsible.WINDOW: "收件窗口",
    Responsible.AUTHORITY: "办理地",
    Responsible.APPLICANT: "申请人",
    Responsible.POST: "邮政",
}

OUTCOMES = {
    TaskOutcome.RESUME: "核实无误，继续办理",
    TaskOutcome.WAIT: "继续等待补交",
    TaskOutcome.ACCEPT_THEIRS: "以对方后来的结论为准",
    TaskOutcome.RELEASE_BATCH: "放行这个批次",
    TaskOutcome.REDELIVER: "再次投递",
    TaskOutcome.REDISPATCH: "改派",
    TaskOutcome.RESEND: "重新发送",
    TaskOutcome.ACKNOWLEDGE: "已处理",
    TaskOutcome.CLOSE_AS_FAILED: "终止",
    TaskOutcome.REWORKED: "已整改",
    TaskOutcome.EXPLAINED: "已回访说明",
    TaskOutcome.UNFOUNDED: "经核实不属实",
    TaskOutcome.CHECKED_TRUE: "核查属实",
    TaskOutcome.CHECKED_FALSE: "核查不实，撤销并记入信用",
    TaskOutcome.RESTORED: "已恢复原状",
    TaskOutcome.KEPT: "结果有效，其余另行办理",
    TaskOutcome.LOOKED: "已当面核对电子证照",
    TaskOutcome.CHECK_AGAIN: "再核验一次",
    TaskOutcome.RECOUNTED: "重新清点，材料齐全",
    TaskOutcome.BRING_LATER: "等申请人补来，收到后转递",
    TaskOutcome.GO_WITHOUT: "不带这一份，先转递办理",
    TaskOutcome.GIVE_UP: "申请人不办了，退还材料",
    TaskOutcome.SETTLED: "无需再处理",
}

PROPOSAL_ENDINGS = {
    ProposalEnding.CONFIRMED: "复核同意",
    ProposalEnding.RETURNED: "复核退回",
    ProposalEnding.RECALLED: "由本人收回",
    ProposalEnding.LAPSED: "逾期无人复核，失效",
    ProposalEnding.OVERTAKEN: "因情况已变作废",
}
"""What came of a proposal about a task."""

SETTLED_BY = {
    End.SETTLED: "事情已了结",
    End.CLOCK_STOPPED: "这个时限已停止或重新计算",
    End.CODE_RIGHT: "交接码已核对无误",
    End.DECIDED: "办理地已作出决定",
    End.CASE_CLOSED: "办件已办完",
    End.HANDED_OVER: "已经领取",
    End.BROUGHT: "材料已补交，或不再需要",
    End.FILE_CAME: "文件已取到",
    End.FETCHED: "申请人已领取",
    End.REPLAYED: "消息已重放",
    End.STREAM_GOES_ON: "批次或回执已补齐",
    End.PROMISE_GOOD: "承诺没有风险了，或已兑现",
    End.VOIDED: "这条扫描已更正作废",
    End.CORRECTED: "地址已更正",
    End.MOVED_ON: "邮件已继续运转",
    End.ARRIVED: "邮件已到达",
    End.AT_HOME: "邮件已妥投或已退回",
    End.FOUND: "邮件已找到",
    End.SECOND_PERSON: "另一名人员已核对",
    End.COUNTED: "重新清点，与清单相符",
    End.LEG_ENDED: "这段寄递已结束",
    End.REPLACED: "由同一件事的另一条待办接续",
}
"""By what a task has closed itself."""

DIRECTIONS = {"in": "收", "out": "发"}

COMMANDS = {
    CommandKind.SUBMIT: "转递",
    CommandKind.SUPPLEMENT: "补正",
    CommandKind.WITHDRAW: "撤回",
    CommandKind.NOTICE: "回告",
}

PARTNERS = {Partner.SICHUAN: "川渝", Partner.SOUTHWEST: "西南五省", Partner.INTERPROVINCIAL: "跨省"}

ROLES = {
    Role.CLERK: "窗口",
    Role.OFFICER: "审批",
    Role.SUPERVISOR: "督办",
    Role.AUDITOR: "审计",
    Role.OUTLET: "邮政网点",
    Role.COURIER: "投递员",
    Role.OPERATOR: "运维",
    Role.SECURITY: "安全管理",
}

FORMS = {
    MaterialForm.ORIGINAL: "原件",
    MaterialForm.COPY: "复印件",
    MaterialForm.ELECTRONIC: "电子件",
    MaterialForm.FORM: "表格",
}

SIGHTINGS = {
    SightingPlace.WINDOW: "窗口清点",
    SightingPlace.DOOR: "上门清点",
    SightingPlace.HALL: "大厅核对",
    SightingPlace.BAG: "寄递途中",
    SightingPlace.AUTHORITY: "办理地",
    SightingPlace.HAND_OVER: "当面交接",
}
"""Where a paper was seen."""

DECISIONS = {PaperDecision.BRING: "等申请人补来", PaperDecision.WITHOUT: "商定不带这一份"}
FATES = {PaperFate.RETURNED: "退回申请人", PaperFate.KEPT: "留存办理地卷宗"}

PROVIDED = {
    Provided.ORIGINAL: "原件",
    Provided.COPY: "复印件",
    Provided.ELECTRONIC: "电子件",
    Provided.LICENCE: "电子证照",
    Provided.DEFERRED: "容缺",
    Provided.COMMITTED: "告知承诺",
}

AUTHORISATIONS = {
    AuthorisationKind.LETTER: "授权委托书",
    AuthorisationKind.NOTARISED: "公证委托书",
    AuthorisationKind.GUARDIAN: "监护关系证明",
    AuthorisationKind.EMPLOYER: "单位介绍信",
}

RATINGS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
"""好差评, the best first."""

RATED_SIDES = {"window": "收件窗口", "authority": "办理地", "post": "邮政寄递"}
"""Who is rated."""

PAYERS = {payer: payer.label for payer in Payer}

RESULT_FORMS = {ResultForm.PAPER: "纸质", ResultForm.ELECTRONIC: "电子", ResultForm.BOTH: "纸质和电子"}


_TONES = {
    CaseStatus.SUPPLEMENT_REQUIRED: "soon",
    CaseStatus.SUSPENDED: "soon",
    CaseStatus.APPROVED: "done",
    CaseStatus.NOT_ACCEPTED: "late",
    CaseStatus.REJECTED: "late",
    CaseStatus.FAILED: "late",
}


def tone_of(status: str) -> str:
    """The tone of a state's chip (parts/chip.html): plain, soon, late or done."""
    return _TONES.get(CaseStatus(status), "plain") if status in set(CaseStatus) else "plain"
