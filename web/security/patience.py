"""A try to log in is counted before the password is looked at, and forgiven when it was right.

In a transaction of its own, of one statement for each bound: no hash is computed in it, and no writer waits for one.
"""

from datetime import timedelta
from typing import NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from runtime.container import tries_key
from storage.exchange.exchange_log import note_security_event
from storage.people.login_places import is_known, place_of, remember_place
from storage.people.login_tries import count_try, forgive, slots_of, waiting, was_right
from storage.people.passwords import PasswordHash
from storage.people.users import password_of
from web.foundation.context import Context
from web.security.callers import network_of


class Try(NamedTuple):
    """A try to log in. `stored`: the hash of the name; None: nobody has it. `begins`: if it is wrong, waits begin.

    `slots`: where it is counted.
    """

    username: str
    stored: PasswordHash | None
    slots: frozenset[int]
    begins: bool = False


def begin(ctx: Context, request: Request, username: str) -> Try | timedelta:
    """Count a try for a name from where the request comes, or say how long it has to wait."""
    key, network, now = tries_key(ctx.settings), network_of(request), ctx.now()
    with ctx.database.read() as session:
        stored = password_of(session, username)
        known = stored is not None and is_known(session, username, place_of(key, username, network), now)
        slots = slots_of(key, username, network, known=known)
        wait = waiting(session, slots, now)
    if wait is not None:
        return wait
    with ctx.database.write_plainly() as session:  # counting is nobody's act: the audit trail is not told
        counted = count_try(session, slots, now)
    return counted if isinstance(counted, timedelta) else Try(username, stored, slots, counted)


def give_up(ctx: Context, tried: Try) -> None:
    """Nobody could judge it: it was none."""
    with ctx.database.write_plainly() as session:
        forgive(session, tried.slots, ctx.now())


def succeed(ctx: Context, session: Session, tried: Try) -> None:
    """The password was right, in the transaction that opens the session."""
    was_right(session, tried.slots, ctx.now())


def fail(ctx: Context, tried: Try) -> None:
    """It was wrong; where waits begin with it, and somebody has the name, that is a security event.

    A name that nobody has is nobody's loss, and names can be made up without end.
    """
    if tried.begins and tried.stored is not None:
        with ctx.database.write_plainly() as session:
            note_security_event(session, "login", "GUESSING", ctx.now(), detail=tried.username)


def remember(ctx: Context, request: Request, session: Session, username: str) -> None:
    """He is in: guesses from elsewhere don't make him wait here for the next thirty days."""
    place = place_of(tries_key(ctx.settings), username, network_of(request))
    remember_place(session, username, place, ctx.now())
