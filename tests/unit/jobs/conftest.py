"""The databases of the storage tests, for jobs that write."""

from tests.unit.storage.conftest import database, migrated_file, migrated_server

__all__ = ["database", "migrated_file", "migrated_server"]
