"""docs/third-party.md: what Kuayu is built on and under which licence, for a reader who has to answer for it."""

from collections.abc import Mapping, Sequence
from typing import Final

from deploy.supply.inventory import Component, Kind, Scope

Row = tuple[Component, str, str]
"""(Component, its licence as SPDX expression, why it is excepted or "")."""

_HEADINGS: Final = {
    Scope.SHIPPED: ("In the image, or served to browsers", "What a hall gets with Kuayu."),
    Scope.BESIDE: ("Beside it", "Programs of their own that Kuayu talks to; nothing of them is linked into it."),
    Scope.WORKSHOP: ("In the workshop", "For development, tests and benchmarks; handed on to nobody."),
}
_KINDS: Final = {
    Kind.PYTHON: "Python package",
    Kind.SCRIPT: "script",
    Kind.FONT: "font",
    Kind.DATA: "data",
    Kind.PROGRAM: "program",
    Kind.IMAGE: "image",
}


def page_of(rows: Sequence[Row], allowed: Mapping[str, str]) -> str:
    """The page, from every component and the licences that are allowed for all with their reasons."""
    lines = [
        "# What Kuayu is built on",
        "Made by `make supply` from the lock files, `web/static/vendor/VENDOR.toml` and `deploy/supply/`; `make check`",
        "fails if it is not up to date, or a licence is unknown or not allowed. A package brings its own texts:",
        "in the image below `/opt/kuayu/lib`, in the folder `*.dist-info` of each.",
        "",
    ]
    for scope, (heading, words) in _HEADINGS.items():
        here = [row for row in rows if row[0].scope is scope]
        lines += [f"## {heading}", f"{words} {len(here)} components.", ""]
        lines += ["| what | version | kind | licence |", "| --- | --- | --- | --- |"]
        lines += [f"| {one.name} | {one.version} | {_KINDS[one.kind]} | {licence} |" for one, licence, _ in here]
        lines.append("")
    lines += ["## Allowed for one, and why", "| what | licence | why |", "| --- | --- | --- |"]
    lines += [f"| {one.name} | {licence} | {reason} |" for one, licence, reason in rows if reason]
    lines += ["", "## Allowed for all, and why", "| licence | why |", "| --- | --- |"]
    lines += [f"| {licence} | {reason} |" for licence, reason in sorted(allowed.items())]
    return "\n".join(lines) + "\n"
