"""One office per file: starting it costs a second."""

import pytest

from tests.web.office import open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()
