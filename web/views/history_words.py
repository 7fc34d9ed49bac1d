"""What people read for the kinds of a history's lines (办件经过)."""

from domain.tasks import RULES, TaskKind
from domain.terms import CaseStatus
from web.views.wording import EVENTS

_HISTORY = {
    **{status.value: status.label for status in CaseStatus},
    **{event.value: f"办理地：{label}" for event, label in EVENTS.items()},
    "LEG_DELIVERED": "寄递送达",
    "LEG_CANCELLED": "寄递取消",
    "LEG_RETURNED": "寄递退回",
    "LEG_LOST": "寄递丢失",
    "LEG_ABANDONED": "寄递终止",
    "REGISTERED": "登记",
    "COLLECTED": "收件，开始计算寄出时限",
    "SUBMITTED": "转递给办理地",
    "SUPPLEMENTED": "补正材料已转递",
    "SUPPLEMENT_BROUGHT": "申请人已补正",
    "WITHDRAWAL_ASKED": "申请人要求撤回",
    "WITHDRAWN": "已撤回",
    "FAILED": "人工终止",
    "PAPERS_SENT": "材料已寄出",
    "PAPERS_ARRIVED": "材料已到办理地",
    "SENT_AGAIN": "材料再次寄往办理地",
    "AWAITING_COLLECTION": "等待到大厅领取",
    "COLLECTION_REMINDER": "已提醒到大厅领取",
    "HANDED_OVER": "已在大厅领取",
    "CALENDAR_CHANGED": "工作日历更新，时限已重算",
    "TASK_RESOLVED": "待办已处理",
    "ASSIGNED": "已转交同事",
    "PASSING_ON": "开始转递",
    "CLOCK_STARTED": "新的时限开始计算",
    "LEG_BOOKED": "寄递已下单",
    "REDISPATCHED": "已改派投递员",
    "PAPERS_NEVER_CAME": "材料一直没有送到，已终止",
    "CLOSED_AS_FAILED": "人工终止",
    "ATTEMPT_FAILED": "上门未成功，再次安排",
    "COMMITTED": "以告知承诺代替证明",
    "DEFERRED_CLOSED": "容缺材料已补交",
    "DEFERRED": "容缺受理，开始计算补交期限",
    "GAP_CLOSED": "容缺材料已补齐，可以发放结果",
    "LIMIT_EXTENDED": "办理地：延长办理期限",
    "DEFERRED_GIVEN_UP": "容缺材料逾期未补，不再等待",
    "DEFERRED_VOID": "未准予，容缺材料不再需要",
    "PAPERS_DIFFER": "材料清点不符，办件暂停",
    "PAPERS_AWAITED": "等申请人补来缺的材料",
    "PAPERS_AGREED": "材料清点不符已了结",
    "PAPER_COUNTED": "窗口已清点补来的材料",
    "COLLECTED_BY": "领取人已签收",
    "AGENT_AUTHORISED": "代办授权已登记",
    "MATERIAL_VERIFIED": "窗口已核对原件",
    "LICENCE_CHECKED": "电子证照已核验",
    "LICENCES_HOLD": "电子证照核对完毕",
    "LICENCE_LOOKED": "窗口已当面核对电子证照",
    "FEE_PAID": "已登记缴费",
    "RATED": "申请人已评价",
    "RESULT_AVAILABLE": "电子结果可以领取",
    "RESULT_FETCHED": "申请人已领取电子结果",
    "CODE_RENEWED": "已更换领取码",
    "WAITING": "联办：等待前一步办成",
    "TURN_CAME": "联办：前一步已办成，开始这一步",
    "NOT_BEGUN": "联办：另一步没有办成，这一步未启动",
    "COMPENSATED": "联办：已办成的步骤已处理完毕",
    "REMINDED": "督办已催办",
    "TASK_REASSIGNED": "督办已转派待办",
    "COURIER_SENT": "督办已加派投递员",
    "MESSAGES_WANTED": "申请人改为接收短信提醒",
    "MESSAGES_UNWANTED": "申请人改为不接收短信提醒",
    "CLOSED": "全部办完",
    "REOPENED": "办完后又有新情况，重新打开",
}


def history_label(kind: str) -> str:
    """What people read for the kind of a history's line; a task's kind gives its title, an unknown one itself."""
    if kind in TaskKind.__members__:
        return f"待办：{RULES[TaskKind(kind)][0]}"
    return _HISTORY.get(kind, kind)
