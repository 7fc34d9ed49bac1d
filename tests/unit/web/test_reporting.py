"""The quarter's figures, worked out by hand; every figure is the sum of its parts, every part names its cases."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.terms import ItemKind, Mode, Scheme
from logistics.promise_model import Clock, PromiseState, PromiseVerdict
from web.views.quarter_figures import CaseFigures, DoorFigures, FigureName, figures_of, quarter

N = FigureName


def case(number, scheme=Scheme.CHUANYU, mode=Mode.ONLINE, kind=ItemKind.PROMISED, legal=20, promised=5, **more):
    return CaseFigures(
        case_no=f"c{number}", schemes=frozenset({scheme}), mode=mode, kind=kind, statutory_days=legal,
        promised_days=promised, **more,
    )  # fmt: skip


FOUR = [
    case(1, used_days=4.0, on_time=True, trips_before=2, trips_made=0, score=5, side="window"),
    case(2, Scheme.SOUTHWEST, Mode.COLLECT, used_days=7.0, on_time=False, trips_before=2, trips_made=2, score=1,
         side="post"),
    case(3, Scheme.INTERPROVINCIAL, Mode.ONLINE, ItemKind.IMMEDIATE, legal=0, promised=0, score=2, side="window",
         rework="unfounded"),
    case(4, Scheme.CHUANYU, Mode.JOINT, score=1, side="authority", rework="reworked"),
]  # fmt: skip


def value(cases, name):
    return next(f for f in figures_of(cases, ()) if f.name is name)


def test_figures_worked_out_by_hand():
    expected = {
        N.CASES: 4,
        N.ONLINE_SHARE: 0.5,  # 1, 3 of 4
        N.TIME_SAVED: 29.0,  # (20 − 4) + (20 − 7)
        N.TIME_COMPRESSION: 0.75,  # 1 − 15/60, the case without a legal limit left out
        N.ON_TIME_SHARE: 0.5,
        N.IMMEDIATE_SHARE: 0.25,
        N.MEAN_TRIPS: 1.0,  # (0 + 2) / 2 closed
        N.TRIPS_SAVED: 2,  # (2 − 0) + (2 − 2)
        N.SATISFACTION: 0.3333,  # 1 of 3: the unfounded one is left out
        N.REWORK: 0.6667,  # 2 of 3
    }
    assert {name: value(FOUR, name).value for name in expected} == expected


def test_cases_per_network_name_their_cases():
    parts = {part.label: part.cases for part in value(FOUR, N.CASES).parts}
    assert parts == {"川渝通办": ("c1", "c4"), "跨西南五省通办": ("c2",), "跨省通办": ("c3",), "全渝通办": ()}


def promise(verdict):
    at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    stopped = None if verdict is PromiseVerdict.CANCELLED else at
    return PromiseState(
        verdict=verdict, clock=Clock.STOPPED, start=at, deadline=at, provisional=False, stopped_at=stopped,
        stopped_by=None, verified=True, raw_minutes=30, adjusted_minutes=30, handover_minutes=None, excused={},
        over_cap=False, versions=(), boundaries=(),
    )  # fmt: skip


def test_the_one_hour_figure_counts_what_is_judged_and_names_the_cases():
    verdicts = (PromiseVerdict.KEPT, PromiseVerdict.KEPT_LATE_UPLOAD, PromiseVerdict.KEPT, PromiseVerdict.BREACHED,
                PromiseVerdict.CANCELLED)  # fmt: skip
    doors = [DoorFigures(case_no=f"d{n}", verdict=verdict) for n, verdict in enumerate(verdicts)]
    figure = next(f for f in figures_of((), doors) if f.name is N.ONE_HOUR)
    assert (figure.value, figure.of) == (0.75, 4)
    assert {part.label: part.cases for part in figure.parts} == {"做到": ("d0", "d1", "d2"), "超时": ("d3",)}


def test_an_empty_quarter_has_no_shares():
    for figure in figures_of((), ()):
        assert figure.value in (0, None)
        assert figure.of == 0
    assert value((), N.SATISFACTION).value is None


maybe_days = st.none() | st.floats(0, 60).map(lambda x: round(x, 1))
some_cases = st.lists(
    st.builds(
        case,
        st.integers(0, 10**6),
        st.sampled_from(Scheme),
        st.sampled_from(Mode),
        st.sampled_from(ItemKind),
        legal=st.integers(0, 60),
        promised=st.integers(0, 60),
        used_days=maybe_days,
        on_time=st.none() | st.booleans(),
        trips_before=st.none() | st.integers(0, 6),
        trips_made=st.none() | st.integers(0, 2),
        score=st.none() | st.integers(1, 5),
        side=st.sampled_from(["window", "authority", "post"]),
    ),
    unique_by=lambda c: c.case_no,
    max_size=12,
)


@given(some_cases)
def test_every_figure_is_explained_by_its_parts(cases):
    numbers = {c.case_no for c in cases}
    for figure in figures_of(cases, ()):
        behind = [case_no for part in figure.parts for case_no in part.cases]
        assert set(behind) <= numbers
        assert len(behind) == len(set(behind)) == figure.of
        if figure.unit == "比例" and figure.value is not None and figure.name is not N.TIME_COMPRESSION:
            assert figure.value == round(figure.parts[0].value / figure.of, 4)
        if figure.name in (N.TIME_SAVED, N.TRIPS_SAVED) and figure.value is not None:
            assert figure.value == pytest.approx(sum(part.value for part in figure.parts), abs=0.01)


def test_a_quarter_begins_and_ends_at_midnight_in_chongqing():
    period = quarter("2026Q4")
    assert period.start == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert period.end == datetime(2026, 12, 31, 16, tzinfo=UTC)
    quarters = [quarter(f"2026Q{n}") for n in (1, 2, 3, 4)] + [quarter("2027Q1")]
    assert all(a.end == b.start for a, b in itertools.pairwise(quarters))
    assert timedelta(days=89) < quarters[0].end - quarters[0].start < timedelta(days=93)


@pytest.mark.parametrize("name", ["2026", "2026Q5", "2026Q0", "2026q4", "1999Q1", "２０２６Q4", "2026Q4\n", ""])
def test_what_is_no_quarter(name):
    with pytest.raises(BadInput, match="2026Q4"):
        quarter(name)
