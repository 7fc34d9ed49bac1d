"""What one action did to many cases."""

from web.answers.base import Answer


class BulkLine(Answer):
    """One case. `ok` False: nothing was changed, `code` and `detail` say why. `before`: who had it, if assigned."""

    case_no: str
    ok: bool
    code: str | None
    detail: str | None
    before: str | None


class BulkDone(Answer):
    """A line for each case, in the order in which they were named."""

    done: int
    failed: int
    lines: list[BulkLine]
