"""A parcel, a contradiction and a file at every moment around a case's closing, on every network, under kills.

None is without effect or a person.
"""

import hashlib
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import select

from demo.client import Caller
from domain.reconciliation import DifferenceKind
from domain.tasks import TaskKind
from domain.terms import Partner
from domain.wire import WireState
from storage.base import Database
from storage.cases.rows import HandlingRow
from storage.exchange.without_effect import SETTLED_WITHIN, without_effect
from storage.tasks.rows import TaskRow
from tests.e2e.aiming import Aim
from tests.e2e.closings import REGION_OF, Ending, Kind, endings, moments_of, traces_of
from tests.e2e.patient import PATIENCE_S, PatientCaller
from tests.e2e.whole import Whole, until, whole_system
from tests.sealing import sealer_in

pytestmark = pytest.mark.e2e

THIN_S = [-2.0, 0.0, 2.0]
FULL_S = [place * 0.05 for place in range(-30, 31)]
IN_FLIGHT = 8
"""More at once would only queue up here."""
POLLS = {f"{wire}_{name}": "0.4" for wire in ("SOUTHWEST", "INTERPROVINCIAL") for name in ("POLL_S", "POLL_MAX_S")}
"""With a second between two polls a word could not be placed."""


@pytest.fixture
def whole(tmp_path):
    with whole_system(tmp_path, **POLLS) as running:
        clerk = PatientCaller(running.system.kuayu, "clerk")  # the page is killed under him
        running.stage = replace(running.stage, clerk=clerk, partners=PatientCaller(running.system.partners))
        yield running


@pytest.fixture
def database(whole: Whole):
    opened = Database(f"sqlite:///{whole.system.data_dir / 'kuayu.db'}", sealer_in(whole.system.data_dir))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("offsets_s", "kills", "within_s"),
    [
        pytest.param(THIN_S, 1, 90.0, id="thin"),
        pytest.param(FULL_S, 4, 400.0, id="full", marks=pytest.mark.soak),
    ],
)
def test_nothing_said_around_the_closing_is_without_effect_or_person(
    whole: Whole, database: Database, capsys, offsets_s, kills, within_s
):
    began = time.monotonic()
    every = list(endings(offsets_s))
    random.Random(11).shuffle(every)
    started = closed_under_kills(whole, database, every, kills)
    until(lambda: all_acknowledged(whole, len(every)), within_s)
    none_left(lambda: faults(database, started), within_s)
    after_s = {one: moments_of(database, one).after_s for one in started}
    contradicted = [one for one in started if one.kind is not Kind.PARCEL]
    what_came_is_shown(whole, contradicted)
    accepted = [one for one in started if one.kind is Kind.FILE]
    accept_theirs(whole, accepted)
    none_left(lambda: {str(one): why for one in accepted if (why := not_theirs(whole, database, one))}, within_s)
    assert lost(database, began) == []
    the_books_agree(whole, started)
    with capsys.disabled():
        spent = time.monotonic() - began
        print(f"\n{len(started)} cases, {2 * kills} kills, {len(accepted)} accepted, {spent:.0f} s; after the closing:")
        for partner in REGION_OF:
            came = [after_s[one] for one in started if one.partner == partner]
            later = sorted(late for late in came if late is not None)
            at_once = sum(late <= 0.3 for late in later)
            print(f"  {partner}: {len(later)} of {len(came)}, {at_once} of them within 0.3 s")
    assert_on_both_sides(after_s)


def closed_under_kills(whole: Whole, database: Database, every: list[Ending], kills: int) -> list[Ending]:
    """All of them, some at once; worker and web are killed in turn while earlier ones close."""
    between = len(every) // (2 * kills + 1)
    started, aim = [], Aim()
    closing: set[Future[None]] = set()
    with ThreadPoolExecutor(IN_FLIGHT) as people:
        for place, ending in enumerate(every, start=1):
            while len(closing) >= IN_FLIGHT:
                closing = those_that_go_on(closing)
            case_no = whole.register(REGION_OF[ending.partner], *ending.steps(), originals=True)
            started.append(replace(ending, case_no=case_no))
            closing.add(people.submit(close, whole, database, aim, started[-1]))
            if place % between == 0 and place // between <= 2 * kills:
                whole.kill("worker" if place // between % 2 else "web")
        while closing:
            closing = those_that_go_on(closing)
    return started


def those_that_go_on(closing: set[Future[None]]) -> set[Future[None]]:
    over, going_on = wait(closing, return_when=FIRST_COMPLETED)
    for one in over:
        one.result()
    return going_on


def close(whole: Whole, database: Database, aim: Aim, ending: Ending) -> None:
    """The applicant collects his papers, which closes the case, and the authority speaks when it is its time."""
    path = f"/api/v1/tasks/{until(lambda: to_collect(database, ending), PATIENCE_S)}/resolve"
    has_them = {"outcome": "acknowledge", "reason": "本人已领取"}
    speaks_at = ending.offset_s + aim.lead_s(ending.partner)
    acts: list[tuple[float, Callable[[], Any]]] = [
        (0.0, lambda: whole.stage.clerk.post(path, has_them)),
        (speaks_at, lambda: whole.stage.partners.post(f"/control/cases/{ending.case_no}/steps", [ending.word()])),
    ]
    begins = datetime.now(UTC) - timedelta(seconds=min(0.0, speaks_at))  # of the collection
    for at, act in sorted(acts, key=lambda timed: timed[0]):
        due = begins + timedelta(seconds=at)
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))  # the distance is what is tried
        act()
    came = until(lambda: moments_of(database, ending).came, PATIENCE_S)
    collected = until(lambda: moments_of(database, ending).collected, PATIENCE_S)
    aim.came(ending.partner, begins + timedelta(seconds=speaks_at), came)
    aim.closed(begins, collected, moments_of(database, ending).closed)


def to_collect(database: Database, ending: Ending) -> str:
    """The task of the window that hands the papers over; empty while there is none."""
    waiting = select(TaskRow.id).filter_by(case_no=ending.case_no, kind=TaskKind.COLLECT_AT_HALL, resolved_at=None)
    with database.read() as session:
        return session.scalar(waiting) or ""


def assert_on_both_sides(after_s: dict[Ending, float | None]) -> None:
    """A good part came before the closing or at it and a good part after, and on every wire some did.

    A kill holds up the word or the closing, so the two or three of a wire that it hits may change sides.
    """
    late = {wire: [after_s[one] is not None for one in after_s if one.partner == wire] for wire in REGION_OF}
    assert len(after_s) / 4 <= sum(map(sum, late.values())) <= len(after_s) * 3 / 4, late
    assert [wire for wire, each in late.items() if len(set(each)) < 2] == [], late


def all_acknowledged(whole: Whole, count: int) -> bool:
    """Every authority has said everything, and holds our acknowledgement of it."""
    theirs = whole.stage.partners.get("/control/cases")
    said = all(case["finished"] and all(event["acknowledged"] for event in case["events"]) for case in theirs)
    return said and len(theirs) == count


def faults(database: Database, started: list[Ending]) -> dict[str, str]:
    found = {str(one): traces_of(database, one.case_no).fault(one) for one in started}
    return {which: why for which, why in found.items() if why}


def none_left(look: Callable[[], dict[str, str]], within_s: float) -> None:
    """Until nothing is found any more; what is left at the end is the test's failure."""
    deadline = time.monotonic() + within_s
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == {}


def open_contradictions(supervisor: Caller) -> dict[str, dict]:
    found, after = {}, ""
    while after is not None:
        page = supervisor.get(f"/api/v1/tasks?kind=CONTRADICTION&size=500{after and f'&after={after}'}")
        found |= {task["handlingNo"]: task for task in page["tasks"]}
        after = page["next"]
    return found


def what_came_is_shown(whole: Whole, contradicted: list[Ending]) -> None:
    """The supervisor reads the other word, with its reason or result, before he decides."""
    tasks = open_contradictions(Caller(whole.system.kuayu, "supervisor"))
    for one in contradicted:
        came = tasks[one.case_no]["came"]
        assert (came["event"], came["ours"] is not None) == (one.later, True), str(one)
        assert came["result"]["documentNo"] if one.later == "APPROVED" else came["reason"], str(one)


def accept_theirs(whole: Whole, accepted: list[Ending]) -> None:
    supervisor = Caller(whole.system.kuayu, "supervisor")
    tasks = open_contradictions(supervisor)
    for one in accepted:
        verdict = {"outcome": "accept_theirs", "reason": "已与办理地核实，以其后来的结论为准"}
        supervisor.post(f"/api/v1/tasks/{tasks[one.case_no]['id']}/resolve", verdict)


def not_theirs(whole: Whole, database: Database, one: Ending) -> str:
    """What of the authority's later word does not count yet."""
    case = whole.case(one.case_no)
    if case["status"] != "APPROVED" or case["closedAt"] is None:
        return f"{case['status']}, closed: {case['closedAt']}"
    result = case["handlings"][0]["result"]
    if not (result and result["document_no"] and result["sha256"]):
        return f"result: {result}"
    with database.read() as session:
        handling = session.get_one(HandlingRow, one.case_no)
        wire = (handling.decision, handling.wire_state, handling.last_event)
    if wire != ("APPROVED", WireState.DECIDED, "APPROVED"):
        return f"wire: {wire}"
    return "" if downloaded(whole, result["sha256"]) else "the file cannot be downloaded"


def downloaded(whole: Whole, sha256: str) -> bool:
    browser = requests.Session()
    who = {"username": "supervisor", "password": "demo"}
    browser.post(f"{whole.system.kuayu}/api/v1/login", json=who, timeout=10).raise_for_status()
    answer = browser.get(f"{whole.system.kuayu}/api/v1/documents/{sha256}", timeout=10)
    return answer.status_code == 200 and hashlib.sha256(answer.content).hexdigest() == sha256


def lost(database: Database, began: float) -> list:
    """What reconciliation would say once it is old enough."""
    since = datetime.now(UTC) - timedelta(seconds=time.monotonic() - began + 60)
    with database.read() as session:
        return without_effect(session, None, since, datetime.now(UTC) + SETTLED_WITHIN + timedelta(minutes=1))


def the_books_agree(whole: Whole, started: list[Ending]) -> None:
    """But for the contradictions that a person still has to decide."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    for partner in Partner:
        made = whole.command("partner", "reconcile", partner, "--day", today, "--json")
        report = json.loads(made.stdout)
        mine = [one for one in started if one.partner == partner]
        waits = {one.case_no for one in mine if one.kind is Kind.CONTRADICTION}
        asked = set() if partner is Partner.SOUTHWEST else waits  # that wire has no query
        differ = {(difference["subject"], difference["kind"]) for difference in report["differences"]}
        assert differ == {(case_no, DifferenceKind.CONTRADICTION) for case_no in asked}
        assert report["unanswered"] == 0
        assert partner is Partner.SOUTHWEST or report["compared"] == len(mine)


def test_the_grid_is_the_whole_grid():
    """Every network × kind × offset: three seconds around the closing, 50 ms from one to the next."""
    full = list(endings(FULL_S))
    assert len(full) == len(set(full)) == 3 * 3 * 61
    assert (FULL_S[0], FULL_S[-1]) == (-1.5, 1.5)
