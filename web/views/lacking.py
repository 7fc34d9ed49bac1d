"""What the applicant reads about papers that are not there as said (清点不符)."""

from collections.abc import Sequence
from typing import Any

from domain.papers import PaperDecision
from storage.parcels.papers import PaperRow


def lacking(papers: Sequence[PaperRow]) -> list[PaperRow]:
    """Papers that differ, agreed upon or not, in their order; one that was too much and goes back is none."""
    return [paper for paper in papers if paper.counted is not None and paper.counted != paper.count]


def lacking_shown(papers: Sequence[PaperRow]) -> list[dict[str, Any]]:
    """The same as JSON (`PaperLacking`)."""
    return [
        {"name": paper.name, "said": paper.count, "counted": paper.counted, "decision": paper.decision}
        for paper in lacking(papers)
    ]


def lacking_sentence(papers: Sequence[PaperRow], bring_by: str | None) -> str | None:
    """What is to be done about it; None where nothing differs or all is agreed. `bring_by`: the last day to bring."""
    open_ones = [paper for paper in papers if paper.differs]
    if not open_ones:
        return None
    named = "、".join(difference_words(paper) for paper in open_ones)
    if all(paper.awaited for paper in open_ones):
        by = f"在{bring_by}（含）前" if bring_by else "尽快"
        return f"请您{by}把缺的材料送到大厅窗口（{named}），收到后接着办理。"
    return f"清点时{named}，先暂停办理，会打电话与您商定。"


def difference_words(paper: PaperRow) -> str:
    """《户口簿》缺1份, or 多1份."""
    counted = paper.count if paper.counted is None else paper.counted
    word = "缺" if counted < paper.count else "多"
    return f"《{paper.name}》{word}{abs(paper.count - counted)}份"


def agreed_sentence(papers: Sequence[PaperRow]) -> str | None:
    """What was agreed with the applicant: the matter goes on without these; None where nothing was."""
    without = [p for p in lacking(papers) if p.decision == PaperDecision.WITHOUT and not p.differs]
    if not without:
        return None
    return f"已与您商定：{'、'.join(difference_words(paper) for paper in without)}，先行办理。"
