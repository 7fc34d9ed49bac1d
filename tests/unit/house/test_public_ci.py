"""What runs in public and before a commit is what `make check` and `.ci/run` run, and names only what exists."""

import re
from pathlib import Path

import pytest
import yaml

HOUSE = Path(__file__).parents[3]
GITHUB = HOUSE / ".github"
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text("utf-8"))


def steps_of(name: str, job: str) -> list[dict]:
    return read(GITHUB / "workflows" / name)["jobs"][job]["steps"]


def test_ci_runs_what_must_be_green_on_every_python_that_we_promise():
    job = read(GITHUB / "workflows" / "ci.yml")["jobs"]["ci"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["sudo sh tests/setup.sh", ".ci/run"]
    pythons = job["strategy"]["matrix"]["python"]
    assert all(isinstance(python, str) for python in pythons)  # 3.10 unquoted would be 3.1
    lowest = re.search(r'requires-python = ">=([0-9.]+)"', (HOUSE / "pyproject.toml").read_text("utf-8"))
    assert pythons[0] == lowest[1]
    assert len(pythons) >= 2
    assert job["env"]["PYTHON"] == "python${{ matrix.python }}"  # deploy/find-python.sh tries it first


def test_a_release_publishes_the_changelogs_section():
    runs = [step["run"] for step in steps_of("release.yml", "release") if "run" in step]
    assert 'deploy/release.py notes "${GITHUB_REF_NAME#v}" > notes.txt' in runs[0]
    assert "--notes-file notes.txt" in runs[1]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_only_what_they_must_and_end(path):
    workflow = read(path)
    assert workflow["permissions"]["contents"] == ("write" if path.name == "release.yml" else "read")
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())
    named = re.findall(
        r"(?:sh |python |^\s*run: )((?:\.ci|tests|deploy)/[\w.-]+)", path.read_text("utf-8"), re.MULTILINE
    )
    assert named
    assert [name for name in named if not (HOUSE / name).is_file()] == []


def test_files_that_a_cache_depends_on_are_there():
    text = (GITHUB / "workflows" / "ci.yml").read_text("utf-8")
    named = re.findall(r"'([\w./-]+\.py)'", text) + re.findall(r"cache-dependency-path: (\S+)", text)
    assert len(named) >= 2
    assert [name for name in named if not (HOUSE / name).is_file()] == []


def test_hooks_run_every_tool_of_make_check_from_our_own_environment():
    config = read(HOUSE / ".pre-commit-config.yaml")
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    entries = [hook["entry"] for hook in config["repos"][0]["hooks"]]
    assert all(entry.startswith(".venv/bin/") for entry in entries)
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE)[1]
    made = recipe.replace("$(PYTEST)", "$(BIN)/python -m pytest").replace("$(BIN)/", ".venv/bin/")
    tools = [re.sub(r" \.$", "", line.strip()) for line in made.splitlines()]
    hooks = [re.sub(r" \.$", "", entry.replace(" --force-exclude", "")) for entry in entries]
    assert hooks == tools


@pytest.mark.parametrize("path", [form for form in FORMS if form.name != "config.yml"], ids=lambda path: path.name)
def test_issue_forms_have_what_a_form_needs(path):
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names))
    assert any(field.get("validations", {}).get("required") for field in fields)
