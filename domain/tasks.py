"""Tasks (待办): everything that waits for a person, who acts, and how it may be resolved (decisions.md 8)."""

import uuid
from enum import StrEnum

from domain.messages import TaskOutcome
from domain.terms import Role


class TaskKind(StrEnum):
    """What a person must decide; title, role and outcomes of each are in `RULES`."""

    CONTRADICTION = "CONTRADICTION"
    COMMAND_REFUSED = "COMMAND_REFUSED"
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    REFUSED_EVENT = "REFUSED_EVENT"
    UNDELIVERABLE_EVENT = "UNDELIVERABLE_EVENT"
    NOT_TAKEN = "NOT_TAKEN"
    SAID_AFTER_END = "SAID_AFTER_END"
    LEG_BROKEN = "LEG_BROKEN"
    CASE_BROKEN = "CASE_BROKEN"
    VOIDED_ROW = "VOIDED_ROW"
    OLD_BATCH = "OLD_BATCH"
    STREAM_STOPPED = "STREAM_STOPPED"
    FILE_MISSING = "FILE_MISSING"
    DEADLINE_WARNING = "DEADLINE_WARNING"
    DEADLINE_MISSED = "DEADLINE_MISSED"
    ESCALATED_DEPARTMENT = "ESCALATED_DEPARTMENT"
    ESCALATED_DISTRICT = "ESCALATED_DISTRICT"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"
    SECOND_SUPPLEMENT = "SECOND_SUPPLEMENT"
    PLACE_ADDRESS = "PLACE_ADDRESS"
    PROMISE_AT_RISK = "PROMISE_AT_RISK"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    DISCREPANCY = "DISCREPANCY"
    CODE_WRONG = "CODE_WRONG"
    PAPERS_SHORT = "PAPERS_SHORT"
    PAPERS_LAPSED = "PAPERS_LAPSED"
    PARCEL_DAMAGED = "PARCEL_DAMAGED"
    PARCEL_LOST = "PARCEL_LOST"
    LEG_OVERDUE = "LEG_OVERDUE"
    UNKNOWN_OP_CODE = "UNKNOWN_OP_CODE"
    RETURN_REQUIRED = "RETURN_REQUIRED"
    TAKE_OVER = "TAKE_OVER"
    PARCEL_FOUND = "PARCEL_FOUND"
    PAPERS_NOT_ARRIVED = "PAPERS_NOT_ARRIVED"
    PAPERS_CAME_BACK = "PAPERS_CAME_BACK"
    PAPERS_AWAY = "PAPERS_AWAY"
    COLLECT_AT_HALL = "COLLECT_AT_HALL"
    BAD_RATING = "BAD_RATING"
    REWORK_OVERDUE = "REWORK_OVERDUE"
    DEFERRED_MATERIAL = "DEFERRED_MATERIAL"
    DEFERRED_LAPSED = "DEFERRED_LAPSED"
    POST_CHECK = "POST_CHECK"
    STEP_STUCK = "STEP_STUCK"
    SCANS_SET_ASIDE = "SCANS_SET_ASIDE"
    SCAN_JUMPED = "SCAN_JUMPED"
    NUMBER_SHARED = "NUMBER_SHARED"
    RESULT_NOT_FETCHED = "RESULT_NOT_FETCHED"
    RESULT_WITHOUT_FILE = "RESULT_WITHOUT_FILE"
    COMPENSATION = "COMPENSATION"
    LETTER = "LETTER"
    LICENCE_UNCONFIRMED = "LICENCE_UNCONFIRMED"
    LICENCE_DENIED = "LICENCE_DENIED"
    REMINDED = "REMINDED"
    CLAIM_DUE = "CLAIM_DUE"
    CLAIM_OVERDUE = "CLAIM_OVERDUE"
    SAME_PERSON = "SAME_PERSON"
    UNMASKED_OFTEN = "UNMASKED_OFTEN"


_O = TaskOutcome
_SEEN = (_O.ACKNOWLEDGE,)
_SHORT = (_O.BRING_LATER, _O.GO_WITHOUT, _O.GIVE_UP)
_REWORK = (_O.REWORKED, _O.EXPLAINED, _O.UNFOUNDED, _O.ACKNOWLEDGE)

RULES: dict[TaskKind, tuple[str, Role, tuple[TaskOutcome, ...]]] = {
    TaskKind.CONTRADICTION: (
        "对方前后结论矛盾，请核实",
        Role.SUPERVISOR,
        (_O.RESUME, _O.ACCEPT_THEIRS, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.COMMAND_REFUSED: ("对方系统拒收，请处理", Role.CLERK, (_O.RESEND, _O.CLOSE_AS_FAILED)),
    TaskKind.UNKNOWN_EVENT: ("收到不认识的环节，请核实", Role.OPERATOR, _SEEN),
    TaskKind.REFUSED_EVENT: ("收到不合次序的环节，请核实", Role.OPERATOR, _SEEN),
    TaskKind.UNDELIVERABLE_EVENT: ("消息未能送达办件，请重放", Role.OPERATOR, _SEEN),
    TaskKind.NOT_TAKEN: ("办件已不能接受这一步，请告知申请人", Role.CLERK, _SEEN),
    TaskKind.SAID_AFTER_END: ("办件已终止，对方仍有来文，请核实", Role.SUPERVISOR, _SEEN),
    TaskKind.LEG_BROKEN: (
        "寄递跟踪中断，请决定继续跟踪还是结束",
        Role.OPERATOR,
        (_O.RESUME, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.CASE_BROKEN: (
        "办件流程被中断，请决定继续还是终止",
        Role.OPERATOR,
        (_O.RESUME, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.VOIDED_ROW: ("对方作废了一条记录，请核实", Role.SUPERVISOR, (_O.RESUME, _O.CLOSE_AS_FAILED)),
    TaskKind.OLD_BATCH: ("收到过期批次，请决定是否放行", Role.OPERATOR, (_O.RELEASE_BATCH, _O.ACKNOWLEDGE)),
    TaskKind.STREAM_STOPPED: ("批次缺号，数据流已暂停", Role.OPERATOR, _SEEN),
    TaskKind.FILE_MISSING: ("对方所称文件 24 小时未取到", Role.CLERK, _SEEN),
    TaskKind.DEADLINE_WARNING: ("时限将到，请跟进", Role.CLERK, _SEEN),
    TaskKind.DEADLINE_MISSED: ("已超时限，请督办", Role.SUPERVISOR, _SEEN),
    TaskKind.ESCALATED_DEPARTMENT: ("超时限仍未办，请责任部门负责人督办", Role.SUPERVISOR, _SEEN),
    TaskKind.ESCALATED_DISTRICT: ("超时限仍未办，请区政务服务管理办公室督办", Role.SUPERVISOR, _SEEN),
    TaskKind.DEEMED_ACCEPTED: ("逾期未告知补正，依法视为受理", Role.SUPERVISOR, _SEEN),
    TaskKind.SECOND_SUPPLEMENT: ("对方再次要求补正，请核实", Role.SUPERVISOR, _SEEN),
    TaskKind.PLACE_ADDRESS: ("地址无法定位，请在地图上确认", Role.OUTLET, (_O.ACKNOWLEDGE, _O.CLOSE_AS_FAILED)),
    TaskKind.PROMISE_AT_RISK: ("一小时承诺有风险，请关注", Role.SUPERVISOR, _SEEN),
    TaskKind.PROMISE_BROKEN: ("一小时承诺已超时，请督办", Role.SUPERVISOR, _SEEN),
    TaskKind.DELIVERY_FAILED: ("投递未成功，请安排", Role.OUTLET, (_O.REDELIVER, _O.CLOSE_AS_FAILED)),
    TaskKind.DISCREPANCY: ("材料与清单不符，请核对", Role.CLERK, (_O.RESUME, _O.CLOSE_AS_FAILED)),
    TaskKind.CODE_WRONG: ("交接码不对，请向申请人核实", Role.CLERK, _SEEN),
    TaskKind.PAPERS_SHORT: ("清点与清单不符，办件已暂停，请与申请人商定", Role.CLERK, (*_SHORT, _O.RECOUNTED)),
    TaskKind.PAPERS_LAPSED: ("缺的材料逾期没有补来，请与申请人商定", Role.CLERK, _SHORT),
    TaskKind.PARCEL_DAMAGED: ("邮件破损，请核对", Role.SUPERVISOR, (_O.RESUME, _O.CLOSE_AS_FAILED)),
    TaskKind.PARCEL_LOST: ("邮件疑似丢失，请查找", Role.SUPERVISOR, (_O.RESUME, _O.CLOSE_AS_FAILED)),
    TaskKind.LEG_OVERDUE: ("跨区邮件逾期未到，请查询", Role.SUPERVISOR, (_O.ACKNOWLEDGE, _O.CLOSE_AS_FAILED)),
    TaskKind.RETURN_REQUIRED: ("邮件要退回寄件方，请安排", Role.OUTLET, _SEEN),
    TaskKind.TAKE_OVER: ("邮件停在途中（投递员失联或不能继续），请派人接手", Role.OUTLET, _SEEN),
    TaskKind.PARCEL_FOUND: ("已按丢失了结的邮件找到了，请安排归还", Role.SUPERVISOR, _SEEN),
    TaskKind.PAPERS_NOT_ARRIVED: (
        "跨区邮件没有送达，请与办理地商定",
        Role.SUPERVISOR,
        (_O.ACKNOWLEDGE, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.PAPERS_CAME_BACK: (
        "材料没有送到办理地，已在大厅，请决定是否再寄",
        Role.SUPERVISOR,
        (_O.REDELIVER, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.PAPERS_AWAY: ("有原件没有随结果寄回，请与办理地商定", Role.SUPERVISOR, _SEEN),
    TaskKind.UNKNOWN_OP_CODE: ("邮政轨迹有未知代码", Role.OPERATOR, _SEEN),
    TaskKind.COLLECT_AT_HALL: ("材料在大厅待领取", Role.CLERK, _SEEN),
    TaskKind.BAD_RATING: ("差评待回访整改", Role.SUPERVISOR, _REWORK),
    TaskKind.REWORK_OVERDUE: ("差评整改逾期，请督办", Role.SUPERVISOR, _REWORK),
    TaskKind.DEFERRED_MATERIAL: ("容缺材料待补交", Role.CLERK, _SEEN),
    TaskKind.DEFERRED_LAPSED: ("容缺材料逾期未补，请决定", Role.SUPERVISOR, (_O.WAIT, _O.CLOSE_AS_FAILED)),
    TaskKind.POST_CHECK: ("告知承诺待事后核查", Role.SUPERVISOR, (_O.CHECKED_TRUE, _O.CHECKED_FALSE)),
    TaskKind.STEP_STUCK: ("有一步反复失败，请按提示处理", Role.OPERATOR, _SEEN),
    TaskKind.SCANS_SET_ASIDE: (
        "一台设备有扫描没有计入（前后矛盾或系统出错），已留存，请核对",
        Role.OUTLET,
        _SEEN,
    ),
    TaskKind.SCAN_JUMPED: ("一台设备的扫描位置跳得太快，不作证明，请核实是谁在哪里扫的", Role.SUPERVISOR, _SEEN),
    TaskKind.COMPENSATION: ("联办只办成了一部分，请逐项恢复", Role.CLERK, (_O.RESTORED, _O.KEPT)),
    TaskKind.LETTER: ("短信没有送达申请人，请打印信件告知", Role.CLERK, _SEEN),
    TaskKind.NUMBER_SHARED: ("对方所给邮件号已属另一件，请向对方核实", Role.CLERK, _SEEN),
    TaskKind.RESULT_WITHOUT_FILE: ("电子结果没有附文件，请向办理地索取", Role.CLERK, _SEEN),
    TaskKind.RESULT_NOT_FETCHED: ("电子结果三十天无人领取，请提醒申请人", Role.CLERK, _SEEN),
    TaskKind.LICENCE_UNCONFIRMED: (
        "电子证照未能联网核验，请自行核对",
        Role.CLERK,
        (_O.LOOKED, _O.CHECK_AGAIN, _O.CLOSE_AS_FAILED),
    ),
    TaskKind.REMINDED: ("督办催办，请今天办理并回复", Role.CLERK, _SEEN),
    TaskKind.SAME_PERSON: ("交接双方是同一账号，请另一人核对邮件", Role.CLERK, _SEEN),
    TaskKind.UNMASKED_OFTEN: ("查看个人信息过于频繁，请核实", Role.SUPERVISOR, _SEEN),
    TaskKind.LICENCE_DENIED: ("电子证照核验不通过，请与申请人核实", Role.CLERK, (_O.CHECK_AGAIN, _O.CLOSE_AS_FAILED)),
    TaskKind.CLAIM_DUE: ("邮件理赔时限将到，请跟进", Role.CLERK, _SEEN),
    TaskKind.CLAIM_OVERDUE: ("邮件理赔已超时限，请督办", Role.SUPERVISOR, _SEEN),
}
"""kind → (title, who acts, how it may be resolved)."""

OF_THE_HALL = frozenset(
    {
        TaskKind.BAD_RATING,
        TaskKind.REWORK_OVERDUE,
        TaskKind.DEFERRED_MATERIAL,
        TaskKind.POST_CHECK,
        TaskKind.CODE_WRONG,
        TaskKind.NOT_TAKEN,
        TaskKind.LETTER,
        TaskKind.STEP_STUCK,
        TaskKind.RESULT_NOT_FETCHED,
        TaskKind.RESULT_WITHOUT_FILE,
        TaskKind.REMINDED,
        TaskKind.CLAIM_DUE,
        TaskKind.CLAIM_OVERDUE,
        TaskKind.SAME_PERSON,
    }
)
"""Tasks that no workflow waits for: resolving one must not lift a case's hold."""


OF_A_CLAIM = frozenset({TaskKind.CLAIM_DUE, TaskKind.CLAIM_OVERDUE})
"""Tasks about the limit of a claim; their deadline is the claim's, not the parcel's."""


OF_PAPERS = frozenset({TaskKind.PAPERS_SHORT, TaskKind.PAPERS_LAPSED})
"""Tasks about papers that are not there as said; what is decided is written with the papers, and the case goes on."""


def task_id(key: str) -> str:
    """The task's id: the UUID (version 5) of its key, so that a workflow can name its task without asking."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, key))
