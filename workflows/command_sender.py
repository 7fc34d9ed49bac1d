"""How a handling's commands reach its authority: one idempotency key each, sent until taken, refused or overtaken."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import ClockOrder, CommandOrder, CommandOutcome, DeadlineKind, HandlingPlan
    from domain.naming import command_key
    from domain.terms import CommandKind, Notice
    from workflows.case_context import CaseContext
    from workflows.journal import Step


class CommandSender:
    """Sends commands and notices of one handling.

    `refused(key, times)` is asked when the authority refuses for good, `times` counting from 1; True means send it
    again. `orders`: by key, what was sent; `refusals`: by key, how often it was refused.
    """

    def __init__(
        self,
        context: CaseContext,
        plan: HandlingPlan,
        refused: Callable[[str, int], Awaitable[bool]],
        orders: Mapping[str, CommandOrder] | None = None,
        refusals: Mapping[str, int] | None = None,
    ) -> None:
        self._context = context
        self._plan = plan
        self._refused = refused
        self.orders = dict(orders or {})
        self.refusals = dict(refusals or {})

    async def say(self, kind: CommandKind, *, round_: int = 1) -> bool:
        """Send a command under `{handling no}-{kind}-{round}`.

        True: taken; False: given up, or overtaken by a decision.
        """
        key = command_key(self._plan.handling_no, kind, round_)
        return await self._send(self._order(key, kind, round_=round_))

    async def submit(self, kind: str, *, start: Iterable[ClockOrder], stop: Iterable[DeadlineKind]) -> Step | None:
        """`say` the submission; the step `kind` is written where it is taken. None: it was not."""
        order = self._order(command_key(self._plan.handling_no, CommandKind.SUBMIT, 1), CommandKind.SUBMIT)
        self.orders[order.key] = order
        while True:
            result, step = await self._context.pass_on(order, kind, start=start, stop=stop)
            if step.written or result.outcome is not CommandOutcome.REFUSED:
                return step if step.written else None
            if not await self._ask(order.key):
                return None

    async def notify(self, notice: Notice, leg_id: str, epoch: int) -> bool:
        """Send a callback about a leg and attempt (回告), contracts.md "Callbacks that we send". True: taken."""
        step = f"{notice.lower().replace('_', '-')}-{leg_id.removeprefix(self._plan.handling_no).strip('-').lower()}"
        key = command_key(self._plan.handling_no, step.strip("-"), epoch)
        return await self._send(self._order(key, CommandKind.NOTICE, notice=notice, leg_id=leg_id))

    async def was_refused(self, key: str) -> bool:
        """A receipt that came later refuses a command that was taken: ask what to do. True: sent again, and taken."""
        order = self.orders.get(key)
        return await self._ask(key) and order is not None and await self._send(order)

    async def _send(self, order: CommandOrder) -> bool:
        self.orders[order.key] = order
        while True:
            result = await self._context.say(order)
            if result.outcome is not CommandOutcome.REFUSED:
                return result.outcome is CommandOutcome.TAKEN
            if not await self._ask(order.key):
                return False

    async def _ask(self, key: str) -> bool:
        self.refusals[key] = self.refusals.get(key, 0) + 1
        return await self._refused(key, self.refusals[key])

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
            case_no=self._context.case_no,
            handling_no=self._plan.handling_no,
            partner=self._plan.partner,
            kind=kind,
            round=round_,
            notice=notice,
            leg_id=leg_id,
            at=workflow.now(),
        )
