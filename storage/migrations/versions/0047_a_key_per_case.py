"""a key per case and per file; results are sealed, batches that are done are emptied

What was sealed before stays readable; `kuayu keys reseal` gives cases their keys and takes everything over.

Revision: 0047
Revises: 0046
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.errors import Misconfigured
from storage.base import UtcDateTime
from storage.sealed_types import sealer_of
from storage.sealing import Sealer

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_AT_ONCE = 1000
_PLACE = "handling.result"
_WRAPPED = ("case_document", "document_upload")


def _exchange(
    old: sa.types.TypeEngine[Any], new: sa.types.TypeEngine[Any], change: Callable[[Sealer, Any], Any]
) -> None:
    """Give `handling.result` another type, each value changed; plain statements, so that triggers of the table stay."""
    bind = op.get_bind()
    op.execute(f"ALTER TABLE handling ADD COLUMN result_new {new.compile(bind.dialect)}")
    rows = sa.table("handling", sa.column("handling_no"), sa.column("result", old), sa.column("result_new", new))
    fresh = sa.bindparam("fresh", type_=new)
    put = sa.update(rows).where(rows.c.handling_no == sa.bindparam("of")).values(result_new=fresh)
    page = sa.select(rows.c.handling_no, rows.c.result).where(rows.c.result.is_not(None))
    page = page.order_by(rows.c.handling_no).limit(_AT_ONCE)
    found = bind.execute(page).all()
    while found:
        sealer = sealer_of(bind.dialect)
        said = [row for row in found if row.result is not None]  # JSON has a null of its own
        if said:
            bind.execute(put, [{"of": row.handling_no, "fresh": change(sealer, row.result)} for row in said])
        found = bind.execute(page.where(rows.c.handling_no > found[-1].handling_no)).all()
    op.execute("ALTER TABLE handling DROP COLUMN result")
    op.execute("ALTER TABLE handling RENAME COLUMN result_new TO result")


def _sealed(sealer: Sealer, value: Any) -> bytes:
    return sealer.seal(json.dumps(value, ensure_ascii=False).encode(), _PLACE)


def _opened(sealer: Sealer, value: bytes) -> Any:
    return json.loads(sealer.open(value, _PLACE))


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete = ON")  # what was in clear is overwritten, not only let go
    _exchange(sa.JSON(), sa.LargeBinary(), _sealed)
    op.create_table(
        "case_key",
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("part", sa.String(8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("left_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_no", "part", name=op.f("pk_case_key")),
        sqlite_with_rowid=False,
    )
    for table in _WRAPPED:
        op.add_column(table, sa.Column("key", sa.LargeBinary(), nullable=True))
    batches = sa.table("southwest_batch_out", sa.column("state"), sa.column("rows_gz", sa.LargeBinary()))
    done = sa.update(batches).where(batches.c.state.in_(("CONFIRMED", "VOID")))
    op.execute(done.values(rows_gz=b""))


def downgrade() -> None:
    keys = sa.table("case_key", sa.column("case_no"))
    if op.get_bind().execute(sa.select(keys.c.case_no).limit(1)).first() is not None:
        raise Misconfigured("有办件已用自己的密钥加密，早先的版本读不出来；请改为恢复升级前的备份")
    for table in _WRAPPED:
        op.drop_column(table, "key")
    op.drop_table("case_key")
    _exchange(sa.LargeBinary(), sa.JSON(), _opened)
