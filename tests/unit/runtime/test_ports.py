import asyncio
import socket
import subprocess
import sys

import pytest

from domain.errors import Misconfigured
from runtime.ports import free_port, is_free, settle_ports
from runtime.settings import load_settings


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_free_and_taken(listener):
    assert not is_free("127.0.0.1", listener.getsockname()[1])
    assert is_free("127.0.0.1", free_port())


def test_a_port_that_was_chosen_is_nobody_elses_and_our_server_can_listen_on_it():
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    for port in ports[:3]:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), timeout=5):
            assert not is_free("127.0.0.1", port)


CLAIMS = """
import sys
from runtime.ports import claimed
print(claimed(int(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another_system():
    """A process that has claimed a port and does not listen on it yet; it can be ended."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", CLAIMS, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "True\n"
        yield port, other
        other.kill()


async def test_two_systems_that_start_at_once_take_different_ports(make_settings, another_system):
    port, other = another_system
    settings = make_settings(temporal_port=port)
    settings.model_fields_set.clear()
    assert (await settle_ports(settings, patience_s=0)).temporal_port != port
    with pytest.raises(Misconfigured, match=f"Port {port} "):
        await settle_ports(make_settings(port=port), patience_s=0)
    other.kill()  # however it ends, its claim ends with it
    other.wait()
    assert (await settle_ports(make_settings(port=port), patience_s=5)).port == port


@pytest.mark.parametrize("name", ["port", "temporal_port", "temporal_ui_port", "sandbox_couriers_port"])
async def test_a_named_port_that_is_taken_stops_the_start(make_settings, listener, name):
    settings = make_settings(**{name: listener.getsockname()[1]})
    with pytest.raises(Misconfigured, match=rf"Port {listener.getsockname()[1]} .* set {name.upper()} to another"):
        await settle_ports(settings, patience_s=0)


async def test_an_inner_port_that_nobody_named_gives_way(make_settings, tmp_path, listener, monkeypatch):
    taken = listener.getsockname()[1]
    settings = make_settings(temporal_port=taken)
    settings.model_fields_set.clear()
    settled = await settle_ports(settings, patience_s=0)
    assert settled.temporal_port != taken
    assert is_free("127.0.0.1", settled.temporal_port)
    assert settled.sandbox_partners_port == settings.sandbox_partners_port
    monkeypatch.setenv("SANDBOX_PARTNERS_PORT", settled.environment()["SANDBOX_PARTNERS_PORT"])
    children = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert children.sichuan.base_url == f"http://127.0.0.1:{settled.sandbox_partners_port}"


async def test_a_cluster_needs_no_port_of_ours(make_settings, listener):
    settings = make_settings(temporal_address="temporal:7233", temporal_port=listener.getsockname()[1])
    assert await settle_ports(settings, patience_s=0) == settings


async def test_a_killed_system_may_take_a_moment_to_let_go(make_settings, listener):
    settings = make_settings(port=listener.getsockname()[1])
    waiting = asyncio.create_task(settle_ports(settings, patience_s=20))
    await asyncio.sleep(0)
    listener.close()
    assert (await waiting).port == settings.port
