"""A district at work for a while: open cases in every state, late and long ones, joint ones, and tasks."""

from datetime import UTC, datetime, timedelta

from catalog.items import load
from demo.people import applicant
from domain.applicant_messages import MessageKind, MessageState
from domain.dossier import Consent, Dossier
from domain.messages import CaseStart, HandlingPlan, Responsible
from domain.outbound import Person
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role, Scheme
from domain.units import FIRST_UNIT
from runtime.container import container_of
from storage.cases.applicant_messages import MessageRow, enqueue
from storage.cases.rows import CaseRow, HandlingRow
from storage.people.passwords import hashed
from storage.people.users import put_user
from storage.tasks.rows import open_task
from tests.web.many import case_values, fill, handling_values, number, registered_at
from web.api.faces import give_faces

COLLEAGUE = "wangmin"
REGIONS = ("510104", "520102", "440103", "500112", "511602")
STATES = (
    (CaseStatus.SUBMITTED, Responsible.AUTHORITY),
    (CaseStatus.SUPPLEMENT_REQUIRED, Responsible.APPLICANT),
    (CaseStatus.REVIEWING, Responsible.AUTHORITY),
    (CaseStatus.COLLECTED, Responsible.WINDOW),
    (CaseStatus.ACCEPTED, Responsible.AUTHORITY),
)
TASKS = (TaskKind.PAPERS_SHORT, TaskKind.COLLECT_AT_HALL, TaskKind.COMMAND_REFUSED, TaskKind.DEADLINE_WARNING)


def people(office):
    """A second clerk beside the one of the demo."""
    with office.database.write() as session:
        put_user(session, COLLEAGUE, Role.CLERK, hashed("demo"), FIRST_UNIT[Role.CLERK])


def settle(office, count, *, late=3, today=4):
    """`count` open cases of the clerk: `late` of them over their time, `today` that end today, the others later.

    By number and due alike: the first is the most pressing. Each has a message that was sent; returns the numbers.
    """
    context = office.app.state.context
    people(office)
    fill(office.database, CaseRow, (_case(context, serial, late, today) for serial in range(count)))
    fill(office.database, HandlingRow, (row for serial in range(count) for row in _handlings(serial)))
    give_faces(container_of(context.settings))
    with office.database.write() as session:
        for serial in range(count):
            enqueue(session, case_no=number(serial), key="received", kind=MessageKind.ACCEPTED, now=_now())
        for row in session.query(MessageRow):
            row.state = MessageState.SENT
    return [number(serial) for serial in range(count)]


def busy(office, count):
    """Tasks for the clerk, one for each of the first `count` cases."""
    with office.database.write() as session:
        for serial in range(count):
            kind = TASKS[serial % len(TASKS)]
            open_task(
                session,
                key=f"{number(serial)}/{kind}",
                kind=kind,
                now=_now() - timedelta(hours=serial),
                case_no=number(serial),
                handling_no=number(serial),
                deadline_at=_now() + timedelta(hours=9 * serial - 20),
                data=_facts(kind),
            )


def _facts(kind):
    if kind is not TaskKind.PAPERS_SHORT:
        return {}
    paper = {"name": "补发申请表", "form": "form", "said": 1, "counted": 0, "where": "window", "by": "clerk"}
    return {"papers": [paper | {"no": "P1", "at": _now().isoformat()}]}


def _now():
    return datetime.now(UTC)


def _due(serial, late, today):
    if serial < late:
        return _now() - timedelta(days=2, hours=serial)
    if serial < late + today:
        return _now() + timedelta(minutes=1 + serial)
    return _now() + timedelta(days=1 + serial / 20)


def _case(context, serial, late, today):
    items = [item for item in load().items if not item.roles and item.materials]
    item = items[serial * 7 % len(items)]
    person = applicant(serial % 100_000, "personal")
    name = "阿卜杜热合曼·买买提艾力" if serial % 9 == 4 else person["name"]
    status, awaits = STATES[serial % len(STATES)]
    dossier = Dossier(
        applicant=Person(
            type=person["type"],
            name=name,
            id_type=person["idType"],
            id_number=person["idNumber"],
            phone=person["phone"],
        ),
        materials=(),
        consent=Consent(version="2026-11", accepted=True, messages=True),
    )
    sealed = context.sealer.seal(dossier.model_dump_json().encode(), f"case/{number(serial)}")
    return case_values(
        serial,
        item_code=item.code,
        item_name=item.name,
        item=item.snapshot(load().version).model_dump(mode="json"),
        start=_start(serial, item).model_dump(mode="json"),
        dossier=sealed,
        status=status,
        awaits=awaits,
        keeper="clerk",
        on_hold=serial % 17 == 6,
        due_at=_due(serial, late, today),
    )


def _start(serial, item):
    plan = HandlingPlan(
        handling_no=number(serial),
        region=REGIONS[serial % len(REGIONS)],
        scheme=Scheme.QUANYU,
        mode=item.mode,
        partner=None,
        originals_travel=False,
        result_travels=False,
    )
    return CaseStart(
        case_no=number(serial),
        item=item.brief,
        handlings=(plan,),
        pickup=False,
        delivery=False,
        registered_at=registered_at(serial),
    )


def _handlings(serial):
    place = REGIONS[serial % len(REGIONS)]
    yield handling_values(serial, region=place, status=STATES[serial % len(STATES)][0])
    if serial % 25 == 5:  # joint: two authorities
        yield handling_values(serial, handling_no=f"{number(serial)[:-1]}J", region="440106", place=1)
