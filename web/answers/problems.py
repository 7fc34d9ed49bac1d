"""Every refusal and fault: RFC 9457, `application/problem+json`."""

from web.answers.base import Answer, Moment
from web.answers.same_matter import SameMatterShown


class FieldProblem(Answer):
    """What is wrong with one member of the request; `field`: its path with dots."""

    field: str
    detail: str


class Theirs(Answer):
    """What somebody else has done meanwhile: who, when, what, and why where a reason was given."""

    by: str
    at: Moment | None
    what: str
    why: str | None


class Problem(Answer):
    """`code` is stable and for programs; `detail` is a sentence in Chinese for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None  # the networks' callbacks have none: their contract says it by `code`
    errors: list[FieldProblem] = []
    cases: list[SameMatterShown] = []  # with SAME_MATTER: the others
    theirs: Theirs | None = None  # with TASK_DONE, TASK_CHANGED, SUPPLEMENT_DONE
    server_time: Moment | None = None  # with DEVICE_CLOCK: ours, by which to sign again
