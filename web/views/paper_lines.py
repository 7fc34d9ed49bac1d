"""The papers of a case, one line each (材料和去向): how it was brought, where it is since when, and its fate."""

from collections.abc import Sequence
from typing import Any

from domain.papers import PaperFate, PaperOrigin
from logistics.holders import HolderKind


def paper_lines(materials: Sequence[dict[str, Any]], papers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`[{name, material, paper, since, countable}]`: what was brought in its order, then what came later.

    `materials`, `papers`: of the case as `web.views.cases.full` has it. `material` None: it came with a supplement, or
    the authority has made it. `paper` None: nothing of it is on paper. `since`: ISO 8601, when it was seen last.
    `countable`: the window may have to say how many there are.
    """
    left = list(papers)
    lines = []
    for material in materials:
        paper = next((one for one in left if _is_of(one, material)), None)
        if paper is not None:
            left.remove(paper)
        lines.append(_line(material["name"], material, paper))
    return lines + [_line(paper["name"], None, paper) for paper in left]


def _is_of(paper: dict[str, Any], material: dict[str, Any]) -> bool:
    brought = paper["origin"] == PaperOrigin.APPLICANT and paper["round"] == 0
    return brought and bool(paper["name"] == material["name"])


def _line(name: str, material: dict[str, Any] | None, paper: dict[str, Any] | None) -> dict[str, Any]:
    seen = [one for one in paper["sightings"] if not one["void"]] if paper is not None else []
    return {
        "name": name,
        "material": material,
        "paper": paper,
        "since": seen[-1]["at"] if seen else None,
        "countable": paper is not None and _countable(paper),
    }


def _countable(paper: dict[str, Any]) -> bool:
    """It differs, nobody knows where it is, or the authority should have sent it back."""
    kind = paper["holder"]["kind"]
    away = kind == HolderKind.AUTHORITY and paper["fate"] != PaperFate.KEPT
    return bool(paper["differs"]) or kind == HolderKind.NOBODY or away
