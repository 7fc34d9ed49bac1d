"""What scripts say to people stands in `web/static/js/words/` and nowhere else, so that it can be read as a whole."""

import re

import pytest

from tests.unit.house.pages import HOUSE

SCRIPTS = HOUSE / "web" / "static" / "js"
CHINESE = re.compile(r"[\u3400-\u9fff]")  # words; a lone mark between two of them says nothing
# A string, a template or a comment, whichever begins first; an expression is none of them.
TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""",
    re.DOTALL,
)


def chinese_in(script):
    """`line: string` for each string of a script that has something to read in Chinese; comments may say it."""
    return [
        f"{script.count(chr(10), 0, found.start()) + 1}: {found['string'][:60]}"
        for found in TOKEN.finditer(script)
        if found["string"] and CHINESE.search(found["string"])
    ]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('const a = "提交";', ['1: "提交"']),
        ("\nsay(`还有 ${n} 件`);", ["2: `还有 ${n} 件`"]),
        ("// 提交 \"提交\"\nconst a = 'submit'; /* 已\n过 */", []),
        ('const a = "http://x"; // 网址', []),
        ('const a = /[一-龥]/; const b = "好";', ['1: "好"']),
        ('const a = words.join("、");', []),
    ],
)
def test_a_string_is_seen_and_a_comment_is_not(script, found):
    assert chinese_in(script) == found


def test_scripts_say_nothing_of_their_own():
    scripts = [file for file in SCRIPTS.rglob("*.js") if "words" not in file.relative_to(SCRIPTS).parts]
    assert scripts
    offenders = [
        f"{file.relative_to(HOUSE)}:{said}" for file in sorted(scripts) for said in chinese_in(file.read_text("utf-8"))
    ]
    assert offenders == [], "\n".join(["move them to web/static/js/words/:", *offenders])
