"""The words that go to applicants: short, plain, and nobody's business if somebody else reads them."""

import pytest

from domain.applicant_messages import (
    LONGEST,
    PLAIN_ITEM,
    TEMPLATES,
    MessageKind,
    MessageState,
    item_said,
    message_id,
    tail_of,
    words_of,
)

LONGEST_VALUES = {
    "item": f"“{'新' * 14}”",
    "no": "0128",
    "due": "在12月31日（含）前",
    "at": "12月31日18:30",
    "code": "482913",
}


@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_fits_into_one_short_message(kind: MessageKind) -> None:
    assert len(words_of(kind, LONGEST_VALUES)) <= LONGEST


def test_every_kind_has_words_and_every_state_a_name() -> None:
    assert set(TEMPLATES) == set(MessageKind)
    assert all(state.label for state in MessageState)
    assert len({template.label for template in TEMPLATES.values()}) == len(TEMPLATES)


@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_says_whose_it_is_by_the_tail_of_the_number_alone(kind: MessageKind) -> None:
    assert "尾号{no}" in TEMPLATES[kind].words
    assert tail_of("500103202611230000128") == "0128"


@pytest.mark.parametrize("name", ["残疾人证办理", "失业登记", "婚姻登记", "户口迁移", "生育登记", "医保转移" * 4])
def test_a_sensitive_or_long_item_is_not_named(name: str) -> None:
    assert item_said(name) == PLAIN_ITEM


def test_a_harmless_item_is_named() -> None:
    assert item_said("食品经营许可") == "“食品经营许可”"


def test_a_message_has_one_id_however_often_it_is_made() -> None:
    assert message_id("1", "3-ACCEPTED") == message_id("1", "3-ACCEPTED") != message_id("1", "4-ACCEPTED")
