"""A problem of a filled form (填写问题): where, and what to do, in one sentence."""

from domain.model import Frozen


class FieldProblem(Frozen):
    """`pointer`: JSON Pointer (RFC 6901) into the answers, `/values/moveOut`. `sentence`: Chinese, for the person at
    the field; it never repeats what was typed, so it may be logged."""

    pointer: str
    sentence: str


def pointer_of(*path: str | int) -> str:
    """The pointer of a path, with its members escaped; "" for the whole."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
