"""What the tests of the web process share."""

import pytest

from tests.lying_provider import lying_provider
from tests.unit.web.hall import Hall, new_database
from tests.unit.web.unified_hall import believes


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


@pytest.fixture
def liar(hall):
    """A provider that the hall believes, and that says what a test tells it to."""
    with lying_provider() as provider:
        provider.now = int(hall.now.timestamp())
        believes(hall, provider.issuer)
        yield provider
