"""Every refusal and fault: RFC 9457, `application/problem+json`."""

from web.answers.base import Answer
from web.answers.same_matter import SameMatterShown


class FieldProblem(Answer):
    """What is wrong with one member of the request; `field`: its path with dots."""

    field: str
    detail: str


class Problem(Answer):
    """`code` is stable and for programs; `detail` is a sentence in Chinese for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None  # the networks' callbacks have none: their contract says it by `code`
    errors: list[FieldProblem] = []
    cases: list[SameMatterShown] = []  # with SAME_MATTER: the others
