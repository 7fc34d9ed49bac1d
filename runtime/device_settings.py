"""The setting of devices: whether only those may scan that were enrolled (decision 63)."""

from typing import Final, Literal

DevicesAllowed = Literal["", "any", "enrolled"]
"""The setting as it is written."""

_ENROLLED: Final = "enrolled"


def only_enrolled(text: DevicesAllowed, *, played: bool) -> bool:
    """Whether a device that nobody enrolled is refused. `played`: the sandbox, whose couriers have no keys."""
    return text == _ENROLLED if text else not played
