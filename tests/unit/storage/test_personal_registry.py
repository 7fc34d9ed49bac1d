"""Every column and every sealed field is judged: what it tells of a person, why it is kept, for whom and how long."""

import typing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel
from sqlalchemy import LargeBinary

from domain.dossier import Dossier
from domain.errors import Misconfigured
from domain.inbound import InboundMessage
from domain.outbound import Command
from storage.personal.published import render
from storage.personal.registry import CASE, NONE, PART, Link, Mask, registry
from storage.personal.registry import _entries as read_entries
from storage.personal.retention import ItemTerm, Terms, rules, terms
from storage.tables import metadata

ROOT = Path(__file__).parents[3]
SEALED = (Dossier, InboundMessage, Command)
"""Where everything sealed begins: the rest is found from these."""
SECRETS_OF_OURS = {
    *("interprovincial_secret.sealed", "list_version.content"),
    *("case_key.sealed", "case_document.key", "document_upload.key"),
}
"""Bytes that tell of nobody: a network's secret, the district's own lists, keys of cases and of files."""


def models_within(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_within(part)


def sealed_models():
    found, to_do = {}, list(SEALED)
    while to_do:
        model = to_do.pop()
        if model.__name__ in found:
            assert found[model.__name__] is model, f"two models are called {model.__name__}"
            continue
        found[model.__name__] = model
        to_do += [one for field in model.model_fields.values() for one in models_within(field.annotation)]
    return found


def columns():
    return {f"{table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.columns}


def test_every_column_has_an_entry_and_every_entry_a_column():
    judged = {f"{name}.{field}" for name, table in registry().tables.items() for field in table.fields}
    assert sorted(columns().keys() - judged) == []
    assert sorted(judged - columns().keys()) == []


def test_every_sealed_field_has_an_entry_and_every_entry_a_field():
    found = sealed_models()
    fields = {f"{name}.{field}" for name, model in found.items() for field in model.model_fields}
    judged = {f"{name}.{field}" for name, model in registry().models.items() for field in model.fields}
    assert sorted(fields - judged) == []
    assert sorted(judged - fields) == []


def test_a_part_is_a_model_that_is_judged_and_nothing_else_is():
    for name, model in sealed_models().items():
        for field, about in model.model_fields.items():
            within = list(models_within(about.annotation))
            assert (registry().models[name].fields[field] == PART) is bool(within), f"{name}.{field}"


def test_what_is_sealed_is_never_said_to_tell_of_nobody():
    sealed = {name for name, column in columns().items() if isinstance(column.type, LargeBinary)}
    silent = {
        f"{t.name}.{field}" for t in registry().tables.values() for field, kind in t.fields.items() if kind == NONE
    }
    assert sealed & silent == SECRETS_OF_OURS


def test_every_kind_is_kept_by_a_rule_and_whatever_a_case_erases_is_of_a_case():
    assert {kind.kept for kind in registry().profiles.values()} <= rules().keys()
    for table in registry().tables.values():
        assert not registry().erased(table) or table.of is not None, table.name


def test_what_is_dropped_and_written_over_is_there():
    for table in registry().tables.values():
        for column in table.drops:
            assert column in metadata.tables[table.name].c
        assert not table.drops.keys() - set(registry().erased(table))
        for column, place in table.places.items():
            bound = set(place.replace("}", "{").split("{")[1::2])
            assert column in registry().erased(table) and bound <= set(table.fields), table.name
        if table.of in (Link.CASE, Link.HANDLING, Link.LEG, Link.TASK):
            assert table.of.value in table.fields


def test_bytes_that_must_stay_have_a_place_or_a_reader_of_their_own():
    own = {"case_file.dossier", "case_face.name", "inbox.message", "applicant_key.sealed"}
    for table in registry().tables.values():
        for name in registry().erased(table) if not table.deleted else ():
            column = metadata.tables[table.name].c[name]
            must = isinstance(column.type, LargeBinary) and not column.nullable
            assert not must or name in table.places or f"{table.name}.{name}" in own, f"{table.name}.{name}"


def test_who_sees_it_whole_is_masked_for_the_others_where_it_is_sensitive():
    open_ = [name for name, kind in registry().profiles.items() if kind.class_ == "L3" and kind.mask is Mask.NONE]
    assert open_ == ["document", "authority-words"]  # a hash, and what READERS_OF_WORDS read


@pytest.mark.parametrize(
    ("about", "wrong"),
    [({"none": "a", "name": "a"}, "twice"), ({"nickname": "a"}, "names no profile")],
)
def test_a_word_that_nobody_knows_or_a_field_named_twice_is_told(about, wrong):
    with pytest.raises(Misconfigured, match=wrong):
        read_entries("x", about, {NONE, "name"})


def test_the_page_is_what_the_registry_says():
    assert (ROOT / "docs" / "personal-data.md").read_text(encoding="utf-8") == render()


def test_documents_never_outlive_the_rest_and_an_item_may_have_its_own_days():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = Terms(documents_days=180, personal_days=365, items={"A": ItemTerm(personal_days=90, source="law")})
    assert (made.documents_end("B", at) - at).days == 180
    assert (made.personal_end("B", at) - at).days == 365
    assert (made.documents_end("A", at) - at).days == 90
    assert made.shortest.days == 90
    assert terms(180, 365).shortest.days <= 180


def test_the_rules_say_who_decides_them():
    assert {rule.decided_by for rule in rules().values()} == {"district", "law"}
    assert all(rule.source for rule in rules().values())
    assert CASE in rules()
