"""What becomes of doors once their consent is withdrawn (撤回同意后的上门): said before, and again afterwards."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from domain.terms import Leg


class DoorStanding(StrEnum):
    """How a visit stands when nobody may come any more."""

    CALLED_OFF = "CALLED_OFF"  # nobody has the papers: nobody comes
    CARRIED = "CARRIED"  # somebody has them: he brings them to where they go
    TO_COME = "TO_COME"  # nothing was ordered yet: nothing will be


NOTHING_TO_COME: Final = "以后不再安排上门。"


def follows(doors: Iterable[tuple[Leg, DoorStanding, str | None]]) -> str:
    """What follows for each door leg, as sentences. The text of each: the last day to come to the hall, if known."""
    said = [_follows(leg, standing, day) for leg, standing, day in doors]
    return "".join(said) or NOTHING_TO_COME


def _follows(leg: Leg, standing: DoorStanding, day: str | None) -> str:
    when = f"最迟{day}" if day else "尽快"
    if leg is Leg.PICKUP:
        if standing is DoorStanding.CARRIED:
            return "材料已在投递员手中，会照常送到大厅。"
        return f"不再上门取件，请您{when}把材料送到大厅窗口，收到后接着办理。"
    match standing:
        case DoorStanding.CARRIED:
            return "结果已在投递员手中，这一次仍会送到，以后不再上门；急事请拨打大厅电话。"
        case DoorStanding.CALLED_OFF:
            return f"不再上门送达，结果留在大厅，请您{when}带身份证件来领取。"
    return "不再上门送达，结果办好后留在大厅，请您带身份证件来领取。"
