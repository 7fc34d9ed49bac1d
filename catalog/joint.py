"""Joint handling (多地联办): the roles of the authorities, and the order of what each of them does."""

from collections.abc import Iterable
from enum import StrEnum

from domain.model import Frozen


class JointRole(StrEnum):
    """What one authority is in a joint case. An item names those it asks for, the deciding authority first."""

    MOVE_IN = "迁入地"
    MOVE_OUT = "迁出地"
    TRANSFER_IN = "转入地"
    TRANSFER_OUT = "转出地"
    ISSUING = "核发地"
    HOUSEHOLD = "户籍地"
    ANY = "办理地"  # of an item that tells no roles apart: each place does the same, beside the others


class JointStep(Frozen):
    """One step of a joint item (联办步骤): a handling of its own at the authority with this role.

    `after`: names of the steps that must be approved before it begins. `gives`: what its authority gives to the next
    ones, "" for nothing. `compensation`: what is to be done, in order, where this step was approved and the case cannot
    be completed; sentences for the clerk.
    """

    name: str
    role: JointRole
    after: tuple[str, ...] = ()
    gives: str = ""
    compensation: tuple[str, ...] = ()


def plain_steps(roles: Iterable[JointRole]) -> tuple[JointStep, ...]:
    """The graph of a joint item without one of its own: one step for each role, all side by side."""
    return tuple(JointStep(name=role, role=role) for role in roles) or (JointStep(name="办理", role=JointRole.ANY),)


def in_a_circle(steps: Iterable[JointStep]) -> tuple[str, ...]:
    """Names of the steps that can never begin, because each waits for another of them; () for a sound graph."""
    waiting = {step.name: set(step.after) for step in steps}
    while ready := [name for name, after in waiting.items() if not after & waiting.keys()]:
        for name in ready:
            del waiting[name]
    return tuple(waiting)
