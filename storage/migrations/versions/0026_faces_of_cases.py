"""masked names and keyed hashes of applicants, who looks after a case and whom it waits for, in the indexes of lists

Revision: 0026
Revises: 0025
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN, _CLOSED = "closed_at IS NULL", "closed_at IS NOT NULL"
_NOT_DUE = "closed_at IS NULL AND due_at IS NULL"
_SHOWN = ["item_name"]
_TESTED = ["item_name", "status", "keeper", "awaits"]


def _lists(leading: list[str], last: list[str]) -> list[tuple[str, list[str], str]]:
    name = "".join(f"{column}_" for column in leading)
    last = [column for column in last if column not in leading]
    return [
        (f"ix_case_file_{name}urgent", [*leading, "due_at", "case_no", *last], _OPEN),
        (f"ix_case_file_{name}open", [*leading, "case_no", *last], _NOT_DUE),
        (f"ix_case_file_{name}closed", [*leading, "case_no", *last], _CLOSED),
    ]


_NEW = [*_lists([], _TESTED), *_lists(["status"], _TESTED), *_lists(["keeper"], _TESTED), _lists(["awaits"], _TESTED)[0]]
_OLD = [*_lists([], _SHOWN), *_lists(["status"], _SHOWN)]


def _make(indexes: list[tuple[str, list[str], str]]) -> None:
    for name, columns, where in indexes:
        only = sa.text(where)
        op.create_index(name, "case_file", columns, sqlite_where=only, postgresql_where=only)


def _drop(indexes: list[tuple[str, list[str], str]]) -> None:
    for name, _, _ in indexes:
        op.drop_index(name, table_name="case_file")


def upgrade() -> None:
    op.create_table(
        "case_face",
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_case_face")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_case_face_case_no_case_file")),
    )
    op.create_table(
        "case_mark",
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.PrimaryKeyConstraint("mark", "case_no", name=op.f("pk_case_mark")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_case_mark_case_no_case_file")),
        sqlite_with_rowid=False,
    )
    op.add_column("case_file", sa.Column("awaits", sa.String(16), nullable=True))
    op.add_column("case_file", sa.Column("keeper", sa.String(64), nullable=True))
    op.execute(
        "UPDATE case_file SET keeper = clerk, awaits = (SELECT d.responsible FROM deadline d"
        " WHERE d.case_no = case_file.case_no AND d.stopped_at IS NULL ORDER BY d.due_at, d.id LIMIT 1)"
    )
    _drop(_OLD)
    _make(_NEW)
    op.create_index("ix_handling_region_case", "handling", ["region", "case_no"])


def downgrade() -> None:
    op.drop_index("ix_handling_region_case", table_name="handling")
    _drop(_NEW)
    _make(_OLD)
    op.drop_column("case_file", "keeper")
    op.drop_column("case_file", "awaits")
    op.drop_table("case_mark")
    op.drop_table("case_face")
