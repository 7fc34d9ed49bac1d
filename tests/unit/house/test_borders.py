"""The guard of tests/borders.py refuses what is not ours, whatever the program makes of it, and lets ours through."""

import socket
import subprocess
import threading

import pytest
from temporalio.client import Client

from runtime.ports import free_port, is_free
from tests import borders

STRANGE = ("127.0.0.1", 7233)
EVERY_PORT = {"PORT": "1", "TEMPORAL_UI_PORT": "2", "SANDBOX_PARTNERS_PORT": "3", "SANDBOX_COURIERS_PORT": "4"}


@pytest.mark.parametrize("ask", [socket.socket.connect, socket.socket.connect_ex, socket.socket.bind])
def test_a_port_that_nobody_has_handed_out_is_refused_and_told(ask):
    with socket.socket() as one, pytest.raises(ConnectionRefusedError):
        ask(one, STRANGE)
    assert len(borders.crossed()) == 1


def test_another_machine_is_refused_even_on_a_port_of_ours():
    port = free_port()
    with socket.socket() as one, pytest.raises(ConnectionRefusedError):
        one.connect(("192.0.2.1", port))
    assert borders.crossed() == [f"connection to 192.0.2.1:{port}"]


def test_what_a_program_swallows_is_told_all_the_same():
    assert not is_free(*STRANGE)
    assert borders.crossed() == ["bind to 127.0.0.1:7233"]


async def test_a_client_of_an_engine_that_is_not_ours_is_refused_before_it_asks():
    for lazy in (False, True):
        with pytest.raises(ConnectionRefusedError):
            await Client.connect("127.0.0.1:7233", lazy=lazy)
    assert len(borders.crossed()) == 2


def test_what_listens_here_is_ours():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = threading.Thread(target=listening.accept)
        taken.start()
        socket.create_connection(listening.getsockname()).close()
        taken.join(10)
    assert borders.crossed() == []


def test_nowhere_is_ours_and_nobody_answers():
    with socket.socket() as one:
        assert one.connect_ex(("127.0.0.1", borders.nowhere())) != 0
    assert borders.crossed() == []


@pytest.mark.parametrize("left_out", [*EVERY_PORT, "TEMPORAL_PORT"])
def test_a_program_of_ours_is_told_every_port(left_out):
    told = {name: value for name, value in {**EVERY_PORT, "TEMPORAL_PORT": "5"}.items() if name != left_out}
    with pytest.raises(ConnectionRefusedError):
        subprocess.run(["bin/kuayu", "up"], env=told, check=False)
    (said,) = borders.crossed()
    assert left_out in said


def test_other_programs_are_nobodys_matter():
    subprocess.run(["true"], env={}, check=True)
    assert borders.crossed() == []
