"""`python -m bench --short`: every benchmark runs and writes its figures; what they are is nobody's matter here."""

import json
import os
import subprocess
import sys

import pytest

from bench import report
from bench.__main__ import BENCHMARKS
from bench.figures import SHORT_ONES as SHORT
from bench.spent import LAYERS, NATIVE, by_layer

pytestmark = pytest.mark.e2e

SPREAD = {"median", "least", "most"}
PLAIN = {"cases_per_s", "start_p95_s", "case_p50_s", "processor_ms_per_case"}
WITHIN_S = 400


@pytest.fixture(scope="module")
def written():
    """What it has written, by the name of the benchmark."""
    for old in SHORT.glob("*.json"):
        old.unlink()
    environment = {name: value for name, value in os.environ.items() if name != "TEMPORAL_ADDRESS"}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--short"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    return {path.stem: json.loads(path.read_text("utf-8")) for path in SHORT.glob("*.json")}


def test_every_benchmark_says_on_what_machine_it_ran(written):
    assert set(written) == {*BENCHMARKS, "recovery"}
    for name, found in written.items():
        assert found["short"], name
        assert {"processor", "cores", "memory_gb", "python", "temporalio"} <= set(found["machine"]), name


@pytest.mark.parametrize("server", ["embedded", "real"])
@pytest.mark.parametrize("shape", ["online", "four_legs"])
def test_a_case_has_its_costs_beside_the_bare_engine(written, server, shape):
    found = written["cost"][server][shape]
    for side in ("ours", "bare"):
        assert set(found[side]) >= {*PLAIN, "by_part_ms", "history_events", "history_bytes"}
        assert all(set(found[side][name]) == SPREAD for name in PLAIN)
        assert {"engine", "worker"} <= set(found[side]["by_part_ms"])
    assert "web" in found["ours"]["by_part_ms"]
    assert set(found["ours_by_bare"]) == PLAIN | {"history_events", "history_bytes"}


def test_the_time_of_a_case_is_told_by_layer(written):
    for side in ("ours, worker", "ours, web", "bare, worker"):
        spent = written["spent"]["ms_per_case"][side]
        assert sum(spent.values()) > 0
        assert set(spent) <= {*LAYERS, NATIVE, "other"}
    assert written["spent"]["ms_per_case"]["ours, worker"]["our own code"] > 0


def test_a_stack_belongs_to_the_innermost_layer():
    outer = "run (/py/asyncio/base_events.py:1);look (/work/kuayu/activities/records.py:2)"
    inner = f"{outer};execute (/lib/sqlalchemy/engine/base.py:3);hook (/somewhere/else.py:4)"
    assert by_layer([f"{inner} 7", "main (/somewhere/else.py:1) 2"]) == {"database": 7, "other": 2}


def test_on_postgresql_a_case_has_its_statements_commits_and_bytes(written):
    for shape in ("online", "four_legs"):
        ours = written["cost"]["real"][shape]["ours"]
        assert "database" in ours["by_part_ms"]
        for what in ("own statements", "own commits", "own bytes", "engine statements", "engine bytes"):
            assert ours["counted"][what]["median"] > 0, what


def test_on_postgresql_dbos_runs_in_the_same_turns(written):
    found = written["cost"]["real"]["online"]["dbos"]
    assert all(set(found[name]) == SPREAD for name in PLAIN)
    assert found["counted"]["dbos statements"]["median"] > 0


def test_the_bare_engine_has_the_events_that_were_agreed(written):
    """10 activities, 4 Updates, 3 timers online; 50, 26 and 15 over four legs."""
    for server in ("embedded", "real"):
        found = written["cost"][server]
        assert found["online"]["bare"]["history_events"] >= 10 * 3 + 4 * 2 + 3
        assert found["four_legs"]["bare"]["history_events"] >= 50 * 3 + 26 * 2 + 15


def test_nothing_is_lost_or_wrong(written):
    assert written["acknowledgement"]["lost"] == 0
    assert written["cases"]["faults"] == 0
    assert all(written["scans"][name] for name in ("each_stored_once", "each_effect_once", "work_lists_right"))


def test_the_page_has_a_plot_and_the_figures_of_every_file(written, tmp_path):
    report.main(tmp_path, SHORT)
    page = (tmp_path / "performance.md").read_text("utf-8")
    for name in written:
        assert f"(performance/{name}.svg)" in page
        assert "</svg>" in (tmp_path / "performance" / f"{name}.svg").read_text("utf-8")
        assert (tmp_path / "performance" / f"{name}.json").exists()
    assert "| cases a day | 128 | 3,840 | 64,000 |" in page
