"""The list of the steps of joint items, read and checked: no circle, no unknown role or step (联办步骤)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from catalog.joint import JointRole, JointStep, in_a_circle
from catalog.model import ServiceItem
from catalog.rows import Row, RowError, read_rows
from catalog.tables import COLUMNS, Table
from domain.terms import Mode

_MAX_STEPS = 9


def joint_steps(
    table: Table,
    items: Mapping[str, ServiceItem],
    roles: Mapping[str, tuple[JointRole, ...]],
    errors: list[RowError],
) -> dict[str, tuple[JointStep, ...]]:
    """联办步骤: item code → its steps in the order of the rows. `roles`: of each item, as its own list has them.

    Faults go into `errors`.
    """
    found: dict[str, list[tuple[Row, JointStep]]] = defaultdict(list)
    for row in read_rows(table, COLUMNS["joint_steps"], errors):
        code = row.text("item_code", limit=40)
        step = JointStep(
            name=row.text("step", limit=20),
            role=row.choice("role", JointRole),
            after=row.words("after"),
            gives=row.text("gives", limit=40, empty=True),
            compensation=row.words("compensation"),
        )
        item = items.get(code)
        if code and item is None:
            row.fault("item_code", f"事项清单中没有这个编码：{code}")
        elif item is not None and item.mode is not Mode.JOINT:
            row.fault("item_code", f"{code}不是多地联办事项，没有联办步骤")
        elif row.sound:
            _check_alone(row, step, roles.get(code, ()), [known for _, known in found[code]])
            found[code].append((row, step))
    for code, rows in found.items():
        _check_together(rows, roles.get(code, ()))
    return {code: tuple(step for _, step in rows) for code, rows in found.items()}


def _check_alone(row: Row, step: JointStep, roles: Sequence[JointRole], before: Sequence[JointStep]) -> None:
    asked = roles or (JointRole.ANY,)
    if step.role not in asked:
        row.fault("role", f"这个事项的角色应为{'、'.join(asked)}，现在是“{step.role}”")
    if step.name in {known.name for known in before}:
        row.fault("step", f"这个事项已有一步叫“{step.name}”")
    if len(before) >= _MAX_STEPS:
        row.fault("step", f"一个事项最多{_MAX_STEPS}步")


def _check_together(rows: Sequence[tuple[Row, JointStep]], roles: Sequence[JointRole]) -> None:
    steps = [step for _, step in rows]
    names, circle = {step.name for step in steps}, in_a_circle(steps)
    for row, step in rows:
        if unknown := [name for name in step.after if name not in names]:
            row.fault("after", f"这个事项没有叫“{'、'.join(unknown)}”的步骤")
    last, _ = rows[-1]
    if circle:
        last.fault("after", f"{'、'.join(circle)}互相等待，永远不能开始")
    if idle := [role for role in roles if role not in {step.role for step in steps}]:
        last.fault("role", f"{'、'.join(idle)}没有要办的步骤")
