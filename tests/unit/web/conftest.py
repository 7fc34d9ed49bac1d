"""What the tests of the web process share."""

import pytest

from tests.unit.web.hall import Hall


@pytest.fixture
def hall(tmp_path, monkeypatch):
    opened = Hall(tmp_path, monkeypatch)
    yield opened
    opened.database.close()
