"""The answer to a login."""

from domain.terms import Role
from web.answers.base import Answer


class LoggedInAs(Answer):
    """`token` goes into `Authorization: Bearer …`."""

    token: str
    role: Role
