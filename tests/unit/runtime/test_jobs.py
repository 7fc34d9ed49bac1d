"""Every scheduled job has its parts, its queue and its time; a network's jobs are on its own queue."""

import re

import pytest
from temporalio import activity

from activities.failure_streaks import PARTS
from activities.step_words import STEPS
from domain.jobs import DAILY, FREQUENT, JOB_WORK, Job
from domain.naming import CARRIER_QUEUE, CASES_QUEUE, LICENCES_QUEUE, partner_queue
from domain.terms import Partner
from runtime import jobs
from runtime import workers as working
from runtime.container import carrier_of, container_of
from runtime.networks import is_connected, networks_of
from runtime.schedules import intervals
from runtime.settings import load_settings


@pytest.fixture
def parts(tmp_path):
    made = container_of(load_settings(None, sandbox="1", data_dir=str(tmp_path), southwest={"per_second": 3}))
    yield made
    made.database.close()


@pytest.fixture
def built(monkeypatch):
    """queue → what its worker was made with."""
    made = {}
    monkeypatch.setattr(working, "Worker", lambda _client, **options: made.update({options["task_queue"]: options}))
    return made


def activities(built, queue: str) -> set[str]:
    return {activity._Definition.must_from_callable(one).name for one in built[queue]["activities"]}


def here() -> list[Job]:
    return [job for job, work in JOB_WORK.items() if work.partner is None or is_connected(work.partner)]


def test_every_job_is_done_often_or_daily(tmp_path):
    often = intervals(load_settings(None, sandbox="1", data_dir=str(tmp_path)))
    assert set(often) == set(FREQUENT)
    assert set(FREQUENT) | set(DAILY) == set(JOB_WORK) == set(Job)
    assert not set(FREQUENT) & set(DAILY)


def test_one_networks_jobs_never_wait_behind_anothers():
    for name, work in JOB_WORK.items():
        partner = next((p for p in Partner if name.endswith(p)), None)
        assert work.queue in ((partner_queue(partner),) if partner else (CASES_QUEUE, CARRIER_QUEUE))


def test_gaps_are_looked_for_every_minute_of_business_time(tmp_path):
    for scale, seconds in ((1, 60), (60, 1), (100_000, 1)):
        settings = load_settings(None, sandbox="1", data_dir=str(tmp_path), time_scale=scale)
        assert intervals(settings)[Job.HEAL_SICHUAN].total_seconds() == seconds


def test_workers_do_every_job_and_keep_each_networks_rate(parts, built):
    working.build_workers(None, parts, None)
    assert all({"run_job", "run_daily_job"} <= activities(built, JOB_WORK[job].queue) for job in here())
    rates = {queue: options["max_task_queue_activities_per_second"] for queue, options in built.items()}
    per_second = dict.fromkeys(Partner, 50) | {Partner.SOUTHWEST: 3}
    assert rates == {CASES_QUEUE: None, CARRIER_QUEUE: None, LICENCES_QUEUE: None} | {
        partner_queue(partner): rate if is_connected(partner) else None for partner, rate in per_second.items()
    }


def test_a_job_takes_no_slot_from_the_queues_other_work(tmp_path, built):
    """It holds its slot for an hour: with the fewest threads there must still be some for the rest."""
    parts = container_of(load_settings(None, sandbox="1", data_dir=str(tmp_path), worker={"threads": 1}))
    working.build_workers(None, parts, None)
    parts.database.close()
    for queue, options in built.items():
        held = sum(JOB_WORK[job].queue == queue for job in here())
        assert options["max_concurrent_activities"] - held >= 2


def test_cases_for_a_network_that_is_not_here_are_still_worked_on(parts, built, monkeypatch):
    monkeypatch.setattr(working, "networks_of", lambda _parts: {})
    working.build_workers(None, parts, None)
    for partner in Partner:
        assert activities(built, partner_queue(partner)) == {
            "send_command",
            "pass_on",
            "fetch_file",
        }  # they wait, and say so


def test_every_step_that_may_be_stuck_has_words(parts, built):
    working.build_workers(None, parts, None)
    assert {name for queue in built for name in activities(built, queue)} == set(STEPS)
    wired = jobs.jobs_of(None, parts, networks_of(parts), carrier_of(parts.settings), None, None)
    assert {part.__name__ for todo in wired.values() for part in todo} == set(PARTS)
    assert all(re.search("[一-鿿]", words) for words in [*STEPS.values(), *PARTS.values()])


def test_no_activity_is_outside_of_the_one_that_tells_what_failed(parts, built):
    working.build_workers(None, parts, None)
    assert all(len(options["interceptors"]) == 1 for options in built.values())
