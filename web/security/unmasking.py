"""How often one login is shown personal data in clear (查看明文): so often an hour, then the supervisor hears of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from storage.exchange.exchange_log import note_security_event
from storage.people.users import LoggedIn, UserRow
from storage.personal.unmaskings import looks_since
from storage.tasks.rows import open_task, task_of
from web.foundation.context import Context
from web.foundation.problems import TooBusy

WINDOW: Final = timedelta(hours=1)


class LookedTooOften(TooBusy):
    """This login has been shown enough for an hour (`UNMASK_LIMIT`)."""

    def __init__(self, per_hour: int) -> None:
        self.retry_after_s = int(WINDOW.total_seconds())
        super().__init__(f"一小时内最多查看 {per_hour} 次，已通知督办人员；请稍后再试", code="UNMASK_LIMIT")


@contextmanager
def looking(ctx: Context, person: LoggedIn) -> Iterator[Session]:
    """A writing transaction in which one look is counted before the caller shows anything.

    The login's row is held meanwhile, so that of two looks at once the second sees the first one.

    Raises:
        LookedTooOften: enough for an hour; a security event and a supervisor's task say so, once an hour.
    """
    try:
        with ctx.database.write() as session:
            _count(session, ctx, person)
            yield session
    except LookedTooOften:
        _tell(ctx, person)
        raise


def _count(session: Session, ctx: Context, person: LoggedIn) -> None:
    session.get(UserRow, person.username, with_for_update=True)
    per_hour = ctx.settings.personal.unmask_per_hour
    if looks_since(session, person.username, ctx.now() - WINDOW) >= per_hour:
        raise LookedTooOften(per_hour)


def _tell(ctx: Context, person: LoggedIn) -> None:
    now, name = ctx.now(), person.username
    with ctx.database.write_plainly() as session:
        key = f"{TaskKind.UNMASKED_OFTEN}/{name}/{now:%Y%m%d%H}"
        if task_of(session, key) is None:
            open_task(session, key=key, kind=TaskKind.UNMASKED_OFTEN, now=now, data={"by": name})
            note_security_event(session, "unmask", "UNMASK_LIMIT", now, detail=name)
