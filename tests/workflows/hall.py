"""A hall without a house: the real workflows on a real server, with activities that write down what they are asked.

One hall serves many cases side by side; each test opens cases of its own and looks only at those.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pydantic
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from catalog.clocks import limit_of, rule_of
from domain.identifiers import make_case_number
from domain.licences import LicenceOrder, LicencesChecked
from domain.messages import (
    EDITION,
    AuthorityEvent,
    CaseResult,
    CaseStart,
    CommandOrder,
    CommandOutcome,
    CommandResult,
    Deadline,
    DeferredBrought,
    FileOrder,
    HandedOver,
    HandlingPlan,
    HoldNotice,
    HoldReason,
    ItemBrief,
    LegBegun,
    LegBooked,
    LegClosing,
    LegEffect,
    LegEnd,
    LegLook,
    LegLookOrder,
    LegOutcome,
    LegPlan,
    LegResult,
    LookReason,
    PapersCounted,
    PapersLook,
    SupplementGiven,
    TaskOutcome,
    TaskResolved,
    WithdrawalAsked,
)
from domain.naming import (
    CARRIER_QUEUE,
    CASE_WORKFLOW,
    CASES_QUEUE,
    LICENCES_QUEUE,
    case_workflow_id,
    delivery_workflow_id,
    partner_queue,
)
from domain.recording import AllRecorded, CaseChange, CaseChanges, PassedOn, PassingOn, Recorded
from domain.tasks import task_id
from domain.terms import (
    CaseStatus,
    CommandKind,
    ItemKind,
    Leg,
    Mode,
    ParcelStage,
    Partner,
    ResultForm,
    Scheme,
    WireEvent,
)
from relay.update_delivery import Delivery, answer_of
from runtime.workers import workflow_runner
from workflows import WORKFLOWS

ITEM = ItemBrief(code="YZ-1", name="事项", kind=ItemKind.PROMISED, statutory_days=20, promised_days=10)
_SERIALS = itertools.count(1)
WITHIN_S = 60.0
"""Far more than anything takes: a condition that never comes is told from a busy machine."""
_SCHEMES = {
    Partner.SICHUAN: Scheme.CHUANYU,
    Partner.SOUTHWEST: Scheme.SOUTHWEST,
    Partner.INTERPROVINCIAL: Scheme.INTERPROVINCIAL,
    None: Scheme.QUANYU,
}


@dataclass
class Folder:
    """Everything that the workflows of one case have asked for, in the order in which they asked."""

    changes: list[CaseChange] = field(default_factory=list)
    orders: list[CommandOrder] = field(default_factory=list)
    fetches: list[FileOrder] = field(default_factory=list)
    booked: list[LegPlan] = field(default_factory=list)
    groups: list[list[str]] = field(default_factory=list)
    """Kinds of the steps that were written together."""
    looks: list[LegLookOrder] = field(default_factory=list)
    ends: list[LegEnd] = field(default_factory=list)
    closings: list[str] = field(default_factory=list)
    damages: set[str] = field(default_factory=set)
    """Legs whose damage a person has still to look at."""
    checks: list[LicenceOrder] = field(default_factory=list)
    found: list[LicencesChecked] = field(default_factory=list)
    """How the next checks of licences end; all hold where nothing is said."""
    closing: LegClosing = field(default_factory=lambda: LegClosing(outcome=LegOutcome.ABANDONED))
    answers: dict[str, list[CommandResult | Exception]] = field(default_factory=lambda: defaultdict(list))
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)  # at a gate
    results: dict[str, LegResult] = field(default_factory=dict)
    effects: dict[str, tuple[LegEffect, ...]] = field(default_factory=dict)
    papers: PapersLook = field(default_factory=PapersLook)
    look_every: timedelta = timedelta(days=300)
    locked: bool = False
    """Nothing can be written at once: a step has to be tried again."""

    @property
    def kinds(self) -> list[str]:
        return [change.kind for change in self.changes]

    @property
    def tasks(self) -> list[str]:
        return [change.task.kind for change in self.changes if change.task]

    @property
    def said(self) -> list[str]:
        return [order.notice or order.kind for order in self.orders]


class Hall:
    """The activities, under the names of the real ones."""

    def __init__(self) -> None:
        self.folders: dict[str, Folder] = defaultdict(Folder)
        self._case_of: dict[str, str] = {}
        self._moved = asyncio.Event()
        self._steps: set[tuple[str | None, str]] = set()

    def _taken_before(self) -> bool:
        """Whether this very step of a workflow is taken again, as is one whose outcome the server did not take."""
        step = (activity.info().workflow_run_id, activity.info().activity_id)
        known = step in self._steps
        self._steps.add(step)
        return known

    async def until(self, condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        """Wait for what an activity writes down."""
        async with asyncio.timeout(within_s):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    @activity.defn(name="record")
    async def record(self, change: CaseChange) -> Recorded:
        folder = self.folders[change.case_no]
        if change.kind in folder.gates:
            self._moved.set()
            folder.arrived.add(change.kind)
            await folder.gates[change.kind].wait()
        if all(known.key != change.key for known in folder.changes):
            folder.changes.append(change)
        self._moved.set()
        return Recorded(deadlines=tuple(_deadline(order, change.handling_no) for order in change.start))

    @activity.defn(name="record_all")
    async def record_all(self, steps: CaseChanges) -> AllRecorded:
        if self.folders[steps.changes[0].case_no].locked and activity.info().is_local:
            raise RuntimeError("database is locked")
        self.folders[steps.changes[0].case_no].groups.append([change.kind for change in steps.changes])
        return AllRecorded(deadlines=tuple([(await self.record(change)).deadlines for change in steps.changes]))

    @activity.defn(name="look_at_papers")
    async def look_at_papers(self, case_no: str) -> PapersLook:
        return self.folders[case_no].papers

    @activity.defn(name="send_command")
    async def send_command(self, order: CommandOrder) -> CommandResult:
        folder = self.folders[order.case_no]
        folder.orders.append(order)
        self._moved.set()
        name = order.notice or order.kind
        if name in folder.gates:
            await folder.gates[name].wait()
        answer = folder.answers[name].pop(0) if folder.answers[name] else None
        if isinstance(answer, Exception):
            raise answer
        return answer or CommandResult(outcome=CommandOutcome.TAKEN)

    @activity.defn(name="pass_on")
    async def pass_on(self, passing: PassingOn) -> PassedOn:
        result = await self.send_command(passing.order)
        if result.outcome is not CommandOutcome.TAKEN:
            return PassedOn(result=result)
        return PassedOn(result=result, deadlines=(await self.record(_now(passing.step))).deadlines)

    @activity.defn(name="fetch_file")
    async def fetch_file(self, order: FileOrder) -> None:
        folder = self.folders[self._case_of[order.handling_no]]
        folder.fetches.append(order)
        self._moved.set()
        if folder.answers["fetch_file"]:
            raise folder.answers["fetch_file"][0]

    @activity.defn(name="book_leg")
    async def book_leg(self, plan: LegPlan) -> LegBooked:
        folder = self.folders[plan.case_no]
        self._case_of[plan.leg_id] = plan.case_no
        if plan.leg_id not in {known.leg_id for known in folder.booked}:
            folder.booked.append(plan)
        self._moved.set()
        effects = folder.effects.get(plan.leg_id, ()) if plan.resumed else ()
        return LegBooked(tracking_no=plan.inbound_tracking_no or f"T-{plan.leg_id}", effects=effects)

    @activity.defn(name="look_after")
    async def look_after(self, order: LegLookOrder) -> LegLook:
        folder = self.folders[self._case_of[order.leg_id]]
        if not self._taken_before():
            folder.looks.append(order)
        self._moved.set()
        return LegLook(next_look_at=order.at + folder.look_every)

    @activity.defn(name="begin_leg")
    async def begin_leg(self, plan: LegPlan) -> LegBegun:
        booked = await self.book_leg(plan)
        order = LegLookOrder(leg_id=plan.leg_id, reason=LookReason.ORDERED, at=datetime.now(UTC))
        look = await self.look_after(order)
        return LegBegun(**booked.model_dump(), next_look_at=look.next_look_at)

    @activity.defn(name="close_leg")
    async def close_leg(self, leg_id: str) -> LegClosing:
        folder = self.folders[self._case_of[leg_id]]
        folder.closings.append(leg_id)
        self._moved.set()
        return folder.closing

    @activity.defn(name="is_damage_open")
    async def is_damage_open(self, leg_id: str) -> bool:
        return leg_id in self.folders[self._case_of[leg_id]].damages

    @activity.defn(name="end_leg")
    async def end_leg(self, end: LegEnd) -> None:
        folder = self.folders[self._case_of[end.leg_id]]
        if all(known.leg_id != end.leg_id for known in folder.ends):  # the row of the leg has it once
            folder.ends.append(end)
        leg = next(plan.leg for plan in folder.booked if plan.leg_id == end.leg_id)
        said = LegResult(leg_id=end.leg_id, leg=leg, outcome=end.outcome, tracking_no=None)
        folder.results.setdefault(end.leg_id, said)  # as the row of the leg has it
        self._moved.set()

    @activity.defn(name="result_of")
    async def result_of(self, leg_id: str) -> LegResult | None:
        return self.folders[self._case_of[leg_id]].results.get(leg_id)

    @activity.defn(name="check_licences")
    async def check_licences(self, order: LicenceOrder) -> LicencesChecked:
        folder = self.folders[order.case_no]
        folder.checks.append(order)
        self._moved.set()
        return folder.found.pop(0) if folder.found else LicencesChecked()

    def knows(self, start: CaseStart) -> None:
        for plan in start.handlings:
            self._case_of[plan.handling_no] = start.case_no

    def workers(self, client: Client) -> list[Worker]:
        def worker(queue: str, *activities: Callable[..., Any], workflows: bool = False) -> Worker:
            return Worker(
                client,
                task_queue=queue,
                activities=list(activities),
                workflows=WORKFLOWS if workflows else [],
                workflow_runner=workflow_runner(),
                workflow_failure_exception_types=[pydantic.ValidationError],
            )

        of_legs = (self.look_after, self.is_damage_open, self.end_leg)
        of_cases = (self.record, self.record_all, self.send_command, self.pass_on, self.look_at_papers)
        return [
            worker(CASES_QUEUE, *of_cases, *of_legs, workflows=True),
            worker(CARRIER_QUEUE, self.book_leg, self.begin_leg, self.close_leg, self.result_of, *of_legs),
            worker(LICENCES_QUEUE, self.check_licences),
            *(worker(partner_queue(partner), self.send_command, self.pass_on, self.fetch_file) for partner in Partner),
        ]


def _now(step: CaseChange) -> CaseChange:
    at = activity.info().started_time  # the server's clock, which jumps in some tests
    return step.model_copy(update={"at": at, "start": tuple(o.model_copy(update={"start_at": at}) for o in step.start)})


def _deadline(order: Any, handling_no: str | None) -> Deadline:
    """Every day is a working day here; warned a day before the end, escalated one and three days after it."""
    days = order.workdays if order.workdays is not None else limit_of(order.kind, ITEM)
    paused = sum((end - begin for begin, end in order.excluded), timedelta(0))
    due_at = order.start_at + timedelta(days=days) + paused
    return Deadline(
        kind=order.kind,
        handling_no=handling_no,
        start_at=order.start_at,
        warn_at=due_at - timedelta(days=1),
        due_at=due_at,
        responsible=rule_of(order.kind, ITEM).responsible,
        escalate_at=(due_at + timedelta(days=1), due_at + timedelta(days=3)),
    )


@asynccontextmanager
async def open_hall(client: Client) -> AsyncIterator[Hall]:
    """Workers for every queue while the block runs."""
    hall = Hall()
    async with AsyncExitStack() as stack:
        for worker in hall.workers(client):
            await stack.enter_async_context(worker)
        yield hall


async def tell(handle: WorkflowHandle[Any, Any], name: str, message: Any, *, id: str) -> None:
    """An Update as the relay delivers it: at once again where the workflow began a new run at that moment."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await handle.execute_update(name, message, id=id)
            except (WorkflowUpdateFailedError, RPCError) as failure:
                at_once = answer_of(failure).delivery is Delivery.AGAIN
                if not at_once or (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
                    raise


class LegDesk:
    """One leg of a case under test."""

    def __init__(self, client: Client, leg_id: str) -> None:
        self.leg_id = leg_id
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(delivery_workflow_id(leg_id))

    async def scan(self, *stages: ParcelStage, epoch: int = 1, **other: Any) -> None:
        for stage in stages:
            effect = LegEffect(leg_id=self.leg_id, epoch=epoch, stage=stage, occurred_at=datetime.now(UTC), **other)
            update_id = f"{self.leg_id}-{epoch}-{stage}"
            await tell(self.handle, "scan_effect", effect, id=update_id)

    async def resolve(self, outcome: TaskOutcome, task: str = "t") -> None:
        resolved = TaskResolved(task_id=task, outcome=outcome)
        await tell(self.handle, "task_resolved", resolved, id=f"task-{task}")


class CaseDesk:
    """One case under test: what comes from outside, and what the workflows made of it."""

    def __init__(self, client: Client, hall: Hall, start: CaseStart) -> None:
        self.client, self.hall, self.start = client, hall, start
        self.case_no = start.case_no
        self.folder = hall.folders[start.case_no]
        self.handle: WorkflowHandle[Any, CaseResult] = client.get_workflow_handle(
            case_workflow_id(start.case_no), result_type=CaseResult
        )
        self._said = 0

    def handling(self, place: int) -> str:
        return self.start.handlings[place].handling_no

    async def now(self) -> datetime:
        return datetime.now(UTC)

    async def says(self, event: WireEvent | str, place: int = 0, message_id: str = "", **other: Any) -> None:
        self._said += 1
        message_id = message_id or f"{self.case_no}-evt-{self._said}"
        given: dict[str, Any] = {"occurred_at": await self.now()} | other
        said = AuthorityEvent(handling_no=self.handling(place), message_id=message_id, event=WireEvent(event), **given)
        await tell(self.handle, "authority_event", said, id=message_id)

    async def contradicts(self, theirs: WireEvent | str, place: int = 0) -> None:
        notice = HoldNotice(
            handling_no=self.handling(place), message_id="evt-c", reason_code="CONTRADICTION", theirs=WireEvent(theirs)
        )
        await tell(self.handle, "hold", notice, id=f"hold-{theirs}")

    async def learns_of_refusal(self, key: str, times: int = 1, place: int = 0) -> None:
        notice = HoldNotice(handling_no=self.handling(place), message_id=key, reason_code=HoldReason.COMMAND_REFUSED)
        await tell(self.handle, "hold", notice, id=f"receipt/{key}/{times}")

    async def brings(self, round_: int = 1, place: int = 0, originals: bool = False) -> None:
        given = SupplementGiven(handling_no=self.handling(place), round=round_, originals=originals)
        await tell(self.handle, "supplement", given, id=f"{self.handling(place)}-supplement-{round_}")

    async def hands_in(self, *seqs: int) -> None:
        """The applicant brings what was deferred (容缺补交)."""
        update_id = f"{self.case_no}-deferred-{'-'.join(map(str, seqs))}"
        await tell(self.handle, "deferred_brought", DeferredBrought(seqs=seqs), id=update_id)

    async def counts(self, paper: str, left: PapersLook) -> None:
        """The window has counted a paper; `left`: what differs now."""
        self.folder.papers = left
        await tell(self.handle, "papers_counted", PapersCounted(paper_no=paper), id=f"{paper}-counted-{left}")

    async def withdraws(self) -> None:
        asked = WithdrawalAsked(request_id="r1")
        await tell(self.handle, "withdraw", asked, id=f"{self.case_no}-withdraw")

    async def collects(self) -> None:
        """The applicant collects what waits at the hall."""
        await self.until_kind("AWAITING_COLLECTION")
        await tell(self.handle, "handed_over", HandedOver(request_id="h"), id=f"{self.case_no}-handed")

    async def resolve(self, outcome: TaskOutcome, kind: str, place: int = 0) -> None:
        """Resolve the last task of `kind`."""
        await self.hall.until(lambda: kind in self.folder.tasks)
        task = [c.task for c in self.folder.changes if c.task and c.task.kind == kind][-1]
        resolved = TaskResolved(task_id=task_id(task.key), outcome=outcome, handling_no=self.handling(place))
        await tell(self.handle, "task_resolved", resolved, id=f"task-{task_id(task.key)}")

    async def until_kind(self, kind: str, times: int = 1) -> CaseChange:
        await self.hall.until(lambda: self.folder.kinds.count(kind) >= times)
        return [change for change in self.folder.changes if change.kind == kind][-1]

    async def until_said(self, *said: str) -> None:
        await self.hall.until(lambda: all(self.folder.said.count(word) >= said.count(word) for word in said))

    async def until_status(self, status: CaseStatus) -> CaseChange:
        await self.hall.until(lambda: any(change.case_status is status for change in self.folder.changes))
        return next(change for change in reversed(self.folder.changes) if change.case_status is status)

    async def until_leg(self, leg: Leg, number: int = 1, place: int = 0) -> LegDesk:
        """Until the leg is booked and looked after: from then on scans may come."""
        leg_id = f"{self.handling(place)}-{leg}-{number}"
        await self.hall.until(lambda: leg_id in {look.leg_id for look in self.folder.looks})
        return LegDesk(self.client, leg_id)

    async def closed(self) -> CaseStatus:
        async with asyncio.timeout(WITHIN_S):
            result = await self.handle.result()
        assert self.folder.kinds[-1] == "CLOSED"
        assert self.folder.changes[-1].closed
        return result.status


def plan(handling_no: str, partner: Partner | None = Partner.SICHUAN, **other: Any) -> HandlingPlan:
    given: dict[str, Any] = {
        "handling_no": handling_no,
        "region": "510104",
        "scheme": _SCHEMES[partner],
        "partner": partner,
        "mode": Mode.ONLINE,
        "originals_travel": False,
        "result_travels": False,
    }
    return HandlingPlan(**given | other)


def new_case(
    hall: Hall,
    *partners: Partner | None,
    pickup: bool = False,
    delivery: bool = False,
    at: datetime | None = None,
    item: ItemBrief = ITEM,
    deferred: tuple[int, ...] = (),
    papers_kept: bool = True,
    order: Mapping[int, Sequence[int]] = MappingProxyType({}),
    licences: tuple[int, ...] = (),
    edition: int = EDITION,
    **other: Any,
) -> CaseStart:
    """A case with one handling per partner; the number of a single one is the case's own.

    `order`: place → places of those before it.
    """
    numbers = [make_case_number("500103", date(2026, 11, 23), next(_SERIALS)) for _ in partners]
    joint = len(partners) > 1
    start = CaseStart(
        case_no=make_case_number("500103", date(2026, 11, 23), next(_SERIALS)) if joint else numbers[0],
        item=item,
        handlings=tuple(
            plan(number, partner, after=tuple(numbers[before] for before in order.get(place, ())), **other)
            for place, (number, partner) in enumerate(zip(numbers, partners, strict=True))
        ),
        pickup=pickup,
        delivery=delivery,
        registered_at=at or datetime.now(UTC),
        papers_kept=papers_kept,
        deferred=deferred,
        deferral_workdays=item.promised_days if deferred else None,
        licences=licences,
        edition=edition,
    )
    hall.knows(start)
    return start


async def open_case(
    client: Client,
    hall: Hall,
    *partners: Partner | None,
    prepare: Callable[[Folder], None] = lambda _: None,
    **how: Any,
) -> CaseDesk:
    """Start a case (with Sichuan by itself when no partner is named)."""
    start = new_case(hall, *(partners or (Partner.SICHUAN,)), **how)
    prepare(hall.folders[start.case_no])
    await client.start_workflow(CASE_WORKFLOW, start, id=case_workflow_id(start.case_no), task_queue=CASES_QUEUE)
    return CaseDesk(client, hall, start)


def refusal(code: str = "CY4222") -> CommandResult:
    return CommandResult(outcome=CommandOutcome.REFUSED, code=code)


def outage(again_after: timedelta | None = None) -> ApplicationError:
    """A network that is away; `again_after` as its Retry-After says."""
    return ApplicationError("away", type="PartnerUnavailable", next_retry_delay=again_after)


PAPER = {"result_form": ResultForm.PAPER}
SUBMIT, SUPPLEMENT, WITHDRAW = CommandKind.SUBMIT, CommandKind.SUPPLEMENT, CommandKind.WITHDRAW
