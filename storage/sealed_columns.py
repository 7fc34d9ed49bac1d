"""Every column whose values are sealed, and what each is bound to; a test holds that there is no other.

Whoever walks through all that is sealed (`storage.resealing`, what follows when a person's data must go) reads it here.
"""

import string
from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Column, Table

from storage.base import Base
from storage.sealed_types import SealedValue
from storage.tables import metadata


class SealedColumn(NamedTuple):
    """A column with sealed values. `place`: their associated data, with the row's own columns in braces."""

    table: str
    column: str
    place: str

    @property
    def of(self) -> Table:
        """Its table."""
        return metadata.tables[self.table]

    @property
    def key(self) -> tuple[Column[object], ...]:
        """The primary key of its table."""
        return tuple(self.of.primary_key.columns)

    @property
    def bound_to(self) -> tuple[str, ...]:
        """The columns that `place` names."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.place) if name)

    def place_of(self, row: Mapping[str, object]) -> str:
        """The associated data of one value; `row`: at least `bound_to`."""
        return self.place.format_map(row)


BYTES: Final = (
    SealedColumn("applicant_key", "sealed", "applicant-key/{case_no}"),
    SealedColumn("applicant_message", "secrets", "message/{id}"),
    SealedColumn("applicant_message", "words", "message/{id}"),
    SealedColumn("case_document", "key", "file/{case_no}/{sha256}"),
    SealedColumn("case_draft", "content", "draft/{draft_id}"),
    SealedColumn("case_face", "name", "face/{case_no}"),
    SealedColumn("case_file", "dossier", "case/{case_no}"),
    SealedColumn("case_key", "sealed", "case-key/{part}/{case_no}"),
    SealedColumn("claim", "statement", "claim/{claim_id}"),
    SealedColumn("claim_event", "words", "claim/{claim_id}"),
    SealedColumn("command", "content", "command/{key}"),
    SealedColumn("decision_proposal", "content", "proposal/{handling_no}"),
    SealedColumn("decision_proposal", "reason", "proposal/{handling_no}"),
    SealedColumn("document_upload", "key", "upload/{sha256}"),
    SealedColumn("exchange_body", "sealed", "{place}"),
    SealedColumn("handling_holding", "reason", "holding/{handling_no}"),
    SealedColumn("inbox", "message", "inbox/{sender}/{message_id}"),
    SealedColumn("inbox", "raw", "inbox/{sender}/{message_id}"),
    SealedColumn("interprovincial_secret", "sealed", "interprovincial-secret/{id}"),
    SealedColumn("leg", "contact", "leg/{leg_id}"),
    SealedColumn("leg_change", "after", "leg-change/{leg_id}/{version}"),
    SealedColumn("leg_change", "before", "leg-change/{leg_id}/{version}"),
    SealedColumn("southwest_batch_in", "held", "southwest-in/{cd_batch}"),
    SealedColumn("southwest_batch_out", "rows_gz", "southwest-out/{cd_batch}/{text_sm3}"),
    SealedColumn("southwest_row_out", "content", "southwest-row/{key}"),
    SealedColumn("totp", "sealed", "totp/{username}"),
    SealedColumn("unmasking", "words", "unmasking/{case_no}"),
)
"""Sealed by whoever writes the row."""

NOT_SEALED: Final = {
    ("list_version", "content"): "the district's own lists of items, agreements and working days",
    ("security_key", "credential_id"): "a security key's public name",
    ("security_key", "public_key"): "a security key's public key",
    ("enrolled_device", "public_key"): "a device's public key",
    ("key_challenge", "challenge"): "random bytes, shown to the browser, worth five minutes",
}
"""Columns of bytes in clear, and what they hold."""


def sealed_columns() -> tuple[SealedColumn, ...]:
    """All of them: those above, and those whose type seals (`storage.sealed_types`), which is bound to the column."""
    by_type = (
        SealedColumn(table.name, column.name, column.type.place)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedValue)
    )
    return (*BYTES, *by_type)
