"""The check of electronic licences before anything is passed on (电子证照核验), or a person decides without it."""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.licence_checks import LicenceChecks
    from domain.carried import LicencesCarried
    from domain.licences import LicenceOrder, LicencesChecked
    from domain.messages import TaskOrder, TaskOutcome, TaskResolved
    from domain.naming import LICENCES_QUEUE
    from domain.tasks import TaskKind, task_id
    from workflows import policies
    from workflows.case_context import CaseContext


class LicencesOfCase:
    """Has the licences of a case checked, once, and again as often as a person orders it.

    It is over when all are confirmed, when a clerk has looked himself, or when the case is stopped.
    """

    def __init__(self, context: CaseContext, carried: LicencesCarried | None = None) -> None:
        before = carried or LicencesCarried(over=not context.start.licences)
        self._context = context
        self._over = before.over
        self._round = before.round
        self._asked = before.asked  # key of the task that asks what is to happen

    def carried(self) -> LicencesCarried:
        """Its state for the next run."""
        return LicencesCarried(over=self._over, round=self._round, asked=self._asked)

    async def settled(self, stopped: Callable[[], bool]) -> None:
        """Return when the licences hold nothing up any more; at once where there are none. `stopped`: the case is."""
        while not self._over and not stopped():
            if self._asked is None:
                await self._check()
            await workflow.wait_condition(lambda: self._asked is None or self._over or stopped())

    def decided(self, resolved: TaskResolved) -> None:
        """A person has resolved the task: CHECK_AGAIN asks the office anew, anything else leaves it at that."""
        if self._asked is None or task_id(self._asked) != resolved.task_id:
            return
        self._asked = None
        self._over = resolved.outcome is not TaskOutcome.CHECK_AGAIN

    async def _check(self) -> None:
        self._round += 1
        with self._context.step():
            found = await self._ask()
            if not found.denied and not found.unconfirmed:
                self._context.note("LICENCES_HOLD")
                self._over = True
                return
            kind = TaskKind.LICENCE_DENIED if found.denied else TaskKind.LICENCE_UNCONFIRMED
            seqs = ".".join(map(str, found.denied or found.unconfirmed))
            self._asked = f"{self._context.case_no}/{kind}/{self._round}-{seqs}"
            self._context.note(kind, task=TaskOrder(key=self._asked, kind=kind))
            await self._context.written()

    async def _ask(self) -> LicencesChecked:
        start = self._context.start
        return await workflow.execute_activity_method(
            LicenceChecks.check_licences,
            LicenceOrder(case_no=start.case_no, seqs=start.licences, round=self._round),
            task_queue=LICENCES_QUEUE,
            start_to_close_timeout=policies.LICENCES_ATTEMPT,
            retry_policy=policies.LICENCES_RETRY,
        )
