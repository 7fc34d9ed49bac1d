"""Papers of a case, each with a passport (材料通行证): where it is from, where it is counted, what becomes of it."""

from enum import StrEnum


class PaperOrigin(StrEnum):
    """Where a paper comes from (来源)."""

    APPLICANT = "applicant"  # brought at the window or given to a courier, at once or later
    RESULT = "result"  # made by the authority
    FOUND = "found"  # counted, and on no list


class SightingPlace(StrEnum):
    """Where a paper was scanned or counted (清点地点)."""

    WINDOW = "window"  # 窗口
    DOOR = "door"  # 申请人门口
    HALL = "hall"  # 大厅核对
    BAG = "bag"  # 投递员、网点、运输途中
    AUTHORITY = "authority"  # 办理地
    HAND_OVER = "hand_over"  # 当面交接


class PaperDecision(StrEnum):
    """What was agreed about a paper that is not there as said (商定)."""

    BRING = "bring"  # 补来
    WITHOUT = "without"  # 不带这一份，先办


class PaperFate(StrEnum):
    """What the authority does with a paper (留存或退回)."""

    RETURNED = "returned"
    KEPT = "kept"
