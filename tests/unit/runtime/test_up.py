"""What `kuayu up` starts, and that it refuses before anything is started."""

import socket
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from runtime.claim import claimed
from runtime.server_binary import ServerBinary, Source
from runtime.up import run_up, system

BINARY = ServerBinary(path=Path("/opt/temporal"), server_version="1.29.1", source=Source.PATH)


def test_the_whole_system_starts_in_order(make_settings):
    specs = {spec.name: spec for spec in system(make_settings(), BINARY)}
    assert list(specs) == ["temporal", "partners", "couriers", "migrate", "worker", "web"]
    assert specs["migrate"].once
    assert specs["worker"].after == ("temporal", "migrate")
    assert specs["web"].after == ("migrate",)  # cases are registered while Temporal is away
    assert all(spec.ready or spec.once for spec in specs.values())


def test_with_a_cluster_and_real_partners_only_our_own_processes_are_started(make_settings):
    settings = make_settings(temporal_address="temporal:7233").model_copy(update={"sandbox": False})
    assert [spec.name for spec in system(settings, None)] == ["migrate", "worker", "web"]


def test_every_need_is_started_before(make_settings):
    started: set[str] = set()
    for spec in system(make_settings(), BINARY):
        assert set(spec.after) <= started
        started.add(spec.name)


def test_our_processes_get_the_settings_that_were_chosen(make_settings):
    settings = make_settings(time_scale="60", demo_users="1")
    for spec in system(settings, BINARY):
        if spec.name in ("migrate", "worker", "web"):
            assert spec.env["TIME_SCALE"] == "60"
            assert spec.env["DEMO_USERS"] == spec.env["SANDBOX"] == "1"
            assert spec.env["TEMPORAL_PORT"] == str(settings.temporal_port)
            assert spec.env["DATA_DIR"] == str(settings.data_dir)


def test_the_played_partners_use_the_played_couriers_wherever_they_are(make_settings):
    settings = make_settings(sandbox_couriers_port="9911")
    partners = next(spec for spec in system(settings, BINARY) if spec.name == "partners")
    assert "http://127.0.0.1:9911" in partners.argv


async def test_a_taken_port_is_told_before_anything_is_started(make_settings):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = make_settings(port=other.getsockname()[1])
        with pytest.raises(Misconfigured, match="set PORT to another port"):
            await run_up(settings, print)
    assert not (settings.data_dir / "logs").exists()


async def test_a_second_system_on_the_same_folder_is_refused(make_settings, temporal_binary):
    settings = make_settings(temporal_bin=temporal_binary.path)
    with claimed(settings.data_dir, {}), pytest.raises(Misconfigured, match="already runs"):
        await run_up(settings, print)
