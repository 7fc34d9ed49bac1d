"""The played authorities' engine: scripts, waits, faults, effects, and what survives a kill."""

import time

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from sandbox.carrier import Carrier
from sandbox.case import Step
from sandbox.engine import Engine
from sandbox.outage import OutageMiddleware, Outages
from sandbox.store import Store
from tests.borders import nowhere
from tests.contract.peers import wait_until

CASE = "500103202611230000013"


class Delivery:
    """A transport that keeps what it was given."""

    def __init__(self, engine: Engine, acknowledges: bool = True) -> None:
        self.engine, self.acknowledges, self.events = engine, acknowledges, []

    def deliver(self, case, event):
        self.events.append((event.event, event.seq))
        if self.acknowledges:
            self.engine.answered(case.handling_no, event.place, "ok", acknowledged=True)

    def reset(self):
        self.events.clear()


def play(engine: Engine, acknowledges: bool = True) -> Delivery:
    told = Delivery(engine, acknowledges)
    engine.register("sichuan", told)
    engine.start()
    return told


def submit(engine: Engine, mode: str = "异地代收代办", number: str = CASE, has_parcel: bool = False):
    return engine.submit(
        "sichuan",
        number,
        phone="13800000001",
        item_code="YZ-1",
        item_name="事项",
        mode=mode,
        region="511602",
        partner_no="SC1",
        has_parcel=has_parcel,
    )


@pytest.fixture
def engine():
    made = Engine(pace_s=0.005)
    yield made
    made.stop()


def names(told: Delivery) -> list[str]:
    return [name for name, _ in told.events]


@pytest.mark.parametrize(("mode", "posted"), [("全程网办", False), ("异地代收代办", True), ("多地联办", True)])
def test_straight_to_approval_by_default(engine, mode, posted):
    told = play(engine)
    submit(engine, mode)
    way = ["RECEIVED", "ACCEPTED", "REVIEWING", "APPROVED"] + ["RESULT_SENT"] * posted
    wait_until(lambda: names(told) == way)
    result = engine.case(CASE).events[3].payload["result"]
    assert (result["form"] == "paper") == posted
    if not posted:
        assert engine.offered("sichuan", result["sha256"]).startswith(b"%PDF-")


def test_a_script_of_its_own_waits_for_us(engine):
    told = play(engine)
    steps = [{"event": "NEED_SUPPLEMENT"}, {"await": "supplement"}, {"await": "papers"}, {"event": "ACCEPTED"}]
    engine.set_script("13800000001", [Step.model_validate(step) for step in steps])
    submit(engine)
    wait_until(lambda: names(told) == ["NEED_SUPPLEMENT"])
    assert not engine.supplement(CASE, 2)
    engine.notice(CASE, {"notice": "PAPERS_SENT"})
    assert engine.supplement(CASE, 1)
    assert not engine.supplement(CASE, 1)
    wait_until(lambda: names(told) == ["NEED_SUPPLEMENT", "ACCEPTED"])


def test_more_may_be_said_after_the_end_of_a_script_and_waits_for_its_turn_before(engine):
    told = play(engine)
    engine.set_default([Step(event="RECEIVED"), Step(awaited="papers"), Step(event="REJECTED")], None)
    submit(engine)
    wait_until(lambda: names(told) == ["RECEIVED"])
    assert engine.add(CASE, [Step(event="RESULT_SENT", after_s=0)])
    engine.notice(CASE, {"notice": "PAPERS_SENT"})
    wait_until(lambda: names(told) == ["RECEIVED", "REJECTED", "RESULT_SENT"])
    wait_until(lambda: engine.case(CASE).position == 4)
    assert engine.add(CASE, [Step(event="APPROVED", after_s=0)])
    wait_until(lambda: told.events[3:] == [("APPROVED", 4)])
    assert not engine.add("nobody", [Step(event="APPROVED")])


@pytest.mark.parametrize(("has_parcel", "after"), [(False, ["WITHDRAWN"]), (True, ["WITHDRAWN", "RESULT_SENT"])])
def test_a_withdrawal_cancels_the_script(engine, has_parcel, after):
    told = play(engine)
    engine.set_default([Step(event="RECEIVED"), Step(awaited="never")], None)
    submit(engine, has_parcel=has_parcel)
    wait_until(lambda: names(told) == ["RECEIVED"])
    assert engine.withdraw(CASE)
    assert not engine.withdraw(CASE)
    wait_until(lambda: names(told) == ["RECEIVED", *after])


def test_a_decision_may_win_over_a_withdrawal(engine):
    told = play(engine)
    steps = [Step(event="ACCEPTED"), Step(awaited="withdraw"), Step(event="APPROVED")]
    engine.set_script("13800000001", steps)
    submit(engine)
    wait_until(lambda: names(told) == ["ACCEPTED"])
    assert engine.withdraw(CASE)
    wait_until(lambda: names(told) == ["ACCEPTED", "APPROVED"])
    assert engine.case(CASE).decision == "APPROVED"


def test_an_event_held_back_is_sent_after_the_next(engine):
    told = play(engine)
    engine.set_default([Step(event="RECEIVED", hold_until_next=True), Step(event="ACCEPTED")], None)
    submit(engine)
    wait_until(lambda: told.events == [("ACCEPTED", 2), ("RECEIVED", 1)])


def test_nothing_is_forgotten_when_the_process_dies(tmp_path):
    before = Engine(Store(tmp_path / "state"), pace_s=0.005)
    told = play(before, acknowledges=False)
    before.set_default([Step(event="RECEIVED"), Step(event="ACCEPTED", after_s=0.2)], 0.01)
    submit(before)
    before.effects.attempt("sichuan", "key-1", "submit", CASE)
    before.effects.effect("sichuan", "key-1", "submit", CASE)
    wait_until(lambda: names(told) == ["RECEIVED"])
    before.stop()
    after = Engine(Store(tmp_path / "state"))
    told = play(after)
    wait_until(lambda: names(told) == ["RECEIVED", "ACCEPTED"])
    assert after.effects.all()["sichuan"]["key-1"] == {
        "count": 1,
        "kind": "submit",
        "handlingNo": CASE,
        "attempts": 1,
    }
    assert after.pace_s == 0.01
    after.stop()


def test_no_waybill_means_the_result_waits(engine):
    engine.carrier = Carrier(url=f"http://127.0.0.1:{nowhere()}")
    told = play(engine)
    engine.set_default([Step(event="APPROVED"), Step(event="RESULT_SENT")], None)
    submit(engine)
    wait_until(lambda: names(told) == ["APPROVED"])
    engine.carrier = Carrier()
    wait_until(lambda: names(told) == ["APPROVED", "RESULT_SENT"])
    assert engine.case(CASE).events[1].payload["trackingNo"] == "EB000000014CN"


def test_a_half_done_transaction_leaves_nothing(tmp_path):
    store = Store(tmp_path / "state")
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.put("a", "b", 1)
        _ = 1 / 0
    assert store.get("a", "b") is None
    with store.transaction():
        store.put("a", "b", 1)
    assert Store(tmp_path / "state").get("a", "b") == 1


def test_a_step_is_either_an_event_or_a_wait():
    for wrong in ({}, {"event": "RECEIVED", "await": "papers"}, {"await": "tea"}, {"event": "X", "extra": 1}):
        with pytest.raises(ValueError, match="validation error"):
            Step.model_validate(wrong)


@pytest.fixture
def faulty():
    outages, app, reached = Outages(), FastAPI(), []

    @app.post("/cy/v1/cases")
    def cases() -> dict[str, bool]:
        reached.append(1)
        return {"ok": True}

    app.add_middleware(OutageMiddleware, outages=outages)
    return outages, TestClient(app), reached


def test_down_reaches_nobody_and_lost_answers_took_effect(faulty):
    outages, client, reached = faulty
    outages.begin("sichuan", "down", times=1)
    assert client.post("/cy/v1/cases").status_code == 502
    assert reached == []
    outages.begin("sichuan", "lost_answer", times=1)
    assert client.post("/cy/v1/cases").content == b""
    assert reached == [1]
    assert client.post("/cy/v1/cases").json() == {"ok": True}


def test_outages_end_by_themselves_and_meet_one_network_only(faulty):
    outages, client, _ = faulty
    outages.begin("southwest", "down")
    assert client.post("/cy/v1/cases").status_code == 200
    outages.begin("sichuan", "down", seconds=0.05)
    assert outages.current("sichuan") == "down"
    wait_until(lambda: outages.current("sichuan") is None)
    outages.begin("sichuan", "slow", times=1, delay_s=0.1)
    began = time.monotonic()
    assert client.post("/cy/v1/cases").status_code == 200
    assert time.monotonic() - began >= 0.1
    outages.begin("sichuan", "down")
    outages.end("sichuan")
    assert outages.current("sichuan") is None
