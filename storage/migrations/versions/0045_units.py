"""units: the tree of places, where everybody stands, who registered a case, which department decides

Revision: 0045
Revises: 0044

Who is there already stands where he works: logins that are named for an outlet or a courier there, windows in the
hall, the rest of the post in the post as a whole, everybody else in the district. Cases and drafts are the hall's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OUTLETS = {
    "shiyoulu": "石油路", "datongjie": "打铜街", "jiefangbei": "解放碑", "lianglukou": "两路口", "daping": "大坪",
    "hualongqiao": "化龙桥", "shangqingsi": "上清寺", "caiyuanba": "菜园坝", "qixinggang": "七星岗",
    "chaotianmen": "朝天门",
}  # fmt: skip
_NETWORKS = {"sichuan": "川渝通办网络", "southwest": "跨西南五省通办网络", "interprovincial": "跨省通办网络"}
_DEPARTMENTS = {
    "mps": "公安", "hrss": "人力资源社会保障", "nhsa": "医疗保障", "civil": "民政", "vet": "退役军人事务", "dpf": "残联",
    "edu": "教育", "moj": "司法行政", "health": "卫生健康", "samr": "市场监管", "tax": "税务", "fund": "住房公积金",
    "trans": "交通运输", "nres": "规划自然资源", "house": "住房城乡建设", "cult": "文化旅游", "sport": "体育",
    "urban": "城市管理", "emerg": "应急管理", "fire": "消防救援", "agri": "农业农村", "eco": "生态环境", "water": "水利",
    "forest": "林业", "comm": "商务", "drc": "发展改革", "sti": "科学技术", "fin": "财政", "arch": "档案",
    "ethnic": "民族宗教", "oca": "侨务", "tobac": "烟草专卖", "util": "公用事业", "pbc": "人民银行", "post": "邮政管理",
    "meteo": "气象", "custom": "海关", "eic": "经济信息", "union": "工会",
}  # fmt: skip
_FIRST = {"clerk": "hall", "outlet": "post", "courier": "post"}

_OPEN, _CLOSED = "closed_at IS NULL", "closed_at IS NOT NULL"
_NOT_DUE = "closed_at IS NULL AND due_at IS NULL"
_TESTED = ["item_name", "status", "keeper", "awaits"]
_HERE = "partner IS NULL"
_MAY_FOLLOW = (
    "(wire_state IN ('SUBMITTED', 'RECEIVED', 'AWAITING_SUPPLEMENT', 'SUPPLEMENTED', 'UNDER_REVIEW', 'SUSPENDED')"
    " OR (wire_state = 'DECIDED' AND (result_travels OR originals_travel)))"
)
_QUEUE = (
    ("ix_handling_undecided_due", ["legal_due_at", "handling_no"], f"{_HERE} AND decision IS NULL AND {_MAY_FOLLOW}"),
    (
        "ix_handling_to_dispatch_due",
        ["legal_due_at", "handling_no"],
        f"{_HERE} AND decision IS NOT NULL AND {_MAY_FOLLOW}",
    ),
    ("ix_handling_held", ["held_by", "wire_state", "proposal_id"], f"{_HERE} AND {_MAY_FOLLOW}"),
)
_IN_CITY = (
    ("ix_handling_in_city", ["department", "case_no"], _HERE),
    ("ix_handling_in_city_case", ["case_no", "department"], _HERE),
)


def _lists(last: list[str]) -> Iterator[tuple[str, list[str], str]]:
    for leading in ("", "status", "keeper", "awaits"):
        name, first = (f"{leading}_", [leading]) if leading else ("", [])
        rest = [column for column in last if column != leading]
        yield f"ix_case_file_{name}urgent", [*first, "due_at", "case_no", *rest], _OPEN
        if leading != "awaits":
            yield f"ix_case_file_{name}open", [*first, "case_no", *rest], _NOT_DUE
            yield f"ix_case_file_{name}closed", [*first, "case_no", *rest], _CLOSED


def _make(table: str, name: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def _units() -> Iterator[dict[str, Any]]:
    def unit(id_: str, kind: str, name: str, parent: str | None, ref: str = "") -> dict[str, Any]:
        return {"id": id_, "kind": kind, "name": name, "parent": parent, "ref": ref, "active": True, "version": 1}

    yield unit("district", "district", "渝中区政务服务", None)
    yield unit("hall", "hall", "区政务服务大厅", "district")
    yield unit("post", "post", "邮政渝中", "district")
    yield from (unit(id_, "outlet", name, "post", id_) for id_, name in _OUTLETS.items())
    yield from (unit(id_, "partner", name, "district", id_) for id_, name in _NETWORKS.items())
    yield from (unit(f"dept-{code}", "department", name, "district", name) for code, name in _DEPARTMENTS.items())


def _place(accounts: sa.TableClause) -> None:
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT courier_id, outlet_id FROM courier")).all()
    couriers = {str(row.courier_id): str(row.outlet_id) for row in rows}
    for username, role in bind.execute(sa.select(accounts.c.username, accounts.c.role)).all():
        courier = username if role == "courier" and username in couriers else None
        named = [each for each in _OUTLETS if username == each or username.startswith(f"{each}-")]
        at = couriers.get(courier) if courier is not None else max(named, key=len, default=None)
        unit = at if role in ("outlet", "courier") and at in _OUTLETS else _FIRST.get(role, "district")
        mine = sa.update(accounts).where(accounts.c.username == username)
        bind.execute(mine.values(unit_id=unit, courier_id=courier))


def upgrade() -> None:
    units = op.create_table(
        "unit",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("parent", sa.String(32), nullable=True),
        sa.Column("ref", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["unit.id"], name=op.f("fk_unit_parent_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_version"), "unit", ["version"])
    for row in _units():
        op.get_bind().execute(sa.insert(units).values(row))
    op.add_column("user_account", sa.Column("unit_id", sa.String(32), nullable=True))
    op.add_column("user_account", sa.Column("courier_id", sa.String(64), nullable=True))
    op.create_index(op.f("ix_user_account_unit_id"), "user_account", ["unit_id"])
    _place(sa.table("user_account", *(sa.column(name) for name in ("username", "role", "unit_id", "courier_id"))))
    op.add_column("case_file", sa.Column("unit_id", sa.String(32), nullable=False, server_default="hall"))
    op.add_column("case_draft", sa.Column("unit_id", sa.String(32), nullable=False, server_default="hall"))
    op.add_column("handling", sa.Column("department", sa.String(64), nullable=False, server_default=""))
    said = (
        "item ->> 'department'" if op.get_bind().dialect.name == "postgresql" else "json_extract(item, '$.department')"
    )
    op.execute(
        f"UPDATE handling SET department = COALESCE((SELECT {said} FROM case_file"  # noqa: S608 — no value from outside
        " WHERE case_file.case_no = handling.case_no), '')"
    )
    for name, columns, where in _lists(_TESTED):
        op.drop_index(name, table_name="case_file")
        _make("case_file", name, [*columns, "unit_id"], where)
    op.create_index("ix_case_file_unit", "case_file", ["unit_id", "case_no"])
    for name, columns, where in _QUEUE:
        op.drop_index(name, table_name="handling")
        _make("handling", name, [*columns, "department"], where)
    for name, columns, where in _IN_CITY:
        _make("handling", name, columns, where)


def downgrade() -> None:
    # Before there were security administrators, operators gave accounts: nobody becomes one by going back.
    accounts = sa.table("user_account", *(sa.column(name) for name in ("role", "active")))
    former = sa.update(accounts).where(accounts.c.role == "security")
    op.get_bind().execute(former.values(role="operator", active=sa.false()))
    for name, _columns, _where in _IN_CITY:
        op.drop_index(name, table_name="handling")
    for name, columns, where in _QUEUE:
        op.drop_index(name, table_name="handling")
        _make("handling", name, columns, where)
    op.drop_index("ix_case_file_unit", table_name="case_file")
    for name, columns, where in _lists(_TESTED):
        op.drop_index(name, table_name="case_file")
        _make("case_file", name, columns, where)
    op.drop_column("handling", "department")
    op.drop_column("case_draft", "unit_id")
    op.drop_column("case_file", "unit_id")
    op.drop_index(op.f("ix_user_account_unit_id"), table_name="user_account")
    op.drop_column("user_account", "courier_id")
    op.drop_column("user_account", "unit_id")
    op.drop_table("unit")
