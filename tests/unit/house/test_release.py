"""A release says what the changelog says, once, and changes nothing until it is told to."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.release import main, notes_of, written_version

HOUSE = Path(__file__).parents[3]
CHANGELOG = (HOUSE / "CHANGELOG.md").read_text("utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
SAMPLE = """# Changelog
## [Unreleased]
## [1.1.0] - 2026-12-01
### Added
- The second thing.

## [1.0.0] - 2026-11-01
### Added
- The first thing.
"""


def git(house: Path, *args: str) -> str:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(["git", *who, *args], cwd=house, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def house(tmp_path, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    tree = tmp_path / "house"
    tree.mkdir()
    (tree / "CHANGELOG.md").write_text(SAMPLE)
    (tree / "pyproject.toml").write_text('[project]\nname = "kuayu"\nversion = "1.0.0"\n')
    (tree / "docs").mkdir()
    for page in ("openapi", "openapi-released"):
        (tree / f"docs/{page}.json").write_text('{"paths": {}}')
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "Begin")
    return tree


def test_a_plan_says_the_steps_and_does_none(house, capsys):
    head = git(house, "rev-parse", "HEAD")
    assert main(["plan", "1.1.0"], house) == 0
    said = capsys.readouterr().out
    assert 'version = "1.1.0"' in said
    assert "git tag v1.1.0" in said
    assert (git(house, "rev-parse", "HEAD"), git(house, "tag"), git(house, "status", "--porcelain")) == (head, "", "")


def test_a_release_bumps_commits_and_tags_with_the_section(house):
    assert main(["make", "1.1.0"], house) == 0
    assert written_version((house / "pyproject.toml").read_text()) == "1.1.0"
    assert git(house, "log", "-1", "--format=%s") == "Release 1.1.0"
    assert git(house, "rev-parse", "v1.1.0^{commit}") == git(house, "rev-parse", "HEAD")
    message = git(house, "tag", "--list", "--format=%(contents)", "v1.1.0")
    assert "### Added\n- The second thing." in message
    assert "first thing" not in message


def test_what_is_released_is_what_readers_build_on_from_then_on(house):
    (house / "docs/openapi.json").write_text('{"paths": {"/cases": {}}}')
    git(house, "commit", "--quiet", "-am", "Describe more")
    assert main(["make", "1.1.0"], house) == 0
    assert (house / "docs/openapi-released.json").read_text() == '{"paths": {"/cases": {}}}'
    assert git(house, "status", "--porcelain") == ""


def test_the_version_that_is_written_already_is_only_tagged(house):
    head = git(house, "rev-parse", "HEAD")
    assert main(["make", "1.0.0"], house) == 0
    assert git(house, "rev-parse", "v1.0.0^{commit}") == head


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1.2.0", "no section ## [1.2.0]"),
        ("0.9.0", "no section"),
        ("v1.1.0", "no version"),
        ("1.01.0", "no version"),
        ("", "no version"),
        ("Unreleased", "no version"),
    ],
)
def test_what_the_changelog_has_not_got_is_not_released(house, capsys, version, why):
    assert main(["make", version], house) == 1
    assert why in capsys.readouterr().err
    assert git(house, "tag") == ""


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("## [1.1.0] - 2026-12-01", "## [1.1.0]", "needs its date"),
        ("## [1.1.0] - 2026-12-01", "## [1.1.0] - soon", "needs its date"),
        ("- The second thing.", "", "says nothing"),
    ],
)
def test_a_section_that_is_not_ready_is_not_released(house, capsys, before, after, why):
    (house / "CHANGELOG.md").write_text(SAMPLE.replace(before, after))
    git(house, "commit", "--quiet", "--all", "-m", "Spoil")
    assert main(["make", "1.1.0"], house) == 1
    assert why in capsys.readouterr().err


def test_nothing_is_released_twice_backwards_or_over_open_changes(house, capsys):
    assert main(["make", "1.1.0"], house) == 0
    assert main(["make", "1.1.0"], house) == 1
    assert "the tag v1.1.0 exists" in capsys.readouterr().err
    assert main(["make", "1.0.0"], house) == 1
    assert "1.0.0 is older than 1.1.0" in capsys.readouterr().err
    (house / "new").write_text("not committed")
    assert main(["plan", "1.1.0"], house) == 1
    assert "not committed" in capsys.readouterr().err


def test_the_notes_of_a_tag_are_its_section_and_fit_the_project(house, capsys):
    assert main(["notes", "1.0.0"], house) == 0
    assert capsys.readouterr().out == "### Added\n- The first thing.\n"
    assert main(["notes", "1.1.0"], house) == 1
    assert "the tag says 1.1.0, pyproject.toml 1.0.0" in capsys.readouterr().err


def test_our_changelog_can_be_released_from():
    sections = re.findall(r"^## \[([^\]]+)\]", CHANGELOG, re.MULTILINE)
    assert sections[0] == "Unreleased"
    versions = [tuple(map(int, section.split("."))) for section in sections[1:]]
    assert versions == sorted(versions, reverse=True)
    assert sections[1] == written_version((HOUSE / "pyproject.toml").read_text("utf-8"))
    assert all(notes_of(CHANGELOG, section) for section in sections[1:])
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS


@pytest.mark.parametrize(("go", "what"), [("", "plan"), ("1", "make")])
def test_make_release_plans_unless_it_is_told_to(go, what):
    plan = subprocess.run(
        ["make", "--dry-run", "--silent", "release", "VERSION=1.2.3", f"GO={go}"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'deploy/release.py {what} "1.2.3"' in plan.stdout
