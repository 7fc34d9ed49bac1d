"""Scripts of pages: Enter is asked for in one place only, and what the new case says to people stands in its words."""

import re

import pytest

from tests.unit.house.pages import HOUSE

SCRIPTS = HOUSE / "web" / "static" / "js"
RAW_ENTER = re.compile(r"(key|code)\s*===?\s*[\"'`]Enter|[\"'`]Enter[\"'`]\s*===?|keyCode\s*===?\s*13")
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
NEW_CASE = ("newcase", "checkpanel", "drafts", "materials", "places", "reader", "recents", "registered", "samematter",
            "sessionwatch", "itemform")  # fmt: skip


def test_an_enter_that_chooses_a_candidate_is_known_in_one_place():
    """`isEnter` of keys.js; anybody else's would take a candidate's Enter for a sent form."""
    scripts = [path for path in SCRIPTS.rglob("*.js") if "vendor" not in path.parts and path.name != "keys.js"]
    assert len(scripts) > 10
    assert [path.name for path in scripts if RAW_ENTER.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", NEW_CASE)
def test_what_is_said_to_people_stands_in_the_words(name):
    code = COMMENT.sub("", (SCRIPTS / f"{name}.js").read_text("utf-8"))
    assert CHINESE.findall(code) == []
