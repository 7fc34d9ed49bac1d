"""The papers of a case, one line each (材料和去向): how it was brought, where it is since when, and its fate."""

from collections.abc import Sequence
from typing import Any

from domain.dossier import Dossier, DossierMaterial
from domain.papers import PaperFate, PaperOrigin
from logistics.holders import HolderKind
from web.views.licences import material_shown


def paper_lines(dossier: Dossier, papers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`[{name, round, material, paper, since, countable}]`: what was brought, in order, then what was made there.

    `papers`: of the case as `web.views.cases.full` has it. `round`: of the supplement with which it came, 0: at once.
    `material`: as `web.views.licences` has it, None: the authority has made it. `paper` None: nothing of it is on
    paper. `since`: ISO 8601, when it was seen last. `countable`: the window may have to say how many there are.
    """
    brought: list[tuple[int, str | None, DossierMaterial]] = [(0, None, material) for material in dossier.materials]
    brought += [(one.round, one.handling_no, material) for one in dossier.supplements for material in one.materials]
    left, lines = list(papers), []
    for round_, handling_no, material in brought:
        paper = next((one for one in left if _is_of(one, material.name, round_, handling_no)), None)
        if paper is not None:
            left.remove(paper)
        lines.append(_line(material.name, round_, material_shown(material), paper))
    return lines + [_line(paper["name"], paper["round"], None, paper) for paper in left]


def _is_of(paper: dict[str, Any], name: str, round_: int, handling_no: str | None) -> bool:
    own = handling_no is None or paper["handlingNo"] in (handling_no, None)
    said = (paper["origin"], paper["round"], paper["name"])
    return own and said == (PaperOrigin.APPLICANT, round_, name)


def _line(name: str, round_: int, material: dict[str, Any] | None, paper: dict[str, Any] | None) -> dict[str, Any]:
    seen = [one for one in paper["sightings"] if not one["void"]] if paper is not None else []
    return {
        "name": name,
        "round": round_,
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
