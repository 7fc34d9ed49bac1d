"""The sections of docs/performance.md: what each benchmark's file becomes, a text, a plot and a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.plot import Bar, number, plain, single

ONLINE, FOUR_LEGS = "online", "four_legs"
_NAMES = {
    "cases_per_s": "cases a second",
    "start_p95_s": "start, p95, s",
    "case_p50_s": "whole case, p50, s",
    "processor_ms_per_case": "processor, ms per case",
    "history_events": "history events per case",
    "history_bytes": "history bytes per case",
}
_DATABASES = {"ours": ("own", "engine", "visibility"), "bare": ("engine", "visibility"), "dbos": ("dbos",)}
"""Whose counts are whose: what else moves meanwhile is noise."""
_LEFT_OUT = {"short", "machine", "passes"}

Figures = Mapping[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Its lines in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _told(figure: Any) -> str:
    """A figure with its spread, or a plain one."""
    if isinstance(figure, Mapping):
        same = figure["least"] == figure["most"]
        spread = "" if same else f" ({number(figure['least'])} – {number(figure['most'])})"
        return f"{number(figure['median'])}{spread}"
    return number(figure) if isinstance(figure, int | float) and not isinstance(figure, bool) else str(figure)


def _servers(figures: Figures) -> Iterator[tuple[str, str, Figures]]:
    for server in ("embedded", "real"):
        for shape in (ONLINE, FOUR_LEGS):
            if server in figures:
                yield server, shape, figures[server][shape]


def _cost_table(figures: Figures) -> Iterator[str]:
    for server, shape, one in _servers(figures):
        sides = [side for side in ("ours", "bare", "dbos") if side in one]
        rows = [
            [said, *(_told(one[side].get(name, "")) for side in sides), _told(one["ours_by_bare"][name])]
            for name, said in _NAMES.items()
        ]
        for part in one["ours"]["by_part_ms"]:
            rows.append([f"of it {part}, ms", *(_told(one[side]["by_part_ms"].get(part, "")) for side in sides), ""])
        for what in one["ours"]["counted"]:
            whose = [side for side in sides if what.split()[0] in _DATABASES[side]]
            counted = [_told(one[side]["counted"].get(what, 0)) if side in whose else "" for side in sides]
            if whose:
                rows.append([f"{what} per case", *counted, ""])
        size = f"{one['cases']} cases a pass, {one['at_once']} at once, {one['passes']} in turn"
        yield f"\n**{shape.replace('_', ' ')}, {server} server** ({size})\n"
        yield from table(["", *sides, "ours by bare"], rows)


def _cost_plot(figures: Figures) -> tuple[str, list[Bar]]:
    rows = []
    for server, shape, one in _servers(figures):
        for side in (side for side in ("dbos", "bare", "ours") if side in one):
            whole = one[side]["processor_ms_per_case"]
            pieces = {part: figure["median"] for part, figure in one[side]["by_part_ms"].items()}
            rows.append(Bar(f"{server}, {shape.replace('_', ' ')}: {side}", pieces, whole["least"], whole["most"]))
    return "Processor time of a case, ms", rows


def _spent_plot(figures: Figures) -> tuple[str, list[Bar]]:
    rows = [
        Bar(side, layers, (whole := sum(layers.values())), whole) for side, layers in figures["ms_per_case"].items()
    ]
    return "Processor time of an online case by layer, ms", rows


def _spent_table(figures: Figures) -> Iterator[str]:
    sides = figures["ms_per_case"]
    layers = list(dict.fromkeys(layer for found in sides.values() for layer in found))
    rows = [[layer, *(_told(found.get(layer, 0)) for found in sides.values())] for layer in layers]
    yield from table(["ms per case", *sides], rows)


def _acknowledgement_plot(figures: Figures) -> tuple[str, list[Bar]]:
    rows = [plain("bare signal", figures["signal_p95_ms"]), plain("callback", figures["callback_p95_ms"])]
    return "Acknowledged within, p95, ms", rows


def _cases_plot(figures: Figures) -> tuple[str, list[Bar]]:
    return "Cases of the demo's mix a second", [plain("cases a second", figures["cases_per_s"])]


def _scans_plot(figures: Figures) -> tuple[str, list[Bar]]:
    return "Scans a second", [
        plain("stored, each once", figures["stored_per_s"]),
        plain("answered", figures["answered_per_s"]),
    ]


def _dispatch_plot(figures: Figures) -> tuple[str, list[Bar]]:
    rows = [
        single(f"{row['case']}"[:38], row["dispatcher"]["on_time_percent"])
        for row in figures["rows"]
        if "dispatcher" in row and row["days"] == "held-out days"
    ]
    return "At the door in time, percent of the orders of held-out days", rows


def _dispatch_table(figures: Figures) -> Iterator[str]:
    rows = []
    for row in figures["rows"]:
        ours = row.get("dispatcher", {})
        on_time, slowest = ours.get("on_time_percent", ""), ours.get("decision_ms_p99", "")
        rows.append([row["days"], row["case"], str(on_time), str(slowest), "yes" if row["met"] else "no"])
    yield from table(["days", "case", "in time, %", "decision, p99, ms", "goal met"], rows)


def _sizes(figures: Figures) -> list[str]:
    """What was measured, not what was calculated from it."""
    return [size for size in figures if size not in _LEFT_OUT and "by calculation" not in size]


def _growth_plot(figures: Figures) -> tuple[str, list[Bar]]:
    sizes = _sizes(figures)
    largest = figures[sizes[-1]]
    rows = [
        single(read[:38], ms["p95_ms"])
        for read, ms in largest.items()
        if isinstance(ms, Mapping) and "p95_ms" in ms and not read.startswith("LCP")
    ]
    return f"Reads in a district of {sizes[-1]} cases, p95, ms", rows


def _growth_table(figures: Figures) -> Iterator[str]:
    sizes = _sizes(figures)
    reads = [read for read, ms in figures[sizes[-1]].items() if isinstance(ms, Mapping) and "p95_ms" in ms]
    rows = [[read, *(_asked(figures[size].get(read, {})) for size in sizes)] for read in reads]
    yield from table(["read: p50, p95, ms (answer, kB)", *sizes], rows)
    for name, said in figures.items():
        if "by calculation" in name:
            yield f"\n**{name}**, the line through two sizes: a store of {said['store_gb']} GB, and\n"
            yield from table(["read, p95, ms", ""], [[read, _told(ms)] for read, ms in said["p95_ms"].items()])


def _asked(figures: Figures) -> str:
    """Median, 95th percentile and the length of the answer, as far as they are known."""
    times = ", ".join(_told(figures[name]) for name in ("p50_ms", "p95_ms") if name in figures)
    return f"{times} ({_told(figures['answer_kb'])})" if "answer_kb" in figures else times


def leaves(figures: Figures, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure with the names that lead to it."""
    for name, value in figures.items():
        if name in _LEFT_OUT:
            continue
        path = f"{above}{name.replace('_', ' ')}"
        if isinstance(value, Mapping) and not {"median", "least", "most"} <= set(value):
            yield from leaves(value, f"{path}, ")
        elif not isinstance(value, list):
            yield path, value


def _recovery_plot(figures: Figures) -> tuple[str, list[Bar]]:
    names = {
        "first_s": "the first, from the kill",
        "p95_s": "p95, from its request",
        "last_s": "the last, from the kill",
    }
    return "Goes on after a kill, s", [single(said, figures["after_the_kill"][name]) for name, said in names.items()]


def _idle_plot(figures: Figures) -> tuple[str, list[Bar]]:
    rows = []
    for said, parts in figures.items():
        if isinstance(parts, Mapping) and said.endswith("percent_of_a_core"):
            ours = {part: figure for part, figure in parts.items() if part != "played"}
            least, most = (sum(figure[end] for figure in ours.values()) for end in ("least", "most"))
            label = said.removesuffix("_percent_of_a_core").replace("_", " ")
            rows.append(Bar(label, {part: figure["median"] for part, figure in ours.items()}, least, most))
    return "Used while nothing happens, percent of a core", rows


def _table_of_any(figures: Figures) -> Iterator[str]:
    yield from table(["", "measured"], [[path, _told(value)] for path, value in leaves(figures)])


@dataclass(frozen=True)
class Section:
    """`plot`: title and rows; `table`: lines of Markdown."""

    title: str
    text: str
    plot: Callable[[Figures], tuple[str, list[Bar]]]
    table: Callable[[Figures], Iterator[str]] = _table_of_any


SECTIONS = {
    "cost": Section(
        "What a case costs",
        """\
The whole system over HTTP with played networks and couriers, beside the bare engine with the same events and nothing in
them, in turn on one machine. DBOS has the same steps: one process, a start and a message are an insert each, and nobody
waits until a message is heard. Processor time is that of every process, less what it uses at rest.""",
        _cost_plot,
        _cost_table,
    ),
    "spent": Section(
        "Where the processor time goes",
        """\
Stacks of the Python threads that run, a hundred a second, over online cases on the embedded server; the innermost frame
that belongs to a layer counts. What no stack shows is native: Temporal's core, SQLite and compression.""",
        _spent_plot,
        _spent_table,
    ),
    "cases": Section(
        "The demo's mix",
        "Every story of `make demo` in turn, many at once; faults are counted on both sides.",
        _cases_plot,
    ),
    "acknowledgement": Section(
        "Acknowledging a callback",
        """\
Callbacks to the whole system and bare signals to the same server at the same rate, while online cases are carried as
fast as the machine can; one callback in ten comes twice.""",
        _acknowledgement_plot,
    ),
    "recovery": Section(
        "After a kill",
        "The worker is killed while cases are open, and the next one starts by itself. Then some are withdrawn.",
        _recovery_plot,
    ),
    "idle": Section(
        "At rest",
        "What the system uses while nothing happens, without cases and over open ones; played programs are left out.",
        _idle_plot,
    ),
    "scans": Section(
        "Devices that come back",
        "A hundred devices come back to the network at once and send every batch of scans three times.",
        _scans_plot,
    ),
    "dispatch": Section(
        "In the city", "The dispatcher on synthetic days that nobody had seen before.", _dispatch_plot, _dispatch_table
    ),
    "growth": Section(
        "Reads as a district grows",
        """\
Every read of the API and the pages over HTTP, all sizes in turn. LCP: the largest paint in Chromium on a processor that
is made four times slower, with what it has cached.""",
        _growth_plot,
        _growth_table,
    ),
}
