"""Where the pages say something stands in the code, it stands: files, folders, and `module:Name`."""

import re
from pathlib import Path

import pytest

from tests.unit.house.pages import HOUSE, defines, pages

GLOSSARY = HOUSE / "docs" / "glossary.md"
# Three wires may be taken away one by one (tests/contract/test_removal.py); CHANGELOG tells of what is gone.
_TOLD = [page for page in pages() if page.name != "CHANGELOG.md" and "tests" not in page.parts]
_MODULE = re.compile(r"`([a-z_]+(?:\.[a-z_0-9]+)+):([A-Za-z_]+(?:\.[A-Za-z_]+)?)`")
_PATH = re.compile(r"`([a-z]+(?:/[\w.-]+)+/?|[a-z]+/)`")
_MADE = {"bench/results/"}


def _rows(page: Path) -> list[list[str]]:
    lines = (line for line in page.read_text("utf-8").splitlines() if line.startswith("| "))
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [row for row in cells if row[0] not in ("中文", "---")]


def places(text: str) -> list[str]:
    """`module:Name` and paths below a folder of ours, as a text sets them in code."""
    modules = [f"{module}:{name}" for module, name in _MODULE.findall(text)]
    paths = [path for path in _PATH.findall(text) if (HOUSE / path.split("/")[0]).is_dir() and path not in _MADE]
    return modules + paths


def is_there(place: str) -> bool:
    module, colon, name = place.partition(":")
    return defines(module, name) if colon else (HOUSE / place).exists()


def test_every_term_says_where_it_is():
    rows = _rows(GLOSSARY)
    assert len(rows) > 80
    lacking = [row[0] for row in rows if len(row) != 3 or not all(row) or not places(row[2])]
    assert lacking == []


def test_a_term_has_one_meaning():
    terms = [term.strip() for row in _rows(GLOSSARY) for term in row[0].split(",")]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


@pytest.mark.parametrize("page", _TOLD, ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_place_that_a_page_names_is_there(page):
    assert [place for place in places(page.read_text("utf-8")) if not is_there(place)] == []


@pytest.mark.parametrize(
    "gone",
    ["domain.terms:Leggings", "domain.terms:Leg.SIDEWAYS", "domain.words:Leg", "storage/no_such_file.py", "domain/no/"],
)
def test_a_place_that_is_gone_is_seen(gone):
    assert places(f"see `{gone}`") == [gone]
    assert not is_there(gone)
