"""Who works with this system, and how far a login has come: words that storage, pages and commands share."""

from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from domain.terms import Role

SESSION_LENGTH: Final = timedelta(hours=10)
"""From the moment at which a session opens, whatever is done in it."""


USERNAME: Final = r"^[a-z0-9][a-z0-9._-]{1,31}$"
"""Of new accounts: it stands in addresses and lists, and nobody has to guess at capitals."""


class SessionStage(StrEnum):
    """What a session may do: nothing but the next step of its login, or everything that its role may."""

    SECOND_FACTOR = "SECOND_FACTOR"  # the password was right, the second proof is awaited
    PASSWORD_CHANGE = "PASSWORD_CHANGE"  # noqa: S105 — somebody else gave this password: a new one comes first
    OPEN = "OPEN"


class Idle(NamedTuple):
    """How long nobody need be seen: at a desk, and on the way, where a device may have no network for hours."""

    desk: timedelta = timedelta(minutes=30)
    field: timedelta = SESSION_LENGTH

    def of(self, role: str) -> timedelta:
        """For who has this role."""
        return self.field if role in (Role.OUTLET, Role.COURIER) else self.desk
