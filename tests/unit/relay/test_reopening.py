"""What a further run of a case starts from when the server has forgotten the run before."""

from types import SimpleNamespace

from temporalio.service import RPCError, RPCStatusCode

from domain.messages import CaseStart, HandlingPlan, ItemBrief
from domain.tasks import TaskKind
from domain.terms import ItemKind, Mode, Partner, Scheme
from relay.reopening import run_of
from storage.cases.rows import CaseRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.exchange.office import HANDLING, NOW, open_office

ITEM = ItemBrief(code="YZ-1", name="事项", kind=ItemKind.PROMISED, statutory_days=20, promised_days=10)
PLAN = HandlingPlan(
    handling_no=HANDLING,
    region="511602",
    scheme=Scheme.CHUANYU,
    partner=Partner.SICHUAN,
    mode=Mode.ONLINE,
    originals_travel=False,
    result_travels=True,
)


class Forgetful:
    """A server that knows no workflow."""

    def get_workflow_handle_for(self, _workflow: object, _workflow_id: str) -> SimpleNamespace:
        async def query(*_: object, **__: object) -> None:
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")

        return SimpleNamespace(query=query)


async def test_what_waits_at_the_hall_again_is_a_task_of_its_own(tmp_path):
    """A key that a person has resolved stays resolved: the next collection must have another."""
    office = open_office(tmp_path)
    start = CaseStart(case_no=HANDLING, item=ITEM, handlings=(PLAN,), pickup=False, delivery=False, registered_at=NOW)
    with office.database.write() as session:
        case = session.get_one(CaseRow, HANDLING)
        case.start, case.started = start.model_dump(mode="json"), True
        kind = TaskKind.COLLECT_AT_HALL
        open_task(session, key=f"{HANDLING}/{kind}/1", kind=kind, case_no=HANDLING, now=NOW)
    run = await run_of(Forgetful(), office.database, HANDLING)
    assert run.carried.legs.numbers == {"collection": 1}
    office.database.close()


async def test_what_is_being_undone_is_still_waited_for_and_not_asked_for_again(tmp_path):
    office = open_office(tmp_path)
    start = CaseStart(case_no=HANDLING, item=ITEM, handlings=(PLAN,), pickup=False, delivery=False, registered_at=NOW)
    with office.database.write() as session:
        case = session.get_one(CaseRow, HANDLING)
        case.start, case.started = start.model_dump(mode="json"), True
        kind = TaskKind.COMPENSATION
        task = open_task(
            session, key=f"{HANDLING}/{kind}/x", kind=kind, case_no=HANDLING, handling_no=HANDLING, now=NOW
        )
    course = (await run_of(Forgetful(), office.database, HANDLING)).carried.handlings[HANDLING]
    assert (course.undoing, course.undone) == (task, False)
    with office.database.write() as session:
        session.get_one(TaskRow, task).resolved_at = NOW
    course = (await run_of(Forgetful(), office.database, HANDLING)).carried.handlings[HANDLING]
    assert (course.undoing, course.undone) == (None, True)
    office.database.close()
