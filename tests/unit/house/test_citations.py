"""What code, tests and pages cite is in the clone: the page is there, and the section that they name in it.

A citation is a page and, if it says so, where in it: `courier.md §7`, `courier.md §6 (e) "lateness"`,
`contracts.md "Common rules"`, `contracts.md B "Row"`, `decisions.md 7`, `ux.md A3`, `reliability.md §5 lines 41-45`.
Laws and standards are no files and are left alone.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.unit.house.pages import HOUSE, Scope, page_named, pages, slug, texts

_PAGE = re.compile(r"(?<![\w./@-])((?:[\w.-]+/)*[A-Za-z][\w-]*\.md)\b")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+\.md)(?:#[^)\s]*)?\)")
_STEPS = {
    "section": re.compile(r"§([0-9]+(?:\.[0-9]+)*)"),
    "words": re.compile(r'"([^",)\n][^"]*)"'),
    "lines": re.compile(r"(?:lines?\s+)?\b([0-9]+)(?:\s*[-–]\s*|\s+to\s+)([0-9]+)\b|lines?\s+([0-9]+)\b"),
    "fact": re.compile(r"(fact [0-9]+)"),
    "mark": re.compile(r"([A-Z][0-9]{1,2})\b"),
    "part": re.compile(r"([A-C])(?![\w'])"),
    "number": re.compile(r"([0-9]+(?:\.[0-9]+)?)\b"),
    "point": re.compile(r"(\([a-z]\))"),
    "code": re.compile(r"`([^`\n]+)`"),
}
_GAP = re.compile(r"[\s#]*(,|:|and\b|or\b)?[\s#]+")


@cache
def scope_of(page: Path) -> Scope:
    return Scope(page.name, page.read_text("utf-8"))


@dataclass
class Walk:
    """One citation, followed step by step: `base` is the page or its part, `here` where the last step led."""

    page: Path
    base: Scope
    here: Scope

    def step(self, kind: str, said: re.Match[str], joint: str | None) -> bool | None:
        """True: found, False: not there, None: these words belong to the sentence and not to the citation."""
        if joint in (",", "and", "or") and kind != "lines":
            self.here = self.base
        words = next(group for group in said.groups() if group is not None)
        if kind == "words":
            return self._words(words)
        if kind == "code":
            return self.here.says(words)
        if kind == "part":
            return self._enter(scope_of(self.page).numbered(words), base=True) if self._has_parts() else None
        if kind == "number":
            return self._number(words, joint)
        if kind == "section":
            return self._enter(scope_of(self.page).numbered(words))
        if kind == "lines":
            ends = [group for group in said.groups() if group]
            return all(self.here.named(end) for end in ends) if self.here is not scope_of(self.page) else None
        if kind == "point":
            return self.here.says(words)
        return self._enter(self.here.named(words))

    def _has_parts(self) -> bool:
        return self.page.name == "contracts.md"

    def _enter(self, found: Scope | None, *, base: bool = False) -> bool:
        if found is None:
            return False
        self.here = found
        if base:
            self.base = found
        return True

    def _words(self, words: str) -> bool:
        """A heading of the page or part; within a section also a quotation of what it says."""
        words = re.sub(r"\n\s*#", " ", words)  # a comment's next line
        found = self.here.named(words)
        if found is not None:
            return self._enter(found)
        return self.here not in (scope_of(self.page), self.base) and self.here.says(words)

    def _number(self, number: str, joint: str | None) -> bool | None:
        if self.page.parent.name == "decisions":
            return len(list(self.page.parent.glob(f"{int(float(number)):04d}-*.md"))) == 1
        return None if joint else self._enter(scope_of(self.page).numbered(number))


def faults(text: str, cited_in: Path) -> list[str]:
    """`line: what does not resolve` for every citation in a text."""
    found = []
    if cited_in.suffix == ".md":
        text = _LINK.sub(lambda link: link[1], text)
    for cited in _PAGE.finditer(text):
        line = text.count("\n", 0, cited.start()) + 1
        page = page_named(cited[1], cited_in)
        if page is None:
            found.append(f"{line}: {cited[1]} is no page of ours")
            continue
        wrong = _wrong_step(text, cited.end(), Walk(page, scope_of(page), scope_of(page)))
        if wrong is not None:
            found.append(f"{line}: {cited[1]} has no {wrong}")
    return found


def _wrong_step(text: str, at: int, walk: Walk) -> str | None:
    start = at
    while gap := _GAP.match(text, at):
        if gap[1] and at == start:
            return None  # the sentence goes on, not the citation
        for kind, form in _STEPS.items():
            said = form.match(text, gap.end())
            if said is None:
                continue
            good = walk.step(kind, said, gap[1])
            if good is None:
                continue
            if not good:
                return " ".join(said[0].split())
            at = said.end()
            break
        else:
            return None
    return None


def test_every_citation_resolves():
    unresolved = [
        f"{path.relative_to(HOUSE)}:{fault}"
        for path in texts()
        if path != Path(__file__)  # cites wrongly on purpose
        for fault in faults(path.read_text("utf-8"), path)
    ]
    assert unresolved == [], "\n".join(unresolved)


def test_nothing_cites_an_issue():
    """An issue is not in the clone; the page or decision that came of it is."""
    cited = re.compile(r"\bissues?[\s#]+(?:text\b|[0-9]+)", re.IGNORECASE)
    found = [
        f"{path.relative_to(HOUSE)}:{text.count(chr(10), 0, said.start()) + 1}: {said[0]}"
        for path in texts()
        if path != Path(__file__)
        for text in [path.read_text("utf-8")]
        for said in cited.finditer(text)
    ]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "good",
    [
        "courier.md",
        "courier.md §1.3",
        "courier.md §3 and §7, §8",
        'courier.md §6 (e) "lateness must be convex with an age cap"',
        'contracts.md "Common rules"',
        'contracts.md "Common\n# rules" and "Values"',
        'contracts.md A "Commands", B "Row": "the fields of A\'s"',
        "decisions.md 7",
        "domain.md 2.6",
        "ux.md A3",
        "ux.md fact 9",
        "reliability.md F24 and §5 lines 41–45",
        "reliability.md §1 line 14",
        "reliability.md §5, lines 1–40, as far as",
        "interfaces.md `TIME_SCALE`",
        'interfaces.md "DEMO_USERS"',
        "docs/partners/sichuan.md",
        'the rule of decisions.md, "once" and for all',
    ],
)
def test_a_citation_that_resolves(good):
    assert faults(f"({good}).", HOUSE / "worker.py") == []


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("currier.md §1", "currier.md is no page"),
        ("courier.md §99", "§99"),
        ("courier.md §3 and §77", "§77"),
        ("courier.md §1.9", "§1.9"),
        ('courier.md §6 (e) "lateness is linear"', "lateness is linear"),
        ("courier.md §6 (z)", "(z)"),
        ('contracts.md "Uncommon rules"', "Uncommon"),
        ('contracts.md A "Batch"', "Batch"),
        ('contracts.md B "Batch", "Secret"', "Secret"),
        ("decisions.md 99", "99"),
        ("ux.md Z9", "Z9"),
        ("reliability.md §5 lines 41-99", "41-99"),
        ("reliability.md §5, 1-400: none", "1-400"),
        ("interfaces.md `NO_SUCH_SETTING`", "NO_SUCH_SETTING"),
        ("docs/partners/nowhere.md", "no page"),
    ],
)
def test_a_citation_that_leads_nowhere_is_named_with_its_line(bad, what):
    (fault,) = faults(f"\n\n({bad}).", HOUSE / "worker.py")
    assert fault.startswith("3: ")
    assert what in fault


def _links(page: Path) -> list[tuple[int, str]]:
    text = re.sub(r"```.*?```", lambda code: re.sub(r"[^\n]", "", code[0]), page.read_text("utf-8"), flags=re.DOTALL)
    return [
        (text.count("\n", 0, link.start()) + 1, link[1])
        for link in re.finditer(r"\]\(([^)\s]+)\)", text)
        if not re.match(r"[a-z]+:", link[1])
    ]


def test_every_link_between_our_pages_leads_somewhere():
    dead = []
    for page in pages():
        for line, link in _links(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            headings = {slug(section.title) for section in scope_of(target).sections()} if anchor else set()
            if not target.exists() or (anchor and anchor not in headings):
                dead.append(f"{page.relative_to(HOUSE)}:{line}: {link}")
    assert dead == [], "\n".join(dead)
