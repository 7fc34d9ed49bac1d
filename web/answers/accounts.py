"""Accounts and their sessions."""

from domain.people import SessionStage
from domain.terms import Role
from web.answers.base import Answer, Moment


class AccountShown(Answer):
    """One account; times are null where nothing is known. `sessions`: how many are open.

    `must_change`: its password was given by somebody else, until `password_until`, and opens nothing but its change.
    `unit`: where it stands (`GET /units`); null: nowhere, and nothing is opened to it. `courier_id`: of a courier.
    """

    username: str
    role: Role
    unit: str | None
    courier_id: str | None
    active: bool
    must_change: bool
    password_until: Moment | None
    password_changed_at: Moment | None
    created_at: Moment | None
    last_login_at: Moment | None
    disabled_at: Moment | None
    disabled_by: str | None
    sessions: int


class AccountList(Answer):
    """A page of accounts by name. `next`: goes into `after` for the next one; null at the end."""

    accounts: list[AccountShown]
    next: str | None


class InitialPassword(Answer):
    """A password that is shown this once; its owner changes it when he logs in, until `valid_until`."""

    username: str
    initial_password: str
    valid_until: Moment


class LoginSession(Answer):
    """One session. `session_id`: names it to end it. `came_from`: an address, of IPv6 the network. `agent`: a browser.

    `amr`: how he proved himself, e.g. `pwd` or `pwd otp`. `current`: it is the session of who asks.
    """

    session_id: str
    stage: SessionStage
    opened_at: Moment
    seen_at: Moment
    expires_at: Moment
    came_from: str
    agent: str
    amr: str
    current: bool


class LoginSessionList(Answer):
    """The sessions of one user that are not over, the latest first."""

    sessions: list[LoginSession]


class SessionsEnded(Answer):
    """How many sessions were ended."""

    ended: int
