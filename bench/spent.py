"""Where the processor time of an online case goes: samples of what the worker and the web process were doing.

py-spy looks at the Python threads that run, a hundred times a second, while cases are carried on the embedded server;
beside it the bare engine's worker. A sample counts for the layer of its innermost frame that has one. What the
processes used and no sample shows is native: Temporal's core in Rust, SQLite and compression outside of the
interpreter's lock. `python -m bench.spent` writes bench/results/spent.json.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bench.figures import SHORT, write
from bench.houses import embedded_house
from bench.processor import processes, processor_ms
from bench.shapes import SHAPES

CASES: Final = 4 if SHORT else 180
WARM_CASES: Final = 2 if SHORT else 30
RATE_PER_S: Final = 100
_PROJECT = str(Path(__file__).parents[1])
LAYERS: Final = {
    "sealing": ("/cryptography/", "/storage/sealing.py", "/runtime/codec.py", "/hashlib.py", "/hmac.py"),
    "database": ("/sqlalchemy/", "/sqlite3/", "/psycopg/", "/storage/base.py", "/storage/group_write.py"),
    "models and JSON": ("/pydantic/", "/pydantic_core/", "/json/"),
    "web server": ("/starlette/", "/fastapi/", "/uvicorn/", "/h11/", "/httptools/", "/anyio/"),
    "calls of others": ("/requests/", "/urllib3/", "/http/client.py", "/ssl.py", "/socket.py"),
    "logs": ("/structlog/", "/logging/"),
    "Temporal's SDK": ("/temporalio/", "/google/protobuf/"),
    "event loop and threads": ("/asyncio/", "/concurrent/", "/threading.py", "/selectors.py", "/queue.py"),
    "our own code": (_PROJECT,),
}
"""Layer → parts of a file's name; the first that fits."""
NATIVE: Final = "native, not in Python"


async def measure() -> dict[str, Any]:
    """Layer → milliseconds a case, of each process of ours and of the bare engine's worker."""
    shape = next(shape for shape in SHAPES if shape.name == "online")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with embedded_house(folder) as house:
            loop = asyncio.get_running_loop()

            def bare(cases: int) -> None:
                passing = house.bare.pass_of(shape.outline, cases, shape.at_once)
                asyncio.run_coroutine_threadsafe(passing, loop).result()

            def ours(cases: int) -> None:
                house.ours.pass_of(shape, cases, shape.at_once)

            whole = house.system.process.pid
            sides = {
                "ours, worker": (ours, whole, None, "worker"),
                "ours, web": (ours, whole, None, "web"),
                "bare, worker": (bare, os.getpid(), whole, "worker"),
            }
            return {said: await asyncio.to_thread(_spent, folder, *side) for said, side in sides.items()}


def _spent(folder: Path, run: Callable[[int], None], root: int, without: int | None, part: str) -> dict[str, float]:
    """One part at a time, so that the looking disturbs only what is looked at."""
    run(WARM_CASES)
    before = processor_ms(root, without)[part]
    with ExitStack() as stack:
        looked_at = processes(root, part, without)
        files = [stack.enter_context(_sampled(process, folder / f"{process}.raw")) for process in looked_at]
        run(CASES)
    used = processor_ms(root, without)[part] - before
    samples: Counter[str] = Counter()
    for file in files:
        samples += by_layer(file.read_text("utf-8").splitlines())
    found = {layer: 1000 / RATE_PER_S * count / CASES for layer, count in samples.most_common()}
    found[NATIVE] = max(0.0, used / CASES - sum(found.values()))
    return {layer: round(ms, 1) for layer, ms in found.items()}


@contextmanager
def _sampled(process: int, file: Path) -> Iterator[Path]:
    """Stacks of a process are counted into a file that is there when it ends."""
    spy = str(Path(sys.executable).with_name("py-spy"))
    words = [spy, "record", "--pid", str(process), "--rate", str(RATE_PER_S), "--duration", "unlimited"]
    words += ["--format", "raw", "--full-filenames", "--threads", "--output", str(file)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as looking:
        try:
            yield file
        finally:
            looking.send_signal(signal.SIGINT)
            said = looking.communicate(timeout=60)[1]
    if not file.exists():
        raise RuntimeError(f"py-spy wrote nothing: {said.decode()[-500:]}")


def by_layer(lines: Iterable[str]) -> Counter[str]:
    """Samples by layer, of py-spy's raw lines: `thread;outer (file:line);inner (file:line) count`."""
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        found[layer_of(stack.split(";"))] += int(count)
    return found


def layer_of(frames: list[str]) -> str:
    """The layer of the innermost frame that has one."""
    for frame in reversed(frames):
        file = frame.rpartition("(")[2]
        for layer, parts in LAYERS.items():
            if any(part in file for part in parts):
                return layer
    return "other"


def main() -> None:
    """Measure and write."""
    write("spent", {"ms_per_case": asyncio.run(measure()), "cases": CASES})


if __name__ == "__main__":
    main()
