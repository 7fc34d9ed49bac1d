"""Joint handling: who is what, as data of the list."""

import pytest

from catalog.items import load
from catalog.joint import JointRole
from domain.terms import Mode


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("YZ-MPS-006", (JointRole.MOVE_IN, JointRole.MOVE_OUT)),
        ("YZ-HRSS-019", (JointRole.TRANSFER_IN, JointRole.TRANSFER_OUT)),
        ("YZ-EDU-009", (JointRole.TRANSFER_IN, JointRole.TRANSFER_OUT)),
        ("YZ-MPS-016", (JointRole.HOUSEHOLD, JointRole.ISSUING)),
        ("YZ-PBC-001", ()),
        ("YZ-MPS-001", ()),
    ],
)
def test_roles(code, expected):
    assert load().by_code[code].roles == expected


def test_only_joint_items_have_roles():
    with_roles = [item for item in load().items if item.roles]
    assert len(with_roles) == 32
    assert {item.mode for item in with_roles} == {Mode.JOINT}
