"""Optional members of events on every wire: read where they are said, refused out of form, nothing where absent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.inbound import EventPayload
from domain.named_papers import NamedPaper
from domain.terms import MaterialForm, WireEvent
from tests.unit.partners.sichuan_southwest_interprovincial.optional_words import (
    USUAL,
    heard_in_sichuan,
    heard_in_southwest,
    heard_through_the_gateway,
)

E = WireEvent
WIRES = [heard_in_sichuan, heard_in_southwest, heard_through_the_gateway]
wires = pytest.mark.parametrize("heard", WIRES, ids=["A", "B", "C"])
BOOK = {"name": "居民户口簿", "form": "original", "count": 2}
BOOKS = (NamedPaper(name="居民户口簿", form=MaterialForm.ORIGINAL, count=2),)


@wires
@pytest.mark.parametrize("event", USUAL)
def test_an_event_of_the_contract_as_it_was_says_none_of_them(heard, event):
    said = heard(event)
    assert said is not None
    assert (said.papers, said.kept, said.seal_no, said.extended_workdays, said.deemed) == (None,) * 5


@wires
def test_what_comes_back_and_what_is_kept(heard):
    said = heard(E.RESULT_SENT, papers=[BOOK], kept=[BOOK | {"form": "copy", "count": 1}], sealNo="SC0000001")
    assert said == EventPayload(
        tracking_no="EB000717618CN",
        seal_no="SC0000001",
        papers=BOOKS,
        kept=(NamedPaper(name="居民户口簿", form=MaterialForm.COPY, count=1),),
    )
    assert heard(E.RESULT_SENT, papers=[], kept=[]).kept == ()
    nothing = heard(E.RESULT_SENT, papers=None, kept=None, sealNo=None)
    assert (nothing.papers, nothing.kept, nothing.seal_no) == (None, None, None)


@wires
def test_what_a_supplement_wants(heard):
    said = heard(E.NEED_SUPPLEMENT, papers=[BOOK])
    assert (said.papers, said.materials, said.round) == (BOOKS, ("户口簿",), 1)


@wires
def test_an_extension_comes_with_its_reason(heard):
    said = heard(E.REVIEWING, extendedWorkdays=10, reason="案情复杂")
    assert (said.extended_workdays, said.reason) == (10, "案情复杂")
    assert heard(E.REVIEWING, extendedWorkdays=10) is None
    assert heard(E.REVIEWING, extendedWorkdays=0, reason="案情复杂") is None
    assert heard(E.REVIEWING, extendedWorkdays="ten", reason="案情复杂") is None
    assert heard(E.REVIEWING, reason="案情复杂") == EventPayload()  # alone it says nothing


@wires
def test_an_acceptance_may_say_that_the_law_deems_it(heard):
    assert [heard(E.ACCEPTED, deemed=value).deemed for value in (True, False, None)] == [True, False, None]
    assert heard(E.ACCEPTED, deemed="perhaps") is None


@wires
@pytest.mark.parametrize(
    "paper",
    [
        {"name": "户口簿", "form": "original"},
        BOOK | {"name": ""},
        BOOK | {"name": "簿" * 501},
        BOOK | {"form": "stone"},
        BOOK | {"count": 0},
        BOOK | {"count": -1},
        BOOK | {"count": 100_000},
        BOOK | {"count": "1.0"},
        "户口簿",
    ],
)
@pytest.mark.parametrize("member", ["papers", "kept"])
def test_a_line_out_of_form_refuses_the_message(heard, paper, member):
    assert heard(E.RESULT_SENT, **{member: [BOOK, paper]}) is None
    if member == "papers":
        assert heard(E.NEED_SUPPLEMENT, papers=[paper]) is None


@wires
def test_two_hundred_lines_and_no_more(heard):
    assert len(heard(E.RESULT_SENT, papers=[BOOK] * 200).papers) == 200
    assert heard(E.RESULT_SENT, papers=[BOOK] * 201) is None


@wires
def test_unknown_members_of_a_line_and_of_an_event_are_ignored(heard):
    assert heard(E.RESULT_SENT, papers=[BOOK | {"colour": "red"}], mood="fine").papers == BOOKS
    if heard is not heard_through_the_gateway:  # there the name of an element is all that tells whose it is
        assert heard(E.ACCEPTED, papers=7, kept="x").papers is None


# What XML carries as it is.
words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
)
papers = st.lists(
    st.builds(NamedPaper, name=words, form=st.sampled_from(MaterialForm), count=st.integers(1, 99_999)), max_size=8
)


@wires
@settings(max_examples=60, deadline=None)
@given(back=papers, kept=papers)
def test_any_list_is_heard_as_it_was_said(heard, back, kept):
    said = heard(
        E.RESULT_SENT, papers=[p.model_dump(mode="json") for p in back], kept=[p.model_dump(mode="json") for p in kept]
    )
    assert (said.papers, said.kept) == (tuple(back), tuple(kept))
