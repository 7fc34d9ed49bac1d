"""Figures as every benchmark writes them: medians with their spread, beside the facts of the machine."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.real_server import SERVER_VERSION
from tests.postgresql import program

SHORT = os.environ.get("BENCH_SHORT") == "1"
"""Few passes and cases, for a look whether everything runs; its times say nothing (`python -m bench --short`)."""
MEASURED = Path(__file__).parent / "results"
SHORT_ONES = MEASURED / "short"
RESULTS = SHORT_ONES if SHORT else MEASURED
"""A short run leaves what was measured as it is."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most of the passes."""
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


def p95(values: Sequence[float]) -> float:
    """The 95th of a hundred; of fewer than twenty values nearly the largest."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def machine() -> dict[str, Any]:
    """Processor, cores, memory in GB, and the versions that matter."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "temporal_server": SERVER_VERSION,
        "temporalio": version("temporalio"),
        "postgresql": _postgresql(),
        "sqlalchemy": version("sqlalchemy"),
    }


def _postgresql() -> str:
    """`postgres (PostgreSQL) 15.18 (…)` → `15.18`."""
    said = subprocess.run([program("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


def write(name: str, figures: dict[str, Any]) -> None:
    """NAME.json among the results, and the same to be read at once."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    said = json.dumps({**figures, "short": SHORT, "machine": machine()}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(said + "\n", "utf-8")
    print(said, flush=True)
