"""`python -m bench.dispatch [--days N]`: play the table and write bench/results/dispatch.json."""

import argparse
import json
import platform
from collections.abc import Iterator
from pathlib import Path
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

RESULT = Path(__file__).parents[1] / "results" / "dispatch.json"


def rows(days: int) -> Iterator[dict[str, Any]]:
    """Every row of the table; the gaps also on the study's seeds."""
    held_out = HELD_OUT_SEEDS[:days]
    for row in (
        lambda: overload_row(held_out),
        lambda: share_row(held_out, 600, 9, 99.5),
        lambda: share_row(held_out, 600, 10, 98.5, sigma=0.3),
        lambda: share_row(held_out, 300, 6, 99.5),
        lambda: stability_row(held_out[:2], 600, 8),
        lambda: stability_row(held_out[:1], 600, 7),
    ):
        yield {"days": "held-out days", **row()}
    for seeds, name in ((held_out, "held-out days"), (STUDY_SEEDS[:days], "seeds 42-46")):
        for requests, couriers in GAP_CASES:
            yield {"days": name, **gap_row(seeds, requests, couriers)}


def line(row: dict[str, Any]) -> str:
    """One row for people."""
    ours = row.get("dispatcher", {})
    parts = [f"{row['days']:13} {row['case']:46} {'met   ' if row['met'] else 'MISSED'}"]
    if ours:
        parts.append(
            f"{ours['on_time_percent']:6.2f} % (worst {ours['worst_day_percent']:.1f}), "
            f"longest {ours['longest_wait_minutes']:.0f} min, p99 {ours['decision_ms_p99']:.0f} ms"
        )
    if "gap_points" in row:
        parts.append(f"best found {row['best_found_percent']:.2f} gap {row['gap_points']:.2f}")
        parts += [f"{name} {figures['on_time_percent']:.1f}" for name, figures in row["naive"].items()]
    if "changes_per_order" in row:
        parts.append(f"{row['changes_per_order']} changes per order, least notice {row['least_notice_s']} s")
    return " | ".join(parts)


def main() -> None:
    """Play, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=len(HELD_OUT_SEEDS), help="held-out days per case")
    table = []
    for row in rows(parser.parse_args().days):
        print(line(row), flush=True)
        table.append(row)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result(table), ensure_ascii=False, indent=1) + "\n")


def result(table: list[dict[str, Any]]) -> dict[str, Any]:
    """The table with what it was made with and whether everything is met."""
    slowest = max((row["dispatcher"]["decision_ms_p99"] for row in table if "dispatcher" in row), default=0.0)
    return {
        "benchmark": "dispatch",
        "generator": generator_hash(),
        "python": platform.python_version(),
        "held_out_seeds": HELD_OUT_SEEDS,
        "decision_ms_p99_worst_case": slowest,
        "met": all(row["met"] for row in table) and slowest <= 200,
        "rows": table,
    }


if __name__ == "__main__":
    main()
