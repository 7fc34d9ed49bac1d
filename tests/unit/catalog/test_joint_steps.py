"""The order of joint handling as data: read, checked, exchanged."""

import pytest

from catalog.exchange import export_csv, export_xlsx, plan_import
from catalog.items import bundled_tables, load
from catalog.joint import JointRole, JointStep, in_a_circle, plain_steps
from catalog.parsing import parse
from domain.terms import Mode

MOVE = "YZ-MPS-009"


def order(code):
    return [(step.name, step.role.value, step.after) for step in load().by_code[code].order]


def with_rows(*rows, code=MOVE):
    """Faults of the bundled list with these rows in the place of the item's own."""
    tables = bundled_tables()
    others = [row for row in tables.joint_steps.rows if row[0] != code]
    own = [(code, *row) for row in rows]
    steps = tables.joint_steps.model_copy(update={"rows": (*others, *own)})
    _, errors = parse(tables.model_copy(update={"joint_steps": steps}))
    return [(error.column, error.message) for error in errors]


def test_a_household_moves_in_three_steps_and_two_places():
    assert order(MOVE) == [("准迁", "迁入地", ()), ("迁出", "迁出地", ("准迁",)), ("落户", "迁入地", ("迁出",))]
    assert order("YZ-MPS-016") == [("核验", "核发地", ()), ("落户", "户籍地", ("核验",))]
    permit, leave, _ = load().by_code[MOVE].order
    assert (permit.gives, leave.gives) == ("准予迁入证明", "户口迁移证")
    assert leave.compensation[0] == "请迁出地恢复申请人的户口登记"


def test_every_joint_item_has_its_graph_in_the_list_and_no_other_item():
    for item in load().items:
        assert bool(item.joint_steps) is (item.mode is Mode.JOINT) is bool(item.order)
        assert {step.role for step in item.joint_steps} == (
            set(item.roles or [JointRole.ANY]) if item.mode is Mode.JOINT else set()
        )


def test_what_others_wait_for_gives_something_and_can_be_undone():
    for item in load().items:
        waited_for = {name for step in item.joint_steps for name in step.after}
        for step in item.joint_steps:
            assert bool(step.gives) is (step.name in waited_for), (item.code, step.name)
            assert step.compensation or step.role is JointRole.ANY, (item.code, step.name)


def test_an_item_without_rows_goes_side_by_side():
    sides = plain_steps((JointRole.MOVE_IN, JointRole.MOVE_OUT))
    assert [(step.name, step.after) for step in sides] == [("迁入地", ()), ("迁出地", ())]
    item = load().by_code[MOVE].model_copy(update={"joint_steps": ()})
    assert item.order == sides
    assert [step.role for step in plain_steps(())] == [JointRole.ANY]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("准迁", "迁入地", "", "", "")], ("role", "迁出地没有要办的步骤")),
        (
            [("甲", "迁入地", "乙", "", ""), ("乙", "迁出地", "甲", "", "")],
            ("after", "甲、乙互相等待，永远不能开始"),
        ),
        (
            [("甲", "迁入地", "甲", "", ""), ("乙", "迁出地", "", "", "")],
            ("after", "甲互相等待，永远不能开始"),
        ),
        (
            [("甲", "迁入地", "丙", "", ""), ("乙", "迁出地", "", "", "")],
            ("after", "这个事项没有叫“丙”的步骤"),
        ),
        (
            [("甲", "迁入地", "", "", ""), ("甲", "迁出地", "", "", "")],
            ("step", "这个事项已有一步叫“甲”"),
        ),
        (
            [("甲", "迁入地", "", "", ""), ("乙", "核发地", "", "", "")],
            ("role", "这个事项的角色应为迁入地、迁出地，现在是“核发地”"),
        ),
        (
            [(str(n), "迁入地", "", "", "") for n in range(9)] + [("乙", "迁出地", "", "", "")],
            ("step", "一个事项最多9步"),
        ),
    ],
)
def test_a_graph_that_cannot_be_is_refused_by_row_and_column(rows, fault):
    assert fault in with_rows(*rows)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("YZ-MPS-001", ("item_code", "YZ-MPS-001不是多地联办事项，没有联办步骤")),
        ("YZ-NONE-1", ("item_code", "事项清单中没有这个编码：YZ-NONE-1")),
    ],
)
def test_steps_of_what_is_not_handled_jointly_are_refused(code, fault):
    assert with_rows(("办理", "办理地", "", "", ""), code=code) == [fault]


def test_a_circle_is_found_behind_sound_steps():
    steps = [
        JointStep(name="甲", role=JointRole.ANY),
        JointStep(name="乙", role=JointRole.ANY, after=("甲", "丙")),
        JointStep(name="丙", role=JointRole.ANY, after=("乙",)),
    ]
    assert in_a_circle(steps) == ("乙", "丙")
    assert in_a_circle(steps[:1]) == ()


def test_the_district_changes_the_order_by_its_list():
    base = load()
    lines = export_csv(base)["joint_steps.csv"].decode().splitlines()
    changed = [line.replace("准迁,迁入地,,准予迁入证明", "准迁,迁入地,,准迁证") for line in lines]
    plan = plan_import(base, "joint_steps.csv", "\n".join(changed).encode())
    assert {(change.code, change.field) for change in plan.diff.changed} >= {(MOVE, "joint_steps")}
    assert plan.catalogue.by_code[MOVE].order[0].gives == "准迁证"
    assert plan.catalogue.version != base.version


def test_the_workbook_carries_the_order():
    assert plan_import(load(), "list.xlsx", export_xlsx(load())).diff.empty


def test_an_item_that_is_not_joint_any_more_loses_its_order():
    base = load()
    items = export_csv(base)["items.csv"].decode().splitlines()
    online = [line.replace("多地联办", "全程网办") if line.startswith(MOVE) else line for line in items]
    plan = plan_import(base, "items.csv", "\n".join(online).encode())
    assert plan.catalogue.by_code[MOVE].joint_steps == ()
