"""The list of papers in a parcel, as the wire carries it."""

from typing import Any

Paper = dict[str, Any]
"""`{"name", "form", "count"}`."""


def one_less(papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
    """The first paper counted one lower; a single sheet is gone altogether."""
    if not papers:
        return papers
    first = papers[0]
    if first["count"] > 1:
        return ({**first, "count": first["count"] - 1}, *papers[1:])
    return papers[1:]
