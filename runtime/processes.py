"""A small supervisor: starts processes when what they need is ready, restarts the dead, stops all in order.

It knows nothing of Kuayu; `runtime.up` says which processes make the whole system.
"""

import asyncio
import signal
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import KuayuError
from runtime import child
from runtime.fetching import Say

Probe = Callable[[], Awaitable[bool]]
"""Answers whether a process does its work now; never raises."""

_LOOK_EVERY_S = 0.1
_PROBE_WITHIN_S = 2.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
_HEALTHY_S = 30.0  # after so long alive, the next pause is short again
_TRIES_BEFORE_READY = 3
_TAIL_LINES = 20


class ProcessFailed(KuayuError):
    """A process ended before it was ready, again and again; its last lines were shown."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process of the system.

    `env`: added to our environment. `ready`: a URL that answers 2xx, or a probe; None: ready as soon as it runs.
    `after`: names of processes that must be ready first. A `once` process runs to its end and is ready when it exits
    0. `ready_within_s`: ended and started again after that. `stop_within_s`: killed after that.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | Probe | None = None
    after: tuple[str, ...] = ()
    once: bool = False
    ready_within_s: float = 60
    stop_within_s: float = 10


def url_probe(url: str) -> Probe:
    """A probe: True when `url` answers 2xx within 2 s. For addresses on this machine, so a proxy is never asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask() -> bool:
        try:
            with opener.open(url, timeout=_PROBE_WITHIN_S) as answer:
                return bool(200 <= answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False

    async def probe() -> bool:
        return await asyncio.to_thread(ask)

    return probe


class _Running:
    """One spec and what has become of it."""

    def __init__(self, spec: ProcessSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self.ready = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self._probe = url_probe(spec.ready) if isinstance(spec.ready, str) else spec.ready

    @property
    def returncode(self) -> int | None:
        return self.process.returncode if self.process else None

    async def start(self) -> None:
        self.process = await child.launch(self.spec.argv, env=self.spec.env, log=self.log)

    async def ended(self) -> None:
        """Returns when the process has; never for one that has done its work."""
        if self.process is None or self.spec.once:
            await asyncio.Event().wait()
        else:
            await self.process.wait()

    async def until_ready(self) -> bool:
        """True once it does its work, False when it ended or took too long before that."""
        if self.process is None:
            return False
        if self.spec.once:
            return await self.process.wait() == 0
        if self._probe is None:
            return True
        try:
            async with asyncio.timeout(self.spec.ready_within_s):
                return await self._until_probed(self.process, self._probe)
        except TimeoutError:
            await child.stop(self.process, self.spec.stop_within_s)
            return False

    async def _until_probed(self, process: asyncio.subprocess.Process, probe: Probe) -> bool:
        while process.returncode is None:
            if await probe():
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False


async def _all(waits: Iterable[Awaitable[object]]) -> None:
    await asyncio.gather(*waits)


class Supervisor:
    """Runs specs until `stop` is called. Each process writes to `log_dir`/NAME.log; `say` takes lines for people."""

    def __init__(self, specs: Sequence[ProcessSpec], log_dir: Path, say: Say) -> None:
        self._all = {spec.name: _Running(spec, log_dir / f"{spec.name}.log") for spec in specs}
        self._say = say
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to stop everything and return; safe to call again, and from a signal handler."""
        self._stopping.set()

    def pid(self, name: str) -> int | None:
        """The process number that runs, or ran last, under this name; None before its first start."""
        process = self._all[name].process
        return process.pid if process else None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call `on_ready` once all are ready, keep them alive, and stop them in reverse order at the end.

        Ends on `stop()`, SIGINT or SIGTERM.

        Raises:
            ProcessFailed: one can't be brought up; all others are stopped then too.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)
        tasks = [asyncio.create_task(self._keep(running)) for running in self._all.values()]
        tasks.append(asyncio.create_task(self._announce(on_ready)))
        try:
            # Every task lasts until we stop, so the first one to end has failed or was stopped.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._stopping.set()
            await self._stop_all()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop_all()  # one that was being started meanwhile

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        if await self._or_stop(*(running.ready.wait() for running in self._all.values())):
            on_ready()
        await self._stopping.wait()

    async def _keep(self, running: _Running) -> None:
        """Bring one process up and keep it up until we stop."""
        if not await self._or_stop(*(self._all[name].ready.wait() for name in running.spec.after)):
            return
        pause_s, tries = _FIRST_PAUSE_S, 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            await running.start()
            if await running.until_ready():
                running.ready.set()
                await self._or_stop(running.ended())
            if self._stopping.is_set():
                return
            tries += 1
            self._report(running, pause_s)
            if not running.ready.is_set() and (running.spec.once or tries >= _TRIES_BEFORE_READY):
                raise ProcessFailed(f"{running.spec.name} can't be brought up; all it said is in {running.log}")
            await self._or_stop(asyncio.sleep(pause_s))
            lived_s = asyncio.get_running_loop().time() - started
            pause_s = _FIRST_PAUSE_S if lived_s > _HEALTHY_S else min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _or_stop(self, *waits: Awaitable[object]) -> bool:
        """Wait for all of `waits`, but no longer than until we stop; True when they came first."""
        both = asyncio.create_task(_all(waits))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([both, stopping], return_when=asyncio.FIRST_COMPLETED)
        came = both.done()
        both.cancel()
        stopping.cancel()
        await asyncio.wait([both, stopping])
        return came and not self._stopping.is_set()

    def _report(self, running: _Running, pause_s: float) -> None:
        name = running.spec.name
        for line in child.tail(running.log, _TAIL_LINES):
            self._say(f"{name} | {line}")
        self._say(f"{name} ended with code {running.returncode}; starting it again in {pause_s:g} s")

    async def _stop_all(self) -> None:
        for running in reversed(self._all.values()):
            if running.process is not None:
                await child.stop(running.process, running.spec.stop_within_s)
