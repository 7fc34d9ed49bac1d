"""The answer to a login."""

from domain.terms import Role
from web.answers.base import Answer, Moment


class LoggedInAs(Answer):
    """`token` goes into `Authorization: Bearer …`."""

    token: str
    role: Role


class SessionState(Answer):
    """Until when the session holds, by the server's clock, which is told beside it."""

    username: str
    expires_at: Moment
    server_time: Moment
