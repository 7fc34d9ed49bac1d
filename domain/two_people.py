"""Which outcomes of tasks two people agree on (两人决定), each with its reason; decision 60.

What changes something final or gives something up: the first person proposes, a second one confirms.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind

PROPOSAL_HOLDS: Final = timedelta(hours=72)
"""So long a proposal waits for a second person; then the task is as open as before."""

_K, _O = TaskKind, TaskOutcome
_ENDS_THE_CASE = "办件就此终止，申请人要重新办"
_ENDS_THE_LEG = "这段寄递就此结束，邮件不再送取"

_GIVING_UP: Mapping[TaskKind, str] = {
    _K.CONTRADICTION: _ENDS_THE_CASE,
    _K.COMMAND_REFUSED: _ENDS_THE_CASE,
    _K.LEG_BROKEN: _ENDS_THE_LEG,
    _K.CASE_BROKEN: _ENDS_THE_CASE,
    _K.VOIDED_ROW: _ENDS_THE_CASE,
    _K.PLACE_ADDRESS: _ENDS_THE_LEG,
    _K.DELIVERY_FAILED: _ENDS_THE_LEG,
    _K.DISCREPANCY: _ENDS_THE_CASE,
    _K.PARCEL_DAMAGED: _ENDS_THE_CASE,
    _K.PARCEL_LOST: _ENDS_THE_LEG,
    _K.LEG_OVERDUE: _ENDS_THE_LEG,
    _K.PAPERS_NOT_ARRIVED: _ENDS_THE_CASE,
    _K.PAPERS_CAME_BACK: _ENDS_THE_CASE,
    _K.DEFERRED_LAPSED: "容缺的材料不再补，办件终止或结果不予发放",
    _K.LICENCE_UNCONFIRMED: _ENDS_THE_CASE,
    _K.LICENCE_DENIED: _ENDS_THE_CASE,
}
"""Kind → what ends with `close_as_failed`."""

TWO_PEOPLE: Final[Mapping[tuple[TaskKind, TaskOutcome], str]] = {
    **{(kind, _O.CLOSE_AS_FAILED): why for kind, why in _GIVING_UP.items()},
    (_K.CONTRADICTION, _O.ACCEPT_THEIRS): "已作出的结论换成另一个",
    (_K.OLD_BATCH, _O.RELEASE_BATCH): "过期批次里的内容全部生效，可能改变已有的结论",
    (_K.PAPERS_SHORT, _O.GO_WITHOUT): "少一份材料也转递，办理地据此决定",
    (_K.PAPERS_LAPSED, _O.GO_WITHOUT): "少一份材料也转递，办理地据此决定",
    (_K.POST_CHECK, _O.CHECKED_FALSE): "凭承诺办成的结果被撤销，记入信用",
    (_K.COMPENSATION, _O.RESTORED): "已经办成的结果被撤销",
    (_K.BAD_RATING, _O.UNFOUNDED): "申请人的差评不再整改",
    (_K.REWORK_OVERDUE, _O.UNFOUNDED): "申请人的差评不再整改",
}
"""(kind, outcome) → why one person is not enough, as whoever decides reads it.

Not among them: `give_up`, the applicant's own word, which one clerk takes down as he does a withdrawal.
"""


class ProposalEnding(StrEnum):
    """What came of a proposal about a task."""

    CONFIRMED = "confirmed"  # by a second person: the task is resolved
    RETURNED = "returned"  # sent back by a second person
    RECALLED = "recalled"  # by its own proposer
    LAPSED = "lapsed"  # nobody has confirmed it in time
    OVERTAKEN = "overtaken"  # the task was over before, or cannot end like this any more


def outcomes_of_two(kind: TaskKind) -> tuple[TaskOutcome, ...]:
    """The outcomes of a kind of task on which two people agree, in the order in which they are offered."""
    return tuple(outcome for outcome in RULES[kind][2] if (kind, outcome) in TWO_PEOPLE)
