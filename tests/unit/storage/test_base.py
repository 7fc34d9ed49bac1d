"""Errors of the database go into logs, so they never say with which values a statement failed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError


def test_an_error_names_no_value(database):
    with pytest.raises(DBAPIError) as raised, database.write() as session:
        session.execute(text("INSERT INTO no_such_table (name) VALUES (:name)"), {"name": "王秀兰"})
    assert "no_such_table" in str(raised.value)
    assert "王秀兰" not in str(raised.value)
