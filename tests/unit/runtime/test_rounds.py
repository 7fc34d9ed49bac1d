"""Every round has its work, its queue and its time; a network's rounds are on its own queue."""

from temporalio import activity

from domain.naming import CARRIER_QUEUE, CASES_QUEUE, partner_queue
from domain.rounds import ROUND_WORK, Round
from domain.terms import Partner
from runtime import working
from runtime.components import parts_of
from runtime.networks import is_connected
from runtime.schedules import DAILY, intervals
from runtime.settings import load_settings


def test_every_round_is_scheduled_once(tmp_path):
    often = intervals(load_settings(None, sandbox="1", data_dir=str(tmp_path)))
    assert set(often) | set(DAILY) == set(ROUND_WORK) == set(Round)
    assert not set(often) & set(DAILY)


def test_one_networks_rounds_never_wait_behind_anothers():
    for name, work in ROUND_WORK.items():
        partner = next((p for p in Partner if name.endswith(p)), None)
        assert work.queue in ((partner_queue(partner),) if partner else (CASES_QUEUE, CARRIER_QUEUE))


def test_gaps_are_looked_for_every_minute_of_business_time(tmp_path):
    for scale, seconds in ((1, 60), (60, 1), (100_000, 1)):
        settings = load_settings(None, sandbox="1", data_dir=str(tmp_path), time_scale=scale)
        assert intervals(settings)[Round.HEAL_SICHUAN].total_seconds() == seconds


def test_workers_do_what_is_scheduled_and_keep_each_networks_rate(tmp_path, monkeypatch):
    built = {}
    monkeypatch.setattr(working, "Worker", lambda _client, **options: built.update({options["task_queue"]: options}))
    parts = parts_of(load_settings(None, sandbox="1", data_dir=str(tmp_path), southwest={"per_second": 3}))
    working.build_workers(None, parts, None)
    parts.database.close()

    def activities(queue: str) -> set[str]:
        return {activity._Definition.must_from_callable(one).name for one in built[queue]["activities"]}

    here = [work for work in ROUND_WORK.values() if work.partner is None or is_connected(work.partner)]
    assert all(work.activity in activities(work.queue) for work in here)
    rates = {queue: options["max_task_queue_activities_per_second"] for queue, options in built.items()}
    per_second = dict.fromkeys(Partner, 50) | {Partner.SOUTHWEST: 3}
    assert rates == {CASES_QUEUE: None, CARRIER_QUEUE: None} | {
        partner_queue(partner): rate if is_connected(partner) else None for partner, rate in per_second.items()
    }


def test_cases_for_a_network_that_is_not_here_are_still_worked_on(tmp_path, monkeypatch):
    built = {}
    monkeypatch.setattr(working, "Worker", lambda _client, **options: built.update({options["task_queue"]: options}))
    monkeypatch.setattr(working, "networks_of", lambda _parts: {})
    parts = parts_of(load_settings(None, sandbox="1", data_dir=str(tmp_path)))
    working.build_workers(None, parts, None)
    parts.database.close()
    for partner in Partner:
        assert len(built[partner_queue(partner)]["activities"]) == 2  # they wait, and say so
