"""The form check: one notice with everything, deferral, commitment, licences, grades."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.intake import IntakeChannel, first_counted_day
from catalog.items import load
from catalog.materials import (
    Brought,
    GapReason,
    check_materials,
    deferral_workdays,
    grade_of,
)
from catalog.model import Material, Requirement
from catalog.workdays import SHANGHAI, bundled_calendar
from domain.terms import ItemKind, MaterialForm, Provided, TrustGrade

P, F = Provided, MaterialForm


def material(seq, form=F.ORIGINAL, required=Requirement.YES, licence=None, commitment=False):
    return Material(
        seq=seq, name=f"材料{seq}", form=form, copies=1, required=required, e_licence=licence, commitment=commitment
    )


ITEM = (
    load()
    .by_code["YZ-MPS-001"]
    .model_copy(
        update={
            "promised_days": 10,
            "materials": (
                material(1, F.FORM),
                material(2, F.ORIGINAL, licence="居民身份证"),
                material(3, F.COPY, Requirement.DEFERRABLE),
                material(4, F.ELECTRONIC, commitment=True),
                material(5, F.COPY, Requirement.NO),
            ),
        }
    )
)
ALL = {1: P.ORIGINAL, 2: P.ORIGINAL, 3: P.COPY, 4: P.ELECTRONIC}


def check(changes=None, **more):
    brought = {**ALL, **(changes or {})}
    return check_materials(ITEM, [Brought(seq=s, provided=p) for s, p in brought.items() if p], **more)


def test_everything_is_there():
    result = check()
    assert result.complete and result.notice == ()
    assert result.deferred == () and result.committed == () and result.licences == ()


def test_one_notice_lists_every_gap_and_every_way_out():
    result = check({1: None, 2: None, 3: None, 4: None})
    assert [(gap.seq, gap.reason) for gap in result.gaps] == [(n, GapReason.MISSING) for n in (1, 2, 3, 4)]
    assert result.notice == (
        "1. 缺《材料1》：请提供填写并签名的表格1份。",
        "2. 缺《材料2》：请提供原件1份，也可以出示电子证照“居民身份证”。",
        "3. 缺《材料3》：请提供复印件1份，也可以签署容缺承诺后10个工作日内补交。",
        "4. 缺《材料4》：请提供电子件1份，也可以签署告知承诺书。",
    )


def test_deferral_commitment_and_licence():
    result = check({2: P.LICENCE, 3: P.DEFERRED, 4: P.COMMITTED})
    assert result.complete
    assert [(d.seq, d.workdays, d.form) for d in result.deferred] == [(3, 10, F.COPY)]
    assert [c.seq for c in result.committed] == [4]
    assert result.licences == ("居民身份证",)
    assert result.grades == {1: TrustGrade.D, 2: TrustGrade.C, 4: TrustGrade.D}


@pytest.mark.parametrize(
    ("seq", "provided", "reason"),
    [
        (1, P.DEFERRED, GapReason.NOT_DEFERRABLE),
        (2, P.COMMITTED, GapReason.NO_COMMITMENT),
        (3, P.LICENCE, GapReason.NO_LICENCE),
        (2, P.COPY, GapReason.WRONG_FORM),
        (2, P.ELECTRONIC, GapReason.WRONG_FORM),
        (5, P.DEFERRED, GapReason.NOT_DEFERRABLE),
    ],
)
def test_what_does_not_pass(seq, provided, reason):
    result = check({seq: provided})
    assert [(gap.seq, gap.reason) for gap in result.gaps] == [(seq, reason)]
    assert f"材料{seq}" in result.notice[0]
    assert seq not in result.grades and not result.deferred


def test_the_discredited_neither_defer_nor_commit():
    result = check({3: P.DEFERRED, 4: P.COMMITTED}, discredited=True)
    assert [gap.reason for gap in result.gaps] == [GapReason.DISCREDITED] * 2
    missing = check({3: None, 4: None}, discredited=True)
    assert all("承诺" not in line for line in missing.notice)


def test_unknown_and_repeated_materials():
    brought = [Brought(seq=s, provided=p) for s, p in [*ALL.items(), (9, P.COPY), (3, P.COPY)]]
    result = check_materials(ITEM, brought)
    assert [(gap.seq, gap.reason) for gap in result.gaps] == [(3, GapReason.TWICE), (9, GapReason.UNKNOWN)]


def test_a_check_at_the_window_raises_c_to_b():
    copy = material(3, F.COPY)
    assert grade_of(copy, Brought(seq=3, provided=P.ELECTRONIC)) is TrustGrade.C
    assert grade_of(copy, Brought(seq=3, provided=P.ELECTRONIC, checked=True)) is TrustGrade.B
    assert grade_of(copy, Brought(seq=3, provided=P.ORIGINAL)) is TrustGrade.B
    assert grade_of(copy, Brought(seq=3, provided=P.LICENCE)) is TrustGrade.C
    assert grade_of(copy, Brought(seq=3, provided=P.LICENCE, checked=True)) is TrustGrade.B
    assert grade_of(material(1, F.FORM), Brought(seq=1, provided=P.ORIGINAL, checked=True)) is TrustGrade.D
    assert grade_of(copy, Brought(seq=3, provided=P.DEFERRED)) is None


def test_every_item_can_be_satisfied_as_listed():
    as_listed = {F.ORIGINAL: P.ORIGINAL, F.COPY: P.COPY, F.ELECTRONIC: P.ELECTRONIC, F.FORM: P.ORIGINAL}
    for item in load().items:
        brought = [Brought(seq=m.seq, provided=as_listed[m.form]) for m in item.materials]
        assert check_materials(item, brought).complete, item.code
        assert check_materials(item.snapshot("v"), brought).complete


def test_deferral_never_outlives_the_promise():
    for item in load().items:
        if item.kind is ItemKind.PROMISED:
            assert 0 < deferral_workdays(item) <= item.promised_days


@given(st.sampled_from(load().items), st.lists(st.builds(Brought, seq=st.integers(1, 8), provided=st.sampled_from(P))))
def test_every_required_material_is_accounted_for(item, brought):
    result = check_materials(item, brought)
    given_once = {b.seq for b in brought}
    for m in item.materials:
        gap = any(gap.seq == m.seq for gap in result.gaps)
        owed = any(d.seq == m.seq for d in result.deferred)
        if m.required is Requirement.YES:
            assert gap or (m.seq in given_once and not owed)
        assert not (gap and (owed or m.seq in result.grades))


def test_channels():
    assert {channel.label for channel in IntakeChannel} >= {"银行代办点", "自助终端"}
    saturday = datetime(2026, 11, 28, 15, tzinfo=SHANGHAI)
    assert first_counted_day(saturday, bundled_calendar()) == date(2026, 11, 30)
    worked = datetime(2026, 10, 9, 15, tzinfo=SHANGHAI)
    assert first_counted_day(worked, bundled_calendar()) == date(2026, 10, 10)
