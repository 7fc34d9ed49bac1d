"""Runs the tests of a module against its mutants: `python -m tests.mutation.running ANSWER` in a copy of the tree.

Each run is a fork of one process that has everything imported but our own modules. The mutant lives in the memory of
its fork; no file changes.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import Mutant, mutants, sample

FOLDER = Path(__file__).parent
AT_ONCE = 2
_MEMORY_BYTES = 4 << 30
_CPU_S, _PATIENCE_S = 20, 180  # a mutant that takes longer is noticed; processor time, so that no other load counts
_PLAIN = ("-q", "-p", "no:cacheprovider", "-p", "anyio.pytest_plugin", "-p", "_hypothesis_pytestplugin")
_PASSED = 0  # pytest's exit code


class Module(NamedTuple):
    """A line of `modules.toml`. `skip`: tests that say nothing about it or take long (an expression of `-k`)."""

    name: str
    path: str
    tests: list[str]
    sample: int
    skip: list[str]

    @property
    def imported_as(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    def chosen(self, root: Path) -> list[Mutant]:
        return sample(mutants((root / self.path).read_text()), self.sample)


def modules() -> list[Module]:
    table = tomllib.loads((FOLDER / "modules.toml").read_text())
    usual = table["usual"]
    return [
        Module(
            name, line["path"], line["tests"], line.get("sample", usual["sample"]), usual["skip"] + line.get("skip", [])
        )
        for name, line in table["module"].items()
    ]


class _Loader(SourceFileLoader):
    source: str

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Imports one module from another source than its file's."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None and spec.origin is not None
        spec.loader = loader = _Loader(fullname, spec.origin)
        loader.source = self._source
        return spec


def _tested(module: Module, source: str | None) -> int:
    """In a fork: the exit code of the module's tests; with `source` instead of its own."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    if source is not None:
        sys.meta_path.insert(0, _Finder(module.imported_as, source))
    settings.register_profile(
        "mutation",
        derandomize=True,  # what survives must not be a matter of luck
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    with tempfile.TemporaryDirectory() as folder:
        skip = " or ".join(module.skip)
        return pytest.main(["-x", *_PLAIN, "--basetemp", f"{folder}/t", "-k", f"not ({skip})", *module.tests])


def _fork(work: Callable[[], int], say: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        with say.open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        code = work()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _waited(pid: int, seconds: float) -> int | None:
    """Its exit code; None when it has taken too long or died."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    _killed(pid)
    os.waitpid(pid, 0)
    return None


def _killed(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _warm(every: list[Module], folder: Path, root: Path) -> None:
    """Import what the tests need from outside; our own modules each fork imports for itself."""
    names = folder / "names.json"

    def collect() -> int:
        all_tests = sorted({test for module in every for test in module.tests})
        code = pytest.main(["--collect-only", *_PLAIN, *all_tests])
        ours = (str(root), "tests.")
        outside = [
            name
            for name, module in sys.modules.items()
            if not str(getattr(module, "__file__", None) or root).startswith(str(root)) and not name.startswith(ours)
        ]
        names.write_text(json.dumps(outside))
        return code

    code = _waited(_fork(collect, folder / "collected.txt"), 300)
    if code != 0:
        raise SystemExit((folder / "collected.txt").read_text())
    for name in json.loads(names.read_text()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _survivors(module: Module, root: Path, folder: Path) -> Iterator[Mutant]:
    """The mutants that no test notices; two at once."""
    waiting = module.chosen(root)
    running: dict[int, tuple[Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop()
            pid = _fork(lambda one=mutant: _tested(module, one.source), folder / f"said-{len(waiting)}.txt")
            running[pid] = (mutant, time.monotonic() + _PATIENCE_S)
        time.sleep(0.01)
        for pid, (mutant, end) in list(running.items()):
            found, status = os.waitpid(pid, os.WNOHANG)
            if not found and time.monotonic() < end:
                continue
            if not found:
                _killed(pid)
                os.waitpid(pid, 0)
            del running[pid]
            if found and os.waitstatus_to_exitcode(status) == _PASSED:
                yield mutant


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _judge(module: Module, root: Path, folder: Path) -> dict[str, Any]:
    begin = _processor_s()
    if _waited(_fork(lambda: _tested(module, None), folder / "as-it-stands.txt"), _PATIENCE_S) != _PASSED:
        raise SystemExit(f"{module.path} fails its tests as it stands\n{(folder / 'as-it-stands.txt').read_text()}")
    tried, alive = module.chosen(root), sorted(_survivors(module, root, folder))
    used = _processor_s() - begin
    print(
        f"{module.path}: {len(tried) - len(alive)} of {len(tried)} noticed, {used:.0f} s of processor time", flush=True
    )
    for one in alive:
        where = f"{module.path}:{one.line} in {one.where or 'the module'}"
        print(f"  {where}\n    was {one.was}\n    now {one.now}", flush=True)
    return {"tried": [one.key for one in tried], "survived": [one.key for one in alive]}


def main(answer: Path, only: list[str]) -> None:
    root = Path.cwd()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # looking for plugins takes longer than most tests
    every = [module for module in modules() if not only or module.name in only]
    with tempfile.TemporaryDirectory(prefix="mutation-") as made:
        folder = Path(made)
        _warm(every, folder, root)
        answer.write_text(json.dumps({module.name: _judge(module, root, folder) for module in every}))
    print(f"{_processor_s():.0f} s of processor time in all")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
