"""On both databases, as the tests of the tables."""

from tests.unit.storage.conftest import database, migrated_file, migrated_server

__all__ = ["database", "migrated_file", "migrated_server"]
