"""docker-compose.yml follows the compose specification and names only what exists."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.core
import typer.main
import yaml

from runtime.settings import variables

HOUSE = Path(__file__).parents[3]
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())  # from the compose specification


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((HOUSE / "docker-compose.yml").read_text())


def test_it_follows_the_specification(compose):
    jsonschema.Draft201909Validator(SCHEMA).validate(compose)


def test_the_specification_is_really_asked(compose):
    broken = {**compose, "services": {**compose["services"], "web": {"imagee": "kuayu"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(SCHEMA).validate(broken)


def test_every_kuayu_command_it_names_exists(compose):
    from cli.main import app

    program = typer.main.get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    known = set(program.commands)
    named = {service["command"][1] for service in compose["services"].values() if "command" in service}
    assert named == {"migrate", "worker", "web"}
    assert named <= known


def test_services_wait_only_for_services_that_exist_and_can_be_waited_for(compose):
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, name
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for the health of {needed}"


def test_every_file_it_names_is_there(compose):
    services = compose["services"].values()
    builds = [Path(s["build"]["context"]) / s["build"]["dockerfile"] for s in services if "build" in s]
    mounts = [mount.split(":")[0] for s in services for mount in s.get("volumes", []) if mount.startswith("./")]
    for path in [*builds, *mounts]:
        assert (HOUSE / path).is_file(), path


def test_every_named_volume_is_declared(compose):
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts if not mount.startswith("./")} == set(compose["volumes"])


def test_our_processes_get_settings_that_exist(compose):
    known = {name for name, _ in variables()}
    for name in ("migrate", "worker", "web"):
        assert set(compose["services"][name]["environment"]) <= known
