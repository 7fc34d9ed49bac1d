"""No column is forgotten: each of bytes is sealed and known, each that tells of somebody is sealed or a digest."""

import re
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, Float, LargeBinary, MetaData, String

from storage.personal.registry import DataClass, registry
from storage.sealed_columns import BYTES, NOT_SEALED, SealedColumn, sealed_columns
from storage.sealed_types import SealedText, SealedValue
from storage.tables import metadata

HOUSE = Path(__file__).parents[3]
SHORT = 200
"""A text of this length is one that somebody writes; shorter ones are codes and numbers."""
DIGESTS = {"document", "index", "proof"}
OURS_SEALED = {
    *("applicant_key.sealed", "interprovincial_secret.sealed", "totp.sealed"),
    *("courier.lat", "courier.lon", "suspension.reason", "suspension.end_reason"),
    *("case_key.sealed", "case_document.key", "document_upload.key"),
}
"""Secrets, where our couriers are, what our people write, keys of cases and files: sealed, though of no applicant."""


def of_bytes(tables):
    """(table, column) of every column that holds bytes."""
    columns = (column for table in tables.sorted_tables for column in table.columns)
    return {(one.table.name, one.name) for one in columns if isinstance(one.type, (LargeBinary, SealedValue))}


def unaccounted(tables, entries):
    """Columns of bytes without an entry, and entries without a column."""
    return of_bytes(tables) ^ ({(one.table, one.column) for one in entries} | NOT_SEALED.keys())


def free_columns():
    """`{table}.{column}` of those whose form does not say what they hold."""
    columns = (column for table in metadata.sorted_tables for column in table.columns)
    return {
        f"{one.table.name}.{one.name}"
        for one in columns
        if isinstance(one.type, (JSON, Float, LargeBinary, SealedValue))
        or (isinstance(one.type, String) and (one.type.length or SHORT) >= SHORT)
    }


def personal():
    """`{table}.{column}` of what tells of a person, as the registry says; digests and keyed marks tell nothing."""
    kinds = registry().profiles
    return {
        f"{name}.{field}"
        for name, table in registry().tables.items()
        for field, kind in table.fields.items()
        if kind in kinds and kinds[kind].class_ is not DataClass.OPERATIONAL and kind not in DIGESTS
    }


def test_every_column_of_bytes_is_accounted_for():
    assert unaccounted(metadata, sealed_columns()) == set()
    assert all(NOT_SEALED.values())


@pytest.mark.parametrize("type_", [LargeBinary(), SealedText("task.photo")])
def test_a_new_column_without_an_entry_is_named(type_):
    grown = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(grown)
    grown.tables["task"].append_column(Column("photo", type_))
    assert unaccounted(grown, sealed_columns()) == {("task", "photo")}


def test_an_entry_without_a_column_is_named():
    gone = SealedColumn("task", "gone", "task/{id}")
    assert unaccounted(metadata, (*sealed_columns(), gone)) == {("task", "gone")}


def test_what_each_is_bound_to_stands_in_its_row():
    for one in sealed_columns():
        assert {one.column, *(key.name for key in one.key), *one.bound_to} <= set(one.of.columns.keys()), one


def test_a_column_that_seals_is_bound_to_itself():
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SealedValue):
                assert column.type.place == f"{table.name}.{column.name}"


def test_places_are_made_of_the_row():
    inbox = next(one for one in sealed_columns() if (one.table, one.column) == ("inbox", "raw"))
    assert inbox.bound_to == ("sender", "message_id")
    assert inbox.place_of({"sender": "sichuan", "message_id": "m1"}) == "inbox/sichuan/m1"
    reason = next(one for one in sealed_columns() if (one.table, one.column) == ("task", "reason"))
    assert isinstance(reason.of.columns["reason"].type, SealedText)
    assert reason.place_of({}) == "task.reason"


def test_what_every_free_column_holds_is_said():
    judged = {f"{name}.{field}" for name, table in registry().tables.items() for field in table.fields}
    assert free_columns() <= judged
    assert all(profile.what for profile in registry().profiles.values())


def test_what_is_personal_is_sealed_and_nothing_else():
    sealed = {f"{one.table}.{one.column}" for one in sealed_columns()}
    assert sealed == personal() | OURS_SEALED


def emptied(text):
    """Without what stands between braces."""
    return re.sub(r"\{[^}]*\}", "{}", text)


def test_each_is_bound_to_what_its_writer_says():
    """As the f-string in the code of whoever seals it; only a body beside the log lies under a place of its row's."""
    said = set()
    for folder in ("storage", "exchange", "web"):
        for file in (HOUSE / folder).rglob("*.py"):
            if file.name != "sealed_columns.py":
                said |= {
                    re.sub(r"\{[^}]*\}", "{}", text) for text in re.findall(r'f"([^"]*)"', file.read_text("utf-8"))
                }
    places = {re.sub(r"\{[^}]*\}", "{}", one.place) for one in BYTES}
    assert places - said <= {"{}"}
