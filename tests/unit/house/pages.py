"""The house's own text as the house tests read it: files, pages, what a page has in it, what a module defines."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parents[3]
TEXTS = {".py", ".md", ".toml", ".html", ".js", ".css", ".csv", ".sh", ".yml", ".yaml", ".ini"}
NOT_OURS = {"vendor", "build", "dist", "results", "__pycache__", "fonts"}
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)


def texts(suffixes: frozenset[str] = frozenset(TEXTS)) -> Iterator[Path]:
    """Every text of ours below the house, by path; nothing that is installed, made or somebody else's."""
    for folder, below, names in os.walk(HOUSE):
        below[:] = sorted(b for b in below if b not in NOT_OURS and (b == ".github" or not b.startswith(".")))
        below[:] = [b for b in below if not b.endswith(".egg-info")]
        yield from (Path(folder) / name for name in sorted(names) if Path(name).suffix in suffixes)


def plain(text: str) -> str:
    """Without emphasis, code marks and line ends, so that a quotation is found however it is set."""
    return " ".join(re.sub(r"[`*]", "", text).split())


@dataclass(frozen=True)
class Scope:
    """A page, or one of its sections: `title` as its heading says it, `text` with everything below."""

    title: str
    text: str

    def sections(self) -> tuple["Scope", ...]:
        """Every section below, each with what is below it in turn."""
        return _sections(self.text)

    def numbered(self, number: str) -> "Scope | None":
        """Section `3` or `2.6` by the number in its heading; `1.3` may also be the third entry of section 1's list."""
        for section in self.sections():
            if re.match(rf"{re.escape(number)}[. ]", section.title):
                return section
        whole, _, entry = number.partition(".")
        within = self.numbered(whole) if entry else None
        listed = within and re.search(rf"^{entry}\. .+(?:\n +\S.*)*", within.text, re.MULTILINE)
        return Scope(number, listed[0]) if listed else None

    def named(self, words: str) -> "Scope | None":
        """The section whose heading begins so, or the row, entry or paragraph that leads with it."""
        words = plain(words)
        for section in self.sections():
            if section.title == words or re.match(rf"{re.escape(words)}\W", section.title):
                return section
        lead = rf"^(?:[-*] |\| |[0-9]+\. )?[`*]*{re.escape(words)}[`*]*(?: \||:|\.)"
        led = re.search(lead, self.text, re.MULTILINE)
        return Scope(words, self.text[led.start() :].split("\n", 1)[0]) if led else None

    def says(self, words: str) -> bool:
        return plain(words) in plain(self.text)


@cache
def _sections(text: str) -> tuple[Scope, ...]:
    found = list(_HEADING.finditer(text))
    scopes = []
    for place, heading in enumerate(found):
        level = len(heading[1])
        end = next((later.start() for later in found[place + 1 :] if len(later[1]) <= level), len(text))
        scopes.append(Scope(plain(heading[2]), text[heading.end() : end]))
    return tuple(scopes)


@cache
def pages() -> tuple[Path, ...]:
    return tuple(texts(frozenset({".md"})))


def page_named(name: str, cited_in: Path) -> Path | None:
    """A page by the name or path that text gives it; `decisions.md` is the index of decisions."""
    if "/" in name:
        places = (HOUSE / name, cited_in.parent / name, HOUSE / "docs" / name)
        return next((place.resolve() for place in places if place.is_file()), None)
    if name == "decisions.md":
        return HOUSE / "docs" / "decisions" / "README.md"
    alike = [page for page in pages() if page.name.lower() == name.lower()]
    near = [page for page in alike if page.parent in {cited_in.parent, HOUSE / "docs"}]
    return next(iter(near or alike), None)


def slug(title: str) -> str:
    """The anchor that a heading gets where these pages are read."""
    return re.sub(r"[^\w\- ]", "", plain(title).lower()).replace(" ", "-")


def defines(module: str, name: str) -> bool:
    """Whether a module defines `Name` at its top, or `Name.member` in that class; read, never imported."""
    path = HOUSE / (module.replace(".", "/") + ".py")
    if not path.is_file():
        return False
    body: list[ast.stmt] = ast.parse(path.read_text("utf-8")).body
    for part in name.split("."):
        found = [statement for statement in body if part in _names(statement)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
