"""How a handling speaks to its authority: one key per thing said, until it is taken."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import CommandOrder, CommandOutcome, HandlingPlan
    from domain.naming import command_key
    from domain.terms import CommandKind, Notice
    from workflows.desk import Desk


class Speaker:
    """Says commands and callbacks for one handling.

    `refused(key, times)` is asked when the authority refuses for good; True means send it again.
    """

    def __init__(self, desk: Desk, plan: HandlingPlan, refused: Callable[[str, int], Awaitable[bool]]) -> None:
        self._desk = desk
        self._plan = plan
        self._refused = refused
        self._orders: dict[str, CommandOrder] = {}
        self._refusals: dict[str, int] = {}

    async def say(self, kind: CommandKind, *, round_: int = 1) -> bool:
        """A command. True when it was taken."""
        key = command_key(self._plan.handling_no, kind, round_)
        return await self._send(self._order(key, kind, round_=round_))

    async def notify(self, notice: Notice, leg_id: str, epoch: int) -> bool:
        """A callback that is the authority's due (回告)."""
        step = f"{notice.lower().replace('_', '-')}-{leg_id.removeprefix(self._plan.handling_no).strip('-').lower()}"
        key = command_key(self._plan.handling_no, step.strip("-"), epoch)
        return await self._send(self._order(key, CommandKind.NOTICE, notice=notice, leg_id=leg_id))

    async def was_refused(self, key: str) -> bool:
        """A receipt that came later says that the authority refuses what was taken for said."""
        order = self._orders.get(key)
        return await self._ask(key) and order is not None and await self._send(order)

    async def _send(self, order: CommandOrder) -> bool:
        self._orders[order.key] = order
        while True:
            result = await self._desk.say(order)
            if result.outcome is not CommandOutcome.REFUSED:
                return result.outcome is CommandOutcome.TAKEN
            if not await self._ask(order.key):
                return False

    async def _ask(self, key: str) -> bool:
        self._refusals[key] = self._refusals.get(key, 0) + 1
        return await self._refused(key, self._refusals[key])

    def _order(
        self,
        key: str,
        kind: CommandKind,
        *,
        round_: int = 1,
        notice: Notice | None = None,
        leg_id: str | None = None,
    ) -> CommandOrder:
        return CommandOrder(
            key=key,
            case_no=self._desk.case_no,
            handling_no=self._plan.handling_no,
            partner=self._plan.partner,
            kind=kind,
            round=round_,
            notice=notice,
            leg_id=leg_id,
            at=workflow.now(),
        )
