"""`python -m bench.dispatch [--days N] [--only ROW]`: play the table and write bench/results/dispatch.json."""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.dispatch.days import generator_hash
from bench.dispatch.table import (
    GAP_CASES,
    HELD_OUT_SEEDS,
    STUDY_SEEDS,
    gap_row,
    overload_row,
    share_row,
    stability_row,
)
from bench.figures import RESULTS, SHORT, machine

HELD_OUT, STUDY = "held-out days", "seeds 42-46"
RESULT = RESULTS / "dispatch.json"


def rows(days: int, only: str = "") -> Iterator[dict[str, Any]]:
    """The rows of the table whose name contains `only`; the gaps also on the study's seeds."""
    held_out, study = HELD_OUT_SEEDS[:days], STUDY_SEEDS[:days]
    made: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
        (HELD_OUT, "600/7 overload"): lambda: overload_row(held_out),
        (HELD_OUT, "600/9"): lambda: share_row(held_out, 600, 9, 99.5),
        (HELD_OUT, "600/10 noise"): lambda: share_row(held_out, 600, 10, 98.5, sigma=0.3),
        (HELD_OUT, "300/6"): lambda: share_row(held_out, 300, 6, 99.5),
        (HELD_OUT, "600/8 stability"): lambda: stability_row(held_out[:2], 600, 8),
        (HELD_OUT, "600/7 stability"): lambda: stability_row(held_out[:1], 600, 7),
    }
    for seeds, name in ((held_out, HELD_OUT), (study, STUDY)):
        for requests, couriers in GAP_CASES:
            made[name, f"{requests}/{couriers} gap"] = partial(gap_row, seeds, requests, couriers)
    for (name, row), make in made.items():
        if only in f"{name} {row}":
            yield {"days": name, "row": row, **make()}


def line(row: dict[str, Any]) -> str:
    """One row for people."""
    ours = row.get("dispatcher", {})
    parts = [f"{row['days']:13} {row['case']:46} {'met   ' if row['met'] else 'MISSED'}"]
    if ours:
        parts.append(
            f"{ours['on_time_percent']:6.2f} % (worst {ours['worst_day_percent']:.1f}), "
            f"longest {ours['longest_wait_minutes']:.0f} min, p99 {ours['decision_ms_p99']:.0f} ms "
            f"(CPU {ours['decision_cpu_ms_p99']:.0f})"
        )
    if "gap_points" in row:
        parts.append(f"best found {row['best_found_percent']:.2f} gap {row['gap_points']:.2f}")
    for name, figures in row.get("naive", {}).items():
        parts.append(f"{name} {figures['on_time_percent']:.1f} ({figures['worst_day_percent']:.1f})")
    if "days_above_target" in row:
        parts.append(f"above {row['target_on_time']} on {row['days_above_target']} days")
    if "changes_per_order" in row:
        parts.append(f"{row['changes_per_order']} changes per order, least notice {row['least_notice_s']} s")
    return " | ".join(parts)


def main() -> None:
    """Play, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=len(HELD_OUT_SEEDS), help="held-out days per case")
    parser.add_argument("--only", default="", help="part of a row's name; other rows stay as they were written")
    chosen = parser.parse_args()
    before = json.loads(RESULT.read_text())["rows"] if chosen.only and RESULT.exists() else []
    table = {(row["days"], row["row"]): row for row in before}
    for row in rows(chosen.days, chosen.only):
        print(line(row), flush=True)
        table[row["days"], row["row"]] = row
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(result(list(table.values())), ensure_ascii=False, indent=1) + "\n")


def result(table: list[dict[str, Any]]) -> dict[str, Any]:
    """The table with what it was made with and whether everything is met."""
    slowest = max((row["dispatcher"]["decision_ms_p99"] for row in table if "dispatcher" in row), default=0.0)
    return {
        "benchmark": "dispatch",
        "generator": generator_hash(),
        "short": SHORT,
        "machine": machine(),
        "held_out_seeds": HELD_OUT_SEEDS,
        "decision_ms_p99_worst_case": slowest,
        "met": all(row["met"] for row in table) and slowest <= 200,
        "rows": table,
    }


if __name__ == "__main__":
    main()
