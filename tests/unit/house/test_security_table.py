"""docs/security.md is true as far as a test can see: its places exist, nothing is left out, what is built is tested."""

import ast
import re
from functools import cache
from typing import NamedTuple

import pytest

from tests.unit.house.pages import HOUSE

PAGE, CATALOGUE = HOUSE / "docs/security.md", HOUSE / "docs/reliability.md"
STATES = ("built", "partly", "operator", "to come", "not", "n/a")
PROVEN = ("built", "partly", "to come")
CODE = re.compile(r"`([^`]+)`")
NODE = re.compile(r"[\w/]+\.py::\w+")
PLACE = re.compile(r"[\w.-]+(/[\w.-]+)+/?|[\w.-]*\.(md|toml|lock|yml|json|conf|importlinter|dockerignore)|Makefile")

LEVEL_2 = {
    "1.1": 7, "1.2": 4, "1.4": (1, 4, 5), "1.5": 4, "1.6": 4, "1.7": 2, "1.8": 2, "1.9": 2, "1.10": 1, "1.11": 2,
    "1.12": (2,), "1.14": 6,
    "2.1": 12, "2.2": 3, "2.3": 3, "2.4": 5, "2.5": 7, "2.6": 3, "2.7": 6, "2.8": 7, "2.9": 3, "2.10": 4,
    "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3, "3.7": 1,
    "4.1": (1, 2, 3, 5), "4.2": 2, "4.3": 3,
    "5.1": 5, "5.2": 8, "5.3": 10, "5.4": 3, "5.5": 4,
    "6.1": 3, "6.2": 6, "6.3": 2, "6.4": 2,
    "7.1": 4, "7.2": 2, "7.3": (1, 3, 4), "7.4": 3,
    "8.1": 4, "8.2": 3, "8.3": 8,
    "9.1": 3, "9.2": 4,
    "10.2": 2, "10.3": 3,
    "11.1": 8,
    "12.1": 3, "12.2": 1, "12.3": 6, "12.4": 2, "12.5": 2, "12.6": 1,
    "13.1": (1, 3, 4, 5), "13.2": (1, 2, 3, 5, 6), "13.3": 2, "13.4": 2,
    "14.1": 4, "14.2": 6, "14.3": (2, 3), "14.4": 7, "14.5": 4,
}  # fmt: skip
"""Section → its requirements of levels 1 and 2 (ASVS 4.0.3): from 1 to so many, or these."""

SECTIONS_OF_22239 = [
    *(f"8.1.1.{n}" for n in range(1, 11)),
    *(f"8.1.2.{n}" for n in range(1, 4)),
    *(f"8.1.3.{n}" for n in range(1, 7)),
    *(f"8.1.4.{n}" for n in range(1, 12)),
    *(f"8.1.5.{n}" for n in range(1, 5)),
    *(f"8.1.{n}" for n in range(6, 11)),
]


class Row(NamedTuple):
    """One control. `part`: the heading of level 2 above it."""

    part: str
    no: str
    control: str
    where: str
    tests: str
    state: str

    def __str__(self):
        return f"{self.part[:9]} {self.no}"


@cache
def rows():
    """All rows of five cells whose first is `no.` in their heading."""
    found, part, begun = [], "", False
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            part = line[3:]
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        if cells[:1] == ["no."]:
            begun = True
        elif not cells:
            begun = False
        elif begun and set(cells[0]) != {"-"}:
            assert len(cells) == 5, line
            found.append(Row(part, *cells))
    return found


def of(part):
    return [row for row in rows() if row.part.startswith(part)]


def numbers(text):
    """`2.4.1–2.4.3, 2.5.1` and `8.1.4.2 e–f 词` → each number that is meant."""
    for piece in text.split(","):
        first, _, last = piece.strip().partition("–")
        first = first.partition(" ")[0]
        if not re.fullmatch(r"[0-9.]+", last.partition(" ")[0]):
            yield first
            continue
        head, _, tail = first.rpartition(".")
        assert last.rpartition(".")[0] == head, text
        yield from (f"{head}.{n}" for n in range(int(tail), int(last.rpartition(".")[2]) + 1))


@cache
def defined(path):
    """The names of the tests in a file."""
    tree = ast.parse((HOUSE / "tests" / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def missing(node):
    path, _, name = node.partition("::")
    if not (HOUSE / "tests" / path).is_file():
        return f"{node}: there is no such file"
    return None if name in defined(path) else f"{node}: there is no such test"


def nodes(text):
    return [code for code in CODE.findall(text) if NODE.fullmatch(code)]


@pytest.mark.parametrize("row", rows(), ids=str)
def test_every_test_of_a_row_exists(row):
    named = CODE.findall(row.tests)
    assert named == nodes(row.tests), "a test is written `path.py::test_name`"
    assert [fault for node in named if (fault := missing(node))] == []


@pytest.mark.parametrize("row", rows(), ids=str)
def test_every_place_of_a_row_exists(row):
    named = CODE.findall(row.where)
    assert [place for place in named if not PLACE.fullmatch(place)] == []
    assert [place for place in named if not (HOUSE / place).exists()] == []


@pytest.mark.parametrize("row", rows(), ids=str)
def test_a_state_is_one_of_ours_and_what_is_built_has_a_test(row):
    state = next((one for one in STATES if re.match(rf"{one}\b", row.state)), None)
    assert state, row.state
    if state in PROVEN:
        assert row.where != "–"
        assert nodes(row.tests), "what is built has a test"
    if state in ("partly", "to come", "operator", "not", "n/a"):
        assert re.match(rf"{state}: \S", row.state), "and says what is not, who does it, or why"


def test_every_place_outside_the_tables_exists():
    text = PAGE.read_text("utf-8")
    named = {code for line in text.splitlines() if not line.startswith("| ") for code in CODE.findall(line)}
    named |= {code for line in text.splitlines() if line.startswith("| ") for code in CODE.findall(line) if "/" in code}
    paths = {code for code in named if "/" in code and not NODE.fullmatch(code) and not code.startswith("/")}
    assert [path for path in sorted(paths) if not (HOUSE / path).exists()] == []


def test_every_finding_has_its_row():
    found = of("What strangers")
    assert [row.no for row in found] == [f"P{n}" for n in range(1, 16)]
    assert [row.no for row in found if not nodes(row.tests)] == []


def test_every_requirement_of_level_2_is_in_one_row():
    wanted = {
        f"{section}.{n}"
        for section, which in LEVEL_2.items()
        for n in (range(1, which + 1) if isinstance(which, int) else which)
    }
    told = [number for row in of("OWASP") for number in numbers(row.no)]
    assert sorted(number for number in told if told.count(number) > 1) == []
    assert sorted(wanted - set(told)) == []
    assert sorted(set(told) - wanted) == ["2.4.6"], "the scheme of hashes is told as one"


def test_every_clause_of_level_3_has_its_row():
    told = {number for row in of("等保三级") for number in numbers(row.no)}
    assert sorted(set(SECTIONS_OF_22239) - told) == []


def test_what_is_to_come_is_said_in_one_way():
    """So that whoever builds it finds its rows: by the number of its decision."""
    waiting = [row for row in rows() if "to come" in row.state]
    assert waiting
    assert [str(row) for row in waiting if not re.search(r"\((6[234])(, 6[234])*\)", row.state)] == []


def catalogue():
    """(Number, tests) of each line of reliability.md §5."""
    text = CATALOGUE.read_text("utf-8").partition("## 5. Bad input")[2]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and cells[0].isdigit():
            yield int(cells[0]), cells[3]


def test_every_line_of_bad_input_is_tried():
    told = dict(catalogue())
    assert sorted(told) == list(range(1, 63))
    assert [number for number, tests in told.items() if not nodes(tests) and "to come" not in tests] == []


@pytest.mark.parametrize(("number", "tests"), catalogue())
def test_every_test_of_a_line_of_bad_input_exists(number, tests):
    assert [fault for node in CODE.findall(tests) if (fault := missing(node))] == []
