"""Whatever the networks and our own processes do, no case is lost or wrongly moved (reliability.md §3, §4)."""

import json
import re
import time
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from demo.people import applicant
from tests.e2e.whole import Whole, until, whole_system

pytestmark = pytest.mark.e2e

CHENGDU, GUIYANG, GUANGZHOU = "510104", "520102", "440103"
APPROVED = {"event": "APPROVED", "payload": {"result": {"form": "electronic"}}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with whole_system(tmp_path_factory.mktemp("whole")) as running:
        yield running


def approved(whole: Whole, case_no: str) -> bool:
    return whole.case(case_no)["status"] == "APPROVED"


def all_applied(whole: Whole, case_no: str) -> bool:
    """Every message is noted as delivered, and counted; nothing was judged otherwise."""
    told = whole.deliveries("sichuan", "inbox", case_no)
    return {(one["state"], one["verdict"]) for one in told} == {("APPLIED", "APPLIED")}


def test_callbacks_while_temporal_is_away_are_acknowledged_and_applied_after(whole: Whole):
    steps = ({"event": "RECEIVED"}, {"event": "ACCEPTED", "after_s": 3}, {"event": "REVIEWING"}, APPROVED)
    cases = [whole.register(CHENGDU, *steps) for _ in range(4)]
    until(lambda: all(whole.case(case)["status"] == "RECEIVED" for case in cases))
    whole.temporal.kill()
    until(lambda: all(len(whole.theirs(case)["events"]) == 4 for case in cases))
    until(lambda: all(event["acknowledged"] for case in cases for event in whole.theirs(case)["events"]))
    assert not whole.temporal.serving
    assert {event["attempts"] for case in cases for event in whole.theirs(case)["events"]} == {1}
    assert {whole.case(case)["status"] for case in cases} == {"RECEIVED"}
    late = whole.register(CHENGDU, {"event": "RECEIVED"}, {"event": "ACCEPTED"}, APPROVED)
    time.sleep(3)  # the relay finds out that nobody is there
    whole.temporal.start()
    until(lambda: all(approved(whole, case) for case in [*cases, late]))
    for case in cases:
        told = whole.deliveries("sichuan", "inbox", case)
        assert {(one["state"], one["verdict"], one["attempts"]) for one in told} == {("APPLIED", "APPLIED", 1)}
        assert {effect["count"] for effect in whole.effects(case).values()} == {1}


@pytest.mark.soak
def test_sixty_seconds_without_temporal_while_callbacks_come_all_the_time(whole: Whole):
    """Measured: each callback is acknowledged at its first attempt, every one is applied after, in order and once."""
    pace_s, reviews, gone_s = 4.0, 14, 60.0
    reviewing = [{"event": "REVIEWING", "after_s": pace_s}] * reviews
    steps = [{"event": "RECEIVED"}, {"event": "ACCEPTED", "after_s": 2}, *reviewing, APPROVED]
    cases = [whole.register(CHENGDU, *steps) for _ in range(5)]
    until(lambda: all(whole.case(case)["status"] == "RECEIVED" for case in cases))
    whole.temporal.kill()
    began = time.monotonic()
    until(lambda: all(len(whole.theirs(case)["events"]) == len(steps) for case in cases), 90)
    until(lambda: time.monotonic() - began >= gone_s, gone_s)
    assert not whole.temporal.serving
    told = [event for case in cases for event in whole.theirs(case)["events"]]
    assert all(event["acknowledged"] for event in told)
    assert {event["attempts"] for event in told} == {1}
    waiting = [one for case in cases for one in whole.deliveries("sichuan", "inbox", case) if one["state"] != "APPLIED"]
    gone = time.monotonic() - began
    print(f"{len(told)} callbacks, {len(waiting)} acknowledged while Temporal was away for {gone:.1f} s")
    assert len(waiting) >= len(cases) * (reviews + 1)
    whole.temporal.start()
    began = time.monotonic()
    until(lambda: all(approved(whole, case) for case in cases), 90)
    print(f"all applied {time.monotonic() - began:.1f} s after it was back")
    for case in cases:
        inbox = sorted(whole.deliveries("sichuan", "inbox", case), key=lambda one: one["seq"])
        assert [one["seq"] for one in inbox] == list(range(1, len(steps) + 1))
        assert {(one["state"], one["verdict"], one["attempts"]) for one in inbox} == {("APPLIED", "APPLIED", 1)}


@pytest.mark.parametrize(
    ("partner", "region"),
    [
        ("sichuan", CHENGDU),
        pytest.param("southwest", GUIYANG, marks=pytest.mark.soak),
        pytest.param("interprovincial", GUANGZHOU, marks=pytest.mark.soak),
    ],
)
def test_a_worker_killed_between_effect_and_record_has_one_effect(whole: Whole, partner, region):
    whole.outage(partner, "late_answer", delay_s=8, seconds=5)
    case = whole.register(region, {"event": "RECEIVED"}, {"event": "ACCEPTED"}, APPROVED)
    until(lambda: whole.effects(case))
    whole.kill("worker")
    whole.outage_over(partner)
    assert [one["state"] for one in whole.deliveries(partner, "commands", case)] == ["RENDERED"]
    began = time.monotonic()
    until(lambda: approved(whole, case))
    print(f"{partner}: approved {time.monotonic() - began:.1f} s after the kill")
    (submit,) = whole.effects(case).values()
    assert submit["count"] == 1
    (command,) = whole.deliveries(partner, "commands", case)
    if partner == "southwest":  # the same batch again is known by its name there, its rows are not looked at
        assert command["state"] in ("SENT", "CONFIRMED")
    else:
        assert (command["state"], submit["attempts"] >= 2) == ("SENT", True)


def test_the_web_process_killed_while_callbacks_come_loses_and_doubles_nothing(whole: Whole):
    steps = [{"event": "RECEIVED"}, {"event": "ACCEPTED"}, *[{"event": "REVIEWING"}] * 8, APPROVED]
    cases = [whole.register(CHENGDU, *steps) for _ in range(4)]
    until(lambda: all(len(whole.theirs(case).get("events", [])) >= 3 for case in cases))
    whole.kill("web")
    until(lambda: all(len(whole.theirs(case)["events"]) == len(steps) for case in cases))
    until(lambda: all(event["acknowledged"] for case in cases for event in whole.theirs(case)["events"]))
    until(whole.web_answers)
    until(lambda: all(approved(whole, case) for case in cases))
    for case in cases:
        told = whole.deliveries("sichuan", "inbox", case)
        assert sorted(one["seq"] for one in told) == list(range(1, len(steps) + 1))
        until(partial(all_applied, whole, case))  # what it had delivered and not noted is delivered and noted anew


@pytest.mark.parametrize(("kind", "how_many"), [("down", 3), pytest.param("slow", 8, marks=pytest.mark.soak)])
def test_one_networks_outage_delays_no_other(whole: Whole, kind, how_many):
    """Slow: more commands hang until their read timeout than the network's queue has slots."""
    whole.outage("sichuan", kind)
    stuck = [whole.register(CHENGDU, {"event": "RECEIVED"}, {"event": "ACCEPTED"}, APPROVED) for _ in range(how_many)]
    others = [whole.register(region, {"event": "ACCEPTED"}, APPROVED) for region in (GUIYANG, GUANGZHOU)]
    until(lambda: all(approved(whole, case) for case in others))
    assert {whole.case(case)["status"] for case in stuck} == {"COLLECTED"}
    until(lambda: all(whole.case(case)["handlings"][0]["waitingSince"] for case in stuck))
    assert "等待对方系统" in whole.page(f"/window/{stuck[0]}")
    until(lambda: any(one["attempts"] >= 2 for case in stuck for one in whole.deliveries("sichuan", "commands", case)))
    whole.outage_over("sichuan")
    until(lambda: all(approved(whole, case) for case in stuck))
    for case in stuck:
        assert whole.case(case)["handlings"][0]["waitingSince"] is None
        assert {effect["count"] for effect in whole.effects(case).values()} == {1}


def test_a_gap_that_stays_open_is_healed_by_asking(whole: Whole):
    case = whole.register(CHENGDU, {"event": "RECEIVED"}, {"event": "REVIEWING", "seq": 3}, {"await": "never"})
    until(lambda: whole.case(case)["status"] == "REVIEWING")
    told = {(one["seq"], one["messageId"][:5]): one for one in whole.deliveries("sichuan", "inbox", case)}
    assert {one["verdict"] for (_, kind), one in told.items() if kind == "query"} == {"APPLIED"}
    assert {(one["state"], one["verdict"]) for (seq, kind), one in told.items() if seq == 3 and kind != "query"} == {
        ("APPLIED", "LATE")
    }
    assert "query" in {one["kind"] for one in whole.deliveries("sichuan", "exchanges", case)}


@pytest.mark.parametrize(
    ("partner", "region"), [("sichuan", CHENGDU), ("southwest", GUIYANG), ("interprovincial", GUANGZHOU)]
)
def test_every_message_both_ways_is_in_the_exchange_log(whole: Whole, partner, region):
    case = whole.register(region, {"event": "RECEIVED"}, {"event": "ACCEPTED"}, APPROVED)
    until(lambda: approved(whole, case))
    lines = whole.deliveries(partner, "exchanges", case)
    assert sum(line["direction"] == "in" for line in lines) >= 3
    assert sum(line["direction"] == "out" for line in lines) >= 1
    for line in lines:
        assert re.fullmatch("[0-9a-f]{64}", line["sha256"])
        assert line["messageId"]
        assert line["body"]
        assert line["verdict"]
        assert line["durationMs"] >= 0
    commands = {one["key"] for one in whole.deliveries(partner, "commands", case)}
    inbox = {one["messageId"] for one in whole.deliveries(partner, "inbox", case)}
    files = {line["sha256"] for line in lines if line["kind"] in ("get_file", "put_file")}
    assert {line["messageId"] for line in lines} <= commands | inbox | files  # each leads to its sealed body


@pytest.mark.parametrize("partner", ["sichuan", "southwest", "interprovincial"])
def test_the_books_agree_in_the_end(whole: Whole, partner):
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    made = whole.command("partner", "reconcile", partner, "--day", today, "--json")
    report = json.loads(made.stdout)
    assert report["compared"] >= 1
    assert (report["differences"], report["unanswered"], made.returncode) == ([], 0, 0)
    kept = whole.operator.get(f"/api/v1/partners/{partner}/reconciliations")["reports"]
    assert (kept[0]["day"], kept[0]["clean"]) == (today, True)


def test_no_personal_data_in_clear(whole: Whole):
    """Last: everything above has been written by now."""
    assert whole.numbers
    canaries = set()
    for number in whole.numbers:
        person = applicant(number, "personal")
        canaries |= {person["name"].encode(), person["idNumber"].encode(), person["phone"].encode()}
    data = whole.system.data_dir
    ours = [*data.glob("kuayu.db*"), *(data / "logs").glob("w*.log"), *(data / "logs").glob("migrate*")]
    theirs = [*(data.parent / "temporal").rglob("temporal.db*")]
    assert len(ours) >= 3
    assert theirs
    for path in [*ours, *theirs]:
        content = path.read_bytes()
        assert [canary for canary in canaries if canary in content] == [], path.name
