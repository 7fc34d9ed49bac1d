"""What an account has besides its password (第二因素), as one."""

from typing import NamedTuple

from sqlalchemy import exists, literal, select
from sqlalchemy.orm import Session

from storage.people.one_time import TotpRow, forget
from storage.people.security_keys import SecurityKeyRow, forget_keys


class Factors(NamedTuple):
    """`app`: one-time codes of a confirmed app. `keys`: at least one security key."""

    app: bool
    keys: bool

    @property
    def any(self) -> bool:
        """Whether there is one at all; recovery codes alone are none."""
        return self.app or self.keys


def factors_of(session: Session, username: str) -> Factors:
    """What an account can be asked for; one statement."""
    app = exists().where(TotpRow.username == username, TotpRow.confirmed_at.is_not(None))
    keys = exists().where(SecurityKeyRow.username == username)
    found = session.execute(select(literal(1), app, keys)).one()
    return Factors(bool(found[1]), bool(found[2]))


def reset_factors(session: Session, username: str) -> None:
    """Take app, recovery codes and keys away: the next log-in asks for the password alone, or to enrol anew."""
    forget(session, username)
    forget_keys(session, username)
