"""What every command works on: a sandbox of its own whose tables are there."""

import pytest

from cli.migration import run_migration
from runtime.container import container_of
from runtime.settings import load_settings


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """The container of an empty sandbox in `tmp_path`, which is the folder that the command stands in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SANDBOX", "1")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    list(run_migration(load_settings()))
    made = container_of(load_settings())
    yield made
    made.database.close()
