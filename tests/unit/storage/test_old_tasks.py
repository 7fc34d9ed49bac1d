"""Tasks from before there were matters: each gets its own; of several open ones of a matter the gravest stays."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, column, insert, table

from domain.tasks import TaskKind
from storage.base import Database
from storage.migrating import _config, migrate
from storage.tasks.rows import TaskRow, lines_of, open_task
from tests.postgresql import fresh_database
from tests.sealing import SEALER
from tests.unit.storage.casework import CASE, NOW, later

K = TaskKind
LEG = f"{CASE}-DELIVERY-1"
_COLUMNS = ("id", "key", "kind", "owner", "case_no", "handling_no", "leg_id", "data", "opened_at", "delivered")
OLD = [
    ("risk", K.PROMISE_AT_RISK, f"{LEG}/PROMISE_AT_RISK/1", LEG),
    ("broken", K.PROMISE_BROKEN, f"{LEG}/PROMISE_BROKEN/1", LEG),
    ("broken again", K.PROMISE_BROKEN, f"{LEG}/PROMISE_BROKEN/2", LEG),
    ("failed", K.DELIVERY_FAILED, f"{LEG}/DELIVERY_FAILED/scan-1", LEG),
    ("failed again", K.DELIVERY_FAILED, f"{LEG}/DELIVERY_FAILED/2", LEG),
    ("warned", K.DEADLINE_WARNING, f"{CASE}/DEADLINE_WARNING/ACCEPTANCE-2026-11-30T15:59:59+00:00", None),
    ("missed", K.DEADLINE_MISSED, f"{CASE}/DEADLINE_MISSED/ACCEPTANCE-2026-11-30T15:59:59+00:00", None),
    ("posting", K.DEADLINE_WARNING, f"{CASE}/DEADLINE_WARNING/POSTING-2026-11-30T15:59:59+00:00", None),
    ("contradiction", K.CONTRADICTION, f"{CASE}/CONTRADICTION/m1", None),
    ("another", K.CONTRADICTION, f"{CASE}/CONTRADICTION/m2", None),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request, tmp_path) -> Iterator[Database]:
    """A database as it was, with tasks in it."""
    url = f"sqlite:///{tmp_path / 'kuayu.db'}"
    if request.param == "postgresql":
        url = fresh_database(request.getfixturevalue("postgresql"))
    opened = Database(url, SEALER)
    config = _config(opened.engine)
    revision = ScriptDirectory.from_config(config).get_revision("0011")
    command.upgrade(config, str(revision.down_revision))
    with opened.engine.begin() as connection:
        types = {name: TaskRow.__table__.columns[name].type for name in _COLUMNS} | {"data": JSON()}
        old = table("task", *(column(name, type_) for name, type_ in types.items()))
        for n, (id_, kind, key, leg_id) in enumerate(OLD):
            named = dict(
                zip(_COLUMNS, (id_, key, kind, "x", CASE, CASE, leg_id, {}, later(hours=n), True), strict=True)
            )
            connection.execute(insert(old).values(**named))
    yield opened
    opened.close()


def test_of_each_matter_one_stays_open_with_every_line(before):
    migrate(before.engine)
    with before.write() as session:
        rows = {row.id: row for row in session.query(TaskRow)}
        waiting = {id_ for id_, row in rows.items() if row.resolved_at is None}
        lines = lines_of(session, waiting)
        assert len(rows) == len(OLD)
        assert waiting == {"broken", "failed", "missed", "posting", "contradiction", "another"}
        assert [len(lines[id_]) for id_ in ("broken", "failed", "missed", "posting")] == [3, 2, 2, 1]
        assert {rows[id_].outcome for id_ in rows.keys() - waiting} == {"settled"}
        again = open_task(session, key=OLD[4][2], kind=K.DELIVERY_FAILED, leg_id=LEG, now=NOW)
        news = open_task(session, key=f"{LEG}/DELIVERY_FAILED/3", kind=K.DELIVERY_FAILED, leg_id=LEG, now=NOW)
    assert again == news == "failed"  # a key from before is known, and news of the matter joins it
