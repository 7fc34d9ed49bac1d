"""What the applicant reads for every status, and for everything that cannot be done (提示语): one table.

Short, kind, and always with what can be done instead.
"""

from enum import StrEnum

from domain.errors import Conflict
from domain.terms import CaseStatus
from storage.cases.rows import CaseRow

STATUS = {
    CaseStatus.REGISTERED: "大厅已登记您的申请，等材料收齐核对。",
    CaseStatus.COLLECTED: "大厅已收齐材料，正在转给办理地。",
    CaseStatus.WAITING: "前一步已办成，大厅正在转给下一个办理地。",
    CaseStatus.SUBMITTED: "大厅已把申请转给办理地，等办理地收到。",
    CaseStatus.RECEIVED: "办理地已收到申请，正在看能不能受理。",
    CaseStatus.ACCEPTED: "办理地已受理，正在办理。",
    CaseStatus.SUPPLEMENT_REQUIRED: "还缺材料，请您尽快到大厅窗口补齐。",
    CaseStatus.SUPPLEMENTED: "大厅已把您补的材料转给办理地。",
    CaseStatus.REVIEWING: "办理地正在审查您的申请。",
    CaseStatus.SUSPENDED: "办理地正在进行听证、检验等程序，所需时间不计入办理时限。",
    CaseStatus.APPROVED: "办理地已经办好。",
    CaseStatus.NOT_ACCEPTED: "办理地决定不予受理，理由见下。",
    CaseStatus.REJECTED: "办理地决定不予许可，理由见下。",
    CaseStatus.WITHDRAWN: "已按您的申请撤回，您的材料会退还给您。",
    CaseStatus.FAILED: "这件事已终止办理，原因和去处请询大厅。",
    CaseStatus.NOT_BEGUN: "另一步没有办成，大厅没有开始这一步。",
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

    TO_THE_DOOR = "已经办好，邮政正在把结果送到您手中。"
    TO_THE_HALL = "已经办好，邮政正把结果从办理地寄回大厅。"
    AT_THE_HALL = "已经办好，结果在大厅，请您带身份证件来领取。"
    ONLINE = "已经办好，您可以在本页下载电子结果。"
    BEING_FETCHED = "已经办好，大厅正在取回电子结果，取到后可在本页下载。"
    NOT_SENT_YET = "已经办好，等办理地寄出结果。"


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
        return "有一处情况大厅要先核实，核实后接着办理。"
    if case.withdrawal_pending:
        return "大厅已收到您的撤回申请，正等办理地答复。"
    if status is CaseStatus.SUPPLEMENT_REQUIRED and reply_by is not None:
        return f"还缺材料，请您在{reply_by}（含）前到大厅窗口补齐。"
    if status is CaseStatus.APPROVED and owed and case.closed_at is not None:
        return "所缺材料逾期未补，结果不能发放，请您联系大厅。"
    if status is CaseStatus.APPROVED and owed:
        return "办理地已有结果，请您补齐所缺材料后领取。"
    if status is CaseStatus.APPROVED and case.closed_at is None and way is not None:
        return wrong or way
    return STATUS[status]
