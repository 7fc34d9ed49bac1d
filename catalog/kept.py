"""Originals that the authority keeps for its file once it approves (留存): rule data beside the list of items."""

import csv
import io
from functools import cache
from importlib import resources


@cache
def kept_of(item_code: str) -> frozenset[int]:
    """Numbers of the item's materials that are kept; data/kept.csv says on what basis. Others go back."""
    text = (resources.files("catalog") / "data" / "kept.csv").read_text("utf-8")
    return frozenset(int(row["seq"]) for row in csv.DictReader(io.StringIO(text)) if row["item_code"] == item_code)
