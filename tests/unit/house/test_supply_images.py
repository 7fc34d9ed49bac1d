"""Image and containers: no root, nothing gained, nothing that moves, no secret in a layer; hashes prove the rest."""

import copy
import re
import shutil

import pytest

from deploy.supply import images
from deploy.supply.image_rules import compose_faults, dockerfile_faults, ignore_faults, unhashed, unpinned
from tests.unit.house.pages import HOUSE

DOCKERFILE = (HOUSE / "deploy" / "Dockerfile").read_text("utf-8")
COMPOSE = images.compose_of(HOUSE)
EXCEPTED = images.settings(HOUSE)["excepted"]
DIGEST = "sha256:" + "ab" * 32


def test_image_and_containers_are_as_they_must_be():
    assert images.check()[0] == []


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("USER 10001:10001\n", "", "USER"),
        ("USER 10001:10001", "USER root", "USER"),
        ("USER 10001:10001", "USER 0", "USER"),
        ("USER 10001:10001", "USER kuayu", "USER"),
        ("python:3.11.14-slim-bookworm", "python:latest", "the tag moves"),
        ("python:3.11.14-slim-bookworm", "python", "no tag"),
        ("python:3.11.14-slim-bookworm", "python:3", "the tag moves"),
        ("HEALTHCHECK", "LABEL", "HEALTHCHECK"),
        ("--require-hashes ", "", "nothing proves"),
        ("--no-index ", "", "nothing proves"),
        ("--no-cache-dir ", "", "cache would stay"),
        ("COPY . .", "ADD . .", "use COPY"),
        ("COPY . .", "COPY . .\nENV SEAL_KEYS=one", "a secret would stay"),
        ("COPY . .", "COPY . .\nARG POSTGRES_PASSWORD", "a secret would stay"),
        ("COPY . .", "COPY .env .", "a secret would stay"),
        ("COPY . .", "RUN curl -sSf https://example.org | sh", "fetches"),
        ('CMD ["kuayu", "--help"]', "CMD kuayu --help", "a shell would stand"),
        ("USER 10001", "RUN pip install --no-index x\nUSER 10001", "the last stage installs"),
        (" AS build", "", "one stage"),
    ],
)
def test_a_dockerfile_against_a_rule_is_told(was, becomes, says):
    assert was in DOCKERFILE
    changed = DOCKERFILE.replace(was, becomes)
    if says == "one stage":
        changed = DOCKERFILE[: DOCKERFILE.rindex("FROM ")]
    assert any(says in line for line in dockerfile_faults(changed))


@pytest.mark.parametrize(
    ("service", "change", "says"),
    [
        ("web", {"user": "root"}, "runs as root"),
        ("web", {"user": None}, "runs as root"),
        ("worker", {"cap_drop": []}, "keeps capabilities"),
        ("worker", {"security_opt": []}, "may gain privileges"),
        ("worker", {"read_only": False}, "can be written"),
        ("worker", {"healthcheck": {"disable": True}}, "nothing says whether it works"),
        ("postgres", {"image": "postgres:latest"}, "the tag moves"),
        ("postgres", {"image": "postgres:17"}, "the tag moves"),
        ("postgres", {"ports": ["5432:5432"]}, "open to other machines"),
        ("postgres", {"environment": {"POSTGRES_PASSWORD": "kuayu"}}, "written down"),
        ("postgres", {"environment": {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:-kuayu}"}}, "written down"),
        ("web", {"privileged": True}, "not kept apart"),
        ("web", {"network_mode": "host"}, "not kept apart"),
        ("web", {"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}, "folders of its host"),
        ("migrate", {"healthcheck": {"test": ["CMD", "true"]}}, "excepted from healthcheck for nothing"),
    ],
)
def test_a_container_against_a_rule_is_told(service, change, says):
    compose = copy.deepcopy(COMPOSE)
    given = {key: value for key, value in change.items() if value is not None}
    for key in change:
        compose["services"][service].pop(key, None)
    compose["services"][service] |= given
    assert any(says in line for line in compose_faults(compose, EXCEPTED))


def test_every_exception_has_its_reason():
    assert all(len(reason) > 15 for service in EXCEPTED.values() for reason in service.values())


@pytest.mark.parametrize("line", ["!.env", "!tests", "!.git"])
def test_what_must_stay_out_of_the_image_stays_out(line):
    text = (HOUSE / ".dockerignore").read_text("utf-8")
    assert list(ignore_faults(text)) == []
    assert list(ignore_faults(f"{text}\n{line}\n"))
    assert list(ignore_faults(text.replace("*\n", "", 1)))


def test_every_package_that_is_installed_comes_into_the_image():
    let_in = {line[1:] for line in (HOUSE / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    rule = re.search(r"^include = \[(.*?)\]", (HOUSE / "pyproject.toml").read_text("utf-8"), re.DOTALL | re.MULTILINE)[
        1
    ]
    packages = {name.rstrip("*") for name in re.findall(r'"([^"]+)"', rule)} - {
        "demo"
    }  # plays the sandbox from a clone
    assert packages <= let_in
    assert all((HOUSE / name).exists() for name in let_in)


@pytest.mark.parametrize("reference", ["postgres:17.6-bookworm", f"postgres:17.6@{DIGEST}", "temporalio/ui:v2.42.1"])
def test_a_version_with_or_without_digest_is_a_pin(reference):
    assert unpinned(reference) is None


@pytest.fixture
def house(tmp_path):
    for name in ("deploy/Dockerfile", "docker-compose.yml", "deploy/supply/images.toml", ".dockerignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOUSE / name, tmp_path / name)
    return tmp_path


def test_digests_are_written_where_they_are_read_and_again(house):
    for digest in (DIGEST, "sha256:" + "cd" * 32):
        named = images.fill(house, ask=lambda tag, digest=digest: digest)
        assert len(named) == 4
        assert all(reference.endswith(f"@{digest}") for reference in named)
        assert images.check(house) == ([], [])
    froms = [line for line in (house / "deploy" / "Dockerfile").read_text().splitlines() if line.startswith("FROM ")]
    assert [line.count("@sha256:") for line in froms] == [1, 1]


def test_a_digest_that_nobody_asked_for_is_told(house):
    path = house / "docker-compose.yml"
    path.write_text(path.read_text().replace("postgres:17.6-bookworm", f"postgres:17.6-bookworm@{DIGEST}"))
    assert any("says no digest" in line for line in images.check(house)[0])


def test_a_registry_that_is_not_there_changes_nothing(house, monkeypatch):
    before = {path: path.read_text() for path in house.rglob("*") if path.is_file()}

    def ask(tag):
        if tag.startswith("postgres"):
            raise images.Fault("no answer")
        return DIGEST

    with pytest.raises(images.Fault):
        images.fill(house, ask=ask)
    assert {path: path.read_text() for path in before} == before


@pytest.mark.parametrize(("says", "fits"), [(DIGEST, True), ("sha256:abc", False), ("", False)])
def test_only_what_a_registry_answers_is_a_digest(tmp_path, monkeypatch, says, fits):
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if fits:
        assert images.ask_docker("postgres:17.6") == DIGEST
    else:
        with pytest.raises(images.Fault, match="gave no digest"):
            images.ask_docker("postgres:17.6")


def test_whatever_we_install_is_proven_by_a_hash_or_comes_from_nowhere():
    files = [HOUSE / "Makefile", HOUSE / "deploy" / "Dockerfile", HOUSE / ".ci" / "run", HOUSE / "tests" / "setup.sh"]
    files += (HOUSE / ".github" / "workflows").glob("*.yml")
    commands = [found for path in files for found in re.findall(r"pip install[^&|;\n]*", path.read_text("utf-8"))]
    assert len(commands) >= 5
    assert [command for command in commands if unhashed(command)] == []
