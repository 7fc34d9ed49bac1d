"""What the applicant reads for every status, and for everything that cannot be done (提示语): one table.

Short, kind, and always with what can be done instead.
"""

from enum import StrEnum

from domain.errors import Conflict
from domain.terms import CaseStatus
from storage.cases.rows import CaseRow

STATUS = {
    CaseStatus.REGISTERED: "材料收齐核对后，我们会马上转给办理地。",
    CaseStatus.COLLECTED: "材料已收，正在转给办理地。",
    CaseStatus.WAITING: "前一步已办成，正在转给下一个办理地。",
    CaseStatus.SUBMITTED: "已转给办理地，等待对方收件。",
    CaseStatus.RECEIVED: "办理地已收件，等待受理。",
    CaseStatus.ACCEPTED: "办理地已受理，正在办理。",
    CaseStatus.SUPPLEMENT_REQUIRED: "还缺材料，请尽快联系窗口补齐。",
    CaseStatus.SUPPLEMENTED: "补正材料已转给办理地。",
    CaseStatus.REVIEWING: "办理地正在审查。",
    CaseStatus.SUSPENDED: "办理地正在进行特别程序，期间不计时限。",
    CaseStatus.APPROVED: "已办结。",
    CaseStatus.NOT_ACCEPTED: "办理地不予受理，理由见下。",
    CaseStatus.REJECTED: "办理地不予许可，理由见下。",
    CaseStatus.WITHDRAWN: "已按您的申请撤回。",
    CaseStatus.FAILED: "办理已终止，请联系窗口。",
    CaseStatus.NOT_BEGUN: "另一步没有办成，这一步没有开始。",
}
"""Where the matter stands, as the applicant reads it."""


class Refused(StrEnum):
    """Why something cannot be done with a case now; the value is the problem's code."""

    WITHDRAWAL_TOO_LATE = "WITHDRAWAL_TOO_LATE"
    WITHDRAWAL_PENDING = "WITHDRAWAL_PENDING"
    SUPPLEMENT_NOT_OPEN = "SUPPLEMENT_NOT_OPEN"
    SUPPLEMENT_DONE = "SUPPLEMENT_DONE"
    SUPPLEMENT_TWICE = "SUPPLEMENT_TWICE"
    RATING_EARLY = "RATING_EARLY"
    RATING_DONE = "RATING_DONE"
    DEFERRED_OPEN = "DEFERRED_OPEN"
    ALREADY_COLLECTED = "ALREADY_COLLECTED"
    NOT_COLLECTED = "NOT_COLLECTED"
    TRANSITION = "TRANSITION"
    ALREADY_DECIDED = "ALREADY_DECIDED"


REFUSED = {
    Refused.WITHDRAWAL_TOO_LATE: "已有办理结果，不能再撤回。",
    Refused.WITHDRAWAL_PENDING: "已经申请过撤回，正在等待对方答复。",
    Refused.SUPPLEMENT_NOT_OPEN: "现在没有等待这一轮补正的办理。",
    Refused.SUPPLEMENT_DONE: "这一轮补正已经提交，不用重复提交。",
    Refused.SUPPLEMENT_TWICE: "补正只能一次性告知，不能再次要求。",
    Refused.RATING_EARLY: "办结之后才能评价，谢谢您的耐心。",
    Refused.RATING_DONE: "这个办件已经评价过，感谢您的意见。",
    Refused.DEFERRED_OPEN: "容缺材料还没有补齐，补齐后即可领取结果。",
    Refused.ALREADY_COLLECTED: "材料已经收过，不用再次收件。",
    Refused.NOT_COLLECTED: "材料还没有收齐核对，收件后才能转递。",
    Refused.TRANSITION: "当前状态不能进行这一步。",
    Refused.ALREADY_DECIDED: "已有办理结果，不能再终止。",
}
"""The sentence for each refusal."""


def refusal(code: Refused) -> Conflict:
    """The error (409) with this code and its sentence."""
    return Conflict(REFUSED[code], code=code)


class Way(StrEnum):
    """Where the result of an approved case is on its way to the applicant; the value is the sentence."""

    TO_THE_DOOR = "结果正在送到您手中。"
    TO_THE_HALL = "结果正从办理地寄回大厅。"
    AT_THE_HALL = "结果在大厅，请带身份证件来领取。"
    ONLINE = "电子结果可以下载，见下。"
    BEING_FETCHED = "电子结果正在取回，取到后可在本页下载。"
    NOT_SENT_YET = "已办结，等待办理地寄出结果。"


def standing_sentence(
    case: CaseRow, *, owed: bool, reply_by: str | None = None, way: Way | None = None, wrong: str | None = None
) -> str:
    """What the applicant reads now. `owed`: a deferred material has not come. `reply_by`: last day of a supplement.

    `way`: where the result is; None: nothing travels. `wrong`: what is wrong with a parcel, in a sentence.
    """
    status = CaseStatus(case.status)
    if wrong is not None and status is CaseStatus.REGISTERED:
        return wrong  # what was fetched has not come: nothing goes on before
    if case.on_hold:
        return "有一处情况需要工作人员核实，核实后会继续办理。"
    if case.withdrawal_pending:
        return "已收到您的撤回申请，正在等待办理地答复。"
    if status is CaseStatus.SUPPLEMENT_REQUIRED and reply_by is not None:
        return f"还缺材料，请在{reply_by}前到窗口补齐。"
    if status is CaseStatus.APPROVED and owed and case.closed_at is not None:
        return "容缺材料逾期未补，结果未发放，请联系窗口。"
    if status is CaseStatus.APPROVED and owed:
        return "结果已出，请补齐容缺材料后领取。"
    if status is CaseStatus.APPROVED and case.closed_at is None and way is not None:
        return wrong or way
    return STATUS[status]
