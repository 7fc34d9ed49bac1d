"""A client generated from docs/openapi.json alone: all of it imports, and it logs in and lists items."""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.contract.serving import served

PAGE = Path(__file__).parents[2] / "docs" / "openapi.json"
NAME = "kuayu_generated"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The package; modules of an operation by their path in it."""
    folder = tmp_path_factory.mktemp("generated")
    config = Config.from_sources(
        ConfigFile(post_hooks=[]), MetaType.NONE, PAGE, "utf-8", overwrite=True, output_path=folder / NAME
    )
    faults = generate(config=config)
    assert [f"{fault.header}: {fault.detail}" for fault in faults if fault.level.name == "ERROR"] == []
    sys.path.insert(0, str(folder))
    yield importlib.import_module(NAME)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


def test_it_logs_in_and_lists_items(client, office):
    modules = {found.name for found in pkgutil.walk_packages(client.__path__, f"{NAME}.")}
    loaded = {name.rpartition(".")[2]: importlib.import_module(name) for name in sorted(modules)}
    operations = json.loads(PAGE.read_text("utf-8"))["paths"]
    assert {"start_case", "list_cases", "post_scans", "resolve_task"} <= loaded.keys(), len(operations)
    models = loaded["models"]
    with served(office.app) as url:
        entered = loaded["login"].sync(
            client=client.Client(base_url=url), body=models.Credentials(username="clerk", password="demo")
        )
        assert entered.role == models.Role.CLERK
        found = loaded["list_items"].sync(client=client.AuthenticatedClient(base_url=url, token=entered.token), size=3)
    assert found.total > 100
    assert [item.code[:3] for item in found.items] == ["YZ-"] * 3
