"""Releases from the changelog: `python deploy/release.py plan|make|notes VERSION` (standard library only).

`plan` says what `make` would do: write the version into pyproject.toml, keep docs/openapi.json as what readers build on
from now on (docs/openapi-released.json), commit, tag `v{VERSION}` with the section of CHANGELOG.md. `notes` prints that
section. Exit 1 with one line that says what is wrong.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_SECTION = re.compile(r"^## \[([^\]]+)\](.*)$", re.MULTILINE)
_DATED = re.compile(r" - [0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRITTEN = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
_DESCRIPTION, _RELEASED = "docs/openapi.json", "docs/openapi-released.json"


class Refused(Exception):
    """Why this version can't be released; one line for a person."""


def notes_of(changelog: str, version: str) -> str:
    """The text of a version's section in a changelog.

    Raises:
        Refused: there is no such section, or it is undated or empty.
    """
    found = list(_SECTION.finditer(changelog))
    for place, section in enumerate(found):
        if section[1] != version:
            continue
        if not _DATED.fullmatch(section[2]):
            raise Refused(f"CHANGELOG.md: the section needs its date: ## [{version}] - yyyy-mm-dd")
        end = found[place + 1].start() if place + 1 < len(found) else len(changelog)
        body = changelog[section.end() : end].strip()
        if not re.search(r"^- ", body, re.MULTILINE):
            raise Refused(f"CHANGELOG.md: the section of {version} says nothing")
        return body
    raise Refused(f"CHANGELOG.md has no section ## [{version}] - yyyy-mm-dd")


def written_version(pyproject: str) -> str:
    """The version that the text of pyproject.toml has.

    Raises:
        Refused: it has no line of the form `version = "…"`.
    """
    found = _WRITTEN.search(pyproject)
    if found is None:
        raise Refused("pyproject.toml has no line version = …")
    return found[1]


def parts(version: str) -> tuple[int, ...]:
    """ "1.2.3" → (1, 2, 3), to be compared.

    Raises:
        Refused: another form.
    """
    if _VERSION.fullmatch(version) is None:
        raise Refused(f"{version} is no version of the form 1.2.3")
    return tuple(map(int, version.split(".")))


def prepared(house: Path, version: str) -> tuple[str, dict[str, str]]:
    """(Notes, page → its new text) for a version that may be released.

    Raises:
        Refused: notes or version are not right, it is older than the present one, changes are not committed, or the
            tag exists.
    """
    wanted = parts(version)
    notes = notes_of((house / "CHANGELOG.md").read_text("utf-8"), version)
    pyproject = (house / "pyproject.toml").read_text("utf-8")
    now = written_version(pyproject)
    if wanted < parts(now):
        raise Refused(f"{version} is older than {now}, which pyproject.toml has")
    if _git(house, "status", "--porcelain"):
        raise Refused("there are changes that are not committed")
    if _git(house, "tag", "--list", f"v{version}"):
        raise Refused(f"the tag v{version} exists")
    pages = {"pyproject.toml": _WRITTEN.sub(f'version = "{version}"', pyproject, count=1)}
    pages[_RELEASED] = (house / _DESCRIPTION).read_text("utf-8")
    return notes, {name: text for name, text in pages.items() if text != (house / name).read_text("utf-8")}


def release(house: Path, version: str, *, go: bool) -> list[str]:
    """The steps in words, done if `go`. Raises Refused before anything is done."""
    notes, pages = prepared(house, version)
    said = {"pyproject.toml": f'pyproject.toml: version = "{version}"', _RELEASED: f"{_RELEASED}: as {_DESCRIPTION}"}
    steps = [said[name] for name in pages]
    if pages:
        steps.append(f'git commit -m "Release {version}"')
    steps.append(f"git tag v{version}, with {len(notes.splitlines())} lines of CHANGELOG.md")
    if go:
        _carry_out(house, version, notes, pages)
    return [*steps, f"then, by hand: git push origin HEAD v{version}"]


def _carry_out(house: Path, version: str, notes: str, pages: dict[str, str]) -> None:
    for name, text in pages.items():
        (house / name).write_text(text, "utf-8")
    if pages:
        _git(house, "commit", "--quiet", "-m", f"Release {version}", *pages)
    # Headings begin with #, which git would take for comments.
    _git(house, "tag", "--annotate", "--cleanup=verbatim", f"v{version}", "-m", f"Kuayu {version}\n\n{notes}\n")


def _git(house: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=house, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"git {args[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def tagged_notes(house: Path, version: str) -> str:
    """The section of a version, if pyproject.toml at this commit has that version: what a tag publishes.

    Raises:
        Refused: it has another version, or the section is not right.
    """
    now = written_version((house / "pyproject.toml").read_text("utf-8"))
    if now != version:
        raise Refused(f"the tag says {version}, pyproject.toml {now}")
    return notes_of((house / "CHANGELOG.md").read_text("utf-8"), version)


def main(args: Sequence[str] | None = None, house: Path = Path(__file__).parents[1]) -> int:
    """Carry out the command line `args` in the tree `house`; returns 0, or 1 after it has said why not."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("what", choices=["plan", "make", "notes"])
    reader.add_argument("version")
    asked = reader.parse_args(args)
    try:
        if asked.what == "notes":
            lines = [tagged_notes(house, asked.version)]
        else:
            lines = release(house, asked.version, go=asked.what == "make")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
