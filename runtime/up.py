"""The whole system on this machine, as `kuayu up` and `make run` start it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.naming import CASES_QUEUE
from runtime.claim import claimed
from runtime.embedded import READY_S, STOP_S, claim_files, server_argv
from runtime.fetching import Say
from runtime.ports import settle_ports
from runtime.private_files import make_private
from runtime.processes import ProcessSpec, Supervisor
from runtime.server_binary import ServerBinary, find_server
from runtime.settings import Settings
from runtime.temporal import has_worker, is_serving


async def run_up(settings: Settings, say: Say) -> None:
    """Start everything, say `ready URL`, keep it going, and return after SIGINT or SIGTERM with all stopped.

    Raises:
        Misconfigured: before anything is started: a port is taken, no Temporal server, the data folder is in use.
        ProcessFailed: a process can't be brought up.
    """
    settings = await settle_ports(settings)
    binary = find_server(settings.temporal_bin, say) if settings.embedded else None
    with claimed(settings.data_dir, settings.environment()):
        make_private(settings.data_dir)
        if binary:
            claim_files(settings.data_dir, binary.server_version)
        logs = settings.data_dir / "logs"
        say(f"starting; logs are in {logs}")
        supervisor = Supervisor(list(system(settings, binary)), logs, say)
        await supervisor.run(lambda: _announce(settings, say))
        say("stopped")


def _announce(settings: Settings, say: Say) -> None:
    if settings.embedded:
        say(f"temporal {settings.temporal_ui_url}")
    say(f"ready {settings.web_url}")


def system(settings: Settings, binary: ServerBinary | None) -> Iterator[ProcessSpec]:
    """The processes in the order of their start; each says what must be ready before it."""
    environment = settings.environment()
    if binary:
        yield ProcessSpec(
            name="temporal",
            argv=server_argv(binary, settings),
            ready=lambda: is_serving(settings),
            ready_within_s=READY_S,
            stop_within_s=STOP_S,
        )
    if settings.sandbox:
        yield from _sandbox(settings)
    yield ProcessSpec("migrate", _kuayu("migrate"), environment, once=True)
    yield ProcessSpec(
        name="worker",
        argv=_kuayu("worker"),
        env=environment,
        ready=lambda: has_worker(settings, CASES_QUEUE),
        after=("temporal", "migrate") if binary else ("migrate",),
        stop_within_s=settings.worker.shutdown_s + 5,
    )
    yield ProcessSpec("web", _kuayu("web"), environment, ready=f"{settings.web_url}/readyz", after=("migrate",))


def sandbox_argv(settings: Settings, part: str, *, port: int = 0, state: Path | None = None) -> list[str]:
    """The command line of a played program: `partners` or `couriers`. Port 0 takes the settings' own."""
    partners, couriers = settings.sandbox_partners_port, settings.sandbox_couriers_port
    key = settings.courier.key.get_secret_value()
    argv = [sys.executable, "-m", "sandbox.main" if part == "partners" else "sandbox.couriers"]
    argv += ["--port", str(port or (partners if part == "partners" else couriers)), "--kuayu-url", settings.web_url]
    if part == "partners":
        argv += ["--carrier-url", f"http://127.0.0.1:{couriers}", "--carrier-key", key]
    else:
        argv += ["--key", key, "--sms-key", settings.sms.key.get_secret_value()]
        argv += ["--sms-receipt-key", settings.sms.receipt_key.get_secret_value()]
    return [*argv, "--state", str(state)] if state else argv


def _sandbox(settings: Settings) -> Iterator[ProcessSpec]:
    for part, port in (("partners", settings.sandbox_partners_port), ("couriers", settings.sandbox_couriers_port)):
        state = settings.data_dir / f"sandbox-{part}.db"
        yield ProcessSpec(
            name=part,
            argv=tuple(sandbox_argv(settings, part, state=state)),
            ready=f"http://127.0.0.1:{port}/healthz",
        )


def _kuayu(command: str) -> tuple[str, str]:
    return str(Path(sys.executable).with_name("kuayu")), command
