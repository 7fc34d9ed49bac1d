"""The answer to a login."""

from domain.people import SessionStage
from domain.terms import Role
from web.answers.base import Answer, Moment


class LoggedInAs(Answer):
    """`token` goes into `Authorization: Bearer …`. `stage`: OPEN, or the step of the login that comes first."""

    token: str
    role: Role
    stage: SessionStage


class SessionState(Answer):
    """Until when the session holds, by the server's clock, which is told beside it.

    `expires_at`: unless somebody is seen before; `latest_at`: in any case.
    """

    username: str
    expires_at: Moment
    latest_at: Moment
    server_time: Moment
