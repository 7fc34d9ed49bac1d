"""The supervisor with small real processes: order, readiness, restarts, stopping, and that nobody outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.ports import free_port
from runtime.processes import ProcessFailed, ProcessSpec, Supervisor, url_probe

STAY = "import time; time.sleep(600)"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def exists(path: Path):
    async def probe() -> bool:
        return os.path.exists(path)  # noqa: ASYNC240, PTH110 – local and quick

    return probe


def alive(pid: int | None) -> bool:
    assert pid is not None
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def until(holds: Callable[[], bool], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 – other processes tell us nothing
            await asyncio.sleep(0.02)


@pytest.fixture
def said() -> list[str]:
    return []


async def test_each_starts_when_what_it_needs_is_ready_and_all_stop_in_reverse(tmp_path, said):
    trace = tmp_path / "trace"

    def traced(name: str) -> tuple[str, ...]:
        return python(
            f"import signal, sys, time\n"
            f"def note(what): open({str(trace)!r}, 'a').write(what + ' {name}\\n')\n"
            f"def end(*_): note('stop'); sys.exit()\n"
            f"signal.signal(signal.SIGTERM, end)\n"
            f"time.sleep(0.3); note('start'); open({str(tmp_path / name)!r}, 'w'); time.sleep(600)"
        )

    note = f"open({str(trace)!r}, 'a').write('once migrate\\n')"
    specs = [
        ProcessSpec("server", traced("server"), ready=exists(tmp_path / "server")),
        ProcessSpec("migrate", python(note), after=("server",), once=True),
        ProcessSpec("worker", traced("worker"), after=("migrate",), ready=exists(tmp_path / "worker")),
    ]
    supervisor = Supervisor(specs, tmp_path, said.append)
    await supervisor.run(on_ready=supervisor.stop)
    assert trace.read_text().splitlines() == [
        "start server",
        "once migrate",
        "start worker",
        "stop worker",
        "stop server",
    ]
    assert said == []


async def test_ready_is_said_only_when_all_are(tmp_path, said):
    gate = tmp_path / "gate"
    supervisor = Supervisor(
        [ProcessSpec("a", python(STAY)), ProcessSpec("b", python(STAY), ready=exists(gate))], tmp_path, said.append
    )
    running = asyncio.create_task(supervisor.run(lambda: said.append("ready")))
    await until(lambda: supervisor.pid("a") is not None and supervisor.pid("b") is not None)
    assert said == []
    gate.touch()
    await until(lambda: said == ["ready"])
    supervisor.stop()
    await running


async def test_one_that_dies_is_started_again_and_its_last_words_are_shown(tmp_path, said):
    supervisor = Supervisor(
        [ProcessSpec("worker", python(f"print('my last words', flush=True); {STAY}"))], tmp_path, said.append
    )
    running = asyncio.create_task(supervisor.run(lambda: None))
    await until(lambda: (tmp_path / "worker.log").exists() and "words" in (tmp_path / "worker.log").read_text())
    first = supervisor.pid("worker")
    assert first
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.pid("worker") not in (None, first))
    assert "worker | my last words" in said
    assert any(line.startswith("worker ended with code -9; starting it again in 0.5 s") for line in said)
    supervisor.stop()
    await running
    assert not alive(supervisor.pid("worker"))


async def test_pauses_grow_to_a_bound(tmp_path, said, monkeypatch):
    monkeypatch.setattr("runtime.processes._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("runtime.processes._LONGEST_PAUSE_S", 0.04)
    supervisor = Supervisor([ProcessSpec("worker", python("raise SystemExit(3)"))], tmp_path, said.append)
    running = asyncio.create_task(supervisor.run(lambda: None))
    await until(lambda: len(said) >= 5)
    supervisor.stop()
    await running
    pauses = [line.split(" in ")[1] for line in said if "starting it again" in line][:5]
    assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.04 s", "0.04 s"]


async def test_one_that_can_not_be_brought_up_ends_all(tmp_path, said, monkeypatch):
    monkeypatch.setattr("runtime.processes._FIRST_PAUSE_S", 0.01)
    never = exists(tmp_path / "never")
    specs = [
        ProcessSpec("server", python(STAY)),
        ProcessSpec("web", python("print('port taken'); raise SystemExit(1)"), ready=never),
    ]
    supervisor = Supervisor(specs, tmp_path, said.append)
    with pytest.raises(ProcessFailed, match=r"web can't be brought up; .*web\.log"):
        await supervisor.run(lambda: said.append("ready"))
    assert "web | port taken" in said
    assert "ready" not in said
    assert not alive(supervisor.pid("server"))


async def test_a_failed_migration_is_not_tried_again(tmp_path, said):
    runs = tmp_path / "runs"
    once = ProcessSpec("migrate", python(f"open({str(runs)!r}, 'a').write('x'); raise SystemExit(2)"), once=True)
    with pytest.raises(ProcessFailed, match="migrate"):
        await Supervisor([once], tmp_path, said.append).run(lambda: None)
    assert runs.read_text() == "x"


async def test_one_that_is_never_ready_is_given_up(tmp_path, said, monkeypatch):
    monkeypatch.setattr("runtime.processes._FIRST_PAUSE_S", 0.01)
    spec = ProcessSpec("web", python(STAY), ready=exists(tmp_path / "never"), ready_within_s=0.2)
    with pytest.raises(ProcessFailed, match="web"):
        await Supervisor([spec], tmp_path, said.append).run(lambda: None)


async def test_one_that_does_not_listen_to_a_gentle_stop_is_killed(tmp_path, said):
    ready = tmp_path / "ready"
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(ready)!r}, 'w'); {STAY}"
    supervisor = Supervisor(
        [ProcessSpec("deaf", python(deaf), ready=exists(ready), stop_within_s=0.3)], tmp_path, said.append
    )
    await supervisor.run(on_ready=supervisor.stop)
    assert not alive(supervisor.pid("deaf"))


async def test_a_stop_during_the_start_leaves_nothing_behind(tmp_path, said):
    specs = [
        ProcessSpec("server", python(STAY), ready=exists(tmp_path / "never")),
        ProcessSpec("worker", python(STAY), after=("server",)),
    ]
    supervisor = Supervisor(specs, tmp_path, said.append)
    running = asyncio.create_task(supervisor.run(lambda: said.append("ready")))
    await until(lambda: supervisor.pid("server") is not None)
    supervisor.stop()
    await running
    assert not alive(supervisor.pid("server"))
    assert supervisor.pid("worker") is None
    assert said == []


async def test_a_url_is_ready_when_it_answers(tmp_path, said):
    port = free_port()
    probe = url_probe(f"http://127.0.0.1:{port}/")
    assert not await probe()
    spec = ProcessSpec(
        "web",
        (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)),
        ready=f"http://127.0.0.1:{port}/",
    )
    supervisor = Supervisor([spec], tmp_path, said.append)
    answers = []

    async def ask_and_stop() -> None:
        answers.append(await probe())
        answers.append(await url_probe(f"http://127.0.0.1:{port}/missing")())
        supervisor.stop()

    asking: list[asyncio.Task[None]] = []
    await supervisor.run(lambda: asking.append(asyncio.create_task(ask_and_stop())))
    assert answers == [True, False]


PROGRAM = """
import asyncio, sys
from pathlib import Path
from runtime.processes import ProcessSpec, Supervisor
code = "import os, time; open(os.environ['PIDS'], 'a').write(f'{os.getpid()}\\\\n'); time.sleep(600)"
specs = [ProcessSpec(name, (sys.executable, "-c", code)) for name in ("a", "b")]
asyncio.run(Supervisor(specs, Path(sys.argv[1]), print).run(lambda: print("ready", flush=True)))
"""


@pytest.fixture
def supervised(tmp_path):
    """A supervisor as a program of its own, and the numbers of its two children."""
    pids = tmp_path / "pids"
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={**os.environ, "PIDS": str(pids)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout
    assert program.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 20
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield program, [int(pid) for pid in pids.read_text().split()]
    program.kill()
    program.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_cleanly(supervised, number):
    program, children = supervised
    program.send_signal(number)
    assert program.wait(20) == 0
    assert not any(alive(pid) for pid in children)


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel ends children with their parent")
async def test_children_die_with_a_killed_supervisor(supervised):
    program, children = supervised
    program.kill()
    await until(lambda: not any(alive(pid) for pid in children))
