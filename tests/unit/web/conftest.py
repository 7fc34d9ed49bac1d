"""What the tests of the web process share."""

import pytest

from tests.unit.web.hall import Hall, new_database


@pytest.fixture(scope="session")
def hall_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("hall") / "kuayu.db"
    new_database(path)
    return path


@pytest.fixture
def hall(tmp_path, hall_template, monkeypatch):
    opened = Hall(tmp_path, hall_template, monkeypatch)
    yield opened
    opened.database.close()
