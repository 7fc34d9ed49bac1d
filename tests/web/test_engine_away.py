"""The engine and the worker stand still: pages open and say so, what is submitted is kept and goes on once."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import expect
from sqlalchemy import func, select

from demo.client import Caller
from storage.base import Database
from storage.cases.rows import CaseEventRow, CaseRow
from tests.e2e.test_resilience import child
from tests.web.desks import WAIT_MS, desk_of
from tests.web.looks import photographed
from tests.web.test_browser import in_city

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

ENGINE = ("worker", "start-dev")
PAGES = (
    ("clerk", "/window", ("/window", "/window/new", "/cases", "/window/{case}")),
    ("officer", "/officer", ("/officer",)),
    ("supervisor", "/supervisor", ("/supervisor", "/partner", "/status")),
)
WITHIN_S = 5.0
WORKER_MISSED_S = 20.0


@contextmanager
def standing_still(system):
    """Worker and Temporal neither answer nor end, so nobody starts others; killed at the end, and then started anew."""
    stopped = [child(system, word) for word in ENGINE]
    assert None not in stopped
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            os.kill(process, signal.SIGKILL)


def new_case(system, clerk, number):
    return clerk.post("/api/v1/cases", in_city(clerk, clerk.get("/api/v1/items/YZ-HRSS-001"), number))["caseNo"]


def status(clerk, case_no):
    return clerk.get(f"/api/v1/cases/{case_no}")["status"]


def until(holds, within_s=120):
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_pages_open_and_a_case_that_is_submitted_meanwhile_goes_on_once(chromium, system):
    clerk = Caller(system.kuayu, "clerk")
    before = new_case(system, clerk, 811)
    until(lambda: status(clerk, before) != "REGISTERED")
    with desk_of(chromium, system.kuayu) as desk, standing_still(system):
        page = desk.log_in("clerk", "/window")
        until_told(page)
        photographed(page, "window-engine-away")
        meanwhile = new_case(system, clerk, 812)
        for name, start, paths in PAGES:
            desk.page.context.clear_cookies()
            desk.log_in(name, start)
            for path in paths:
                began = time.monotonic()
                desk.open(path.format(case=meanwhile))
                expect(page.locator(".away")).to_contain_text("办理引擎暂停")
                expect(page.locator("h1")).to_have_count(1)
                assert time.monotonic() - began < WITHIN_S, path
        assert status(clerk, meanwhile) == "REGISTERED"
        assert requests.get(f"{system.kuayu}/readyz", timeout=5).ok
    until(lambda: status(clerk, meanwhile) == "SUBMITTED")
    assert begun(system, meanwhile) == (1, 1)
    with desk_of(chromium, system.kuayu) as desk:
        page = desk.log_in("clerk", "/window")
        ends = time.monotonic() + WAIT_MS / 1000
        while page.locator(".away").count():
            assert time.monotonic() < ends, "the word about it stays"
            page.reload()
        page.goto(f"{system.kuayu}/cases?view=all")
        expect(page.locator(f"[data-case='{meanwhile}']")).to_have_count(1)


def test_a_worker_that_stands_still_alone_is_told_within_twenty_seconds(chromium, system):
    worker = child(system, "worker")
    with desk_of(chromium, system.kuayu) as desk:
        page = desk.log_in("clerk", "/window")
        expect(page.locator(".away")).to_have_count(0)
        began = time.monotonic()
        os.kill(worker, signal.SIGSTOP)
        try:
            until_told(page)
            assert time.monotonic() - began < WORKER_MISSED_S
            assert requests.get(f"{system.kuayu}/healthz", timeout=5).ok
        finally:
            os.kill(worker, signal.SIGCONT)
        until(lambda: goes_on_again(page))


def goes_on_again(page):
    page.reload()
    return page.locator(".away").count() == 0


def until_told(page):
    ends = time.monotonic() + WAIT_MS / 1000
    while page.locator(".away").count() == 0:
        assert time.monotonic() < ends, "no page says that the engine is away"
        page.wait_for_timeout(200)
        page.reload()


def begun(system, case_no):
    """How often it is there, and how often it was passed on."""
    database = Database(f"sqlite:///{system.data_dir / 'kuayu.db'}")
    with database.read() as session:
        cases = session.scalar(select(func.count()).select_from(CaseRow).filter_by(case_no=case_no))
        events = select(func.count()).select_from(CaseEventRow).filter_by(case_no=case_no, kind="SUBMITTED")
        found = (cases, session.scalar(events))
    database.close()
    return found
