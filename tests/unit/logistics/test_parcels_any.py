"""Any set of events at all: no crash, no dependence on order, the state's own promises kept."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.terms import Leg, ParcelStage, SignerKind
from logistics.parcels import derive
from logistics.promise import evaluate
from logistics.promise_facts import facts_of, pauses_of
from logistics.promise_model import PromiseOrder, PromiseTerms
from logistics.scans import LegPolicy, ScanEvent, Void
from logistics.service_calendar import ServiceCalendar
from tests.unit.logistics.parcel_traces import AT_DOOR, DOOR, FAR, TEN

S = ParcelStage


@st.composite
def logs(draw: st.DrawFn) -> tuple[LegPolicy, list[ScanEvent]]:
    """A leg and up to twelve events of it, sensible or not, with voids, versions, attempts and skewed clocks."""
    leg = draw(st.sampled_from(list(Leg)))
    events = []
    for seq in range(draw(st.integers(0, 12))):
        minute = draw(st.integers(0, 200))
        fields: dict[str, Any] = {
            "kind": draw(st.sampled_from([*ParcelStage, Void.VOID])),
            "occurred_at": TEN + timedelta(minutes=minute),
            "recorded_at": TEN + timedelta(minutes=minute + draw(st.integers(-10, 60))),
            "epoch": draw(st.sampled_from([None, None, 1, 2, 3])),
            "gps": draw(st.sampled_from([None, AT_DOOR, FAR])),
            "signer_kind": draw(st.sampled_from([None, *SignerKind])),
            "actor": draw(st.sampled_from(["c1", "c2"])),
            "natural_key": draw(st.sampled_from([None, None, None, "k1", "k2"])),
            "note": draw(st.sampled_from([None, "applicant_wait"])),
            "proofs_pending": draw(st.booleans()),
            "second_approval": draw(st.booleans()),
        }
        if fields["kind"] is Void.VOID:
            fields["voids"] = f"e{draw(st.integers(0, 12))}"
        events.append(ScanEvent(event_id=f"e{seq}", leg=leg, device_id="d1", device_seq=seq, **fields))
    return LegPolicy.of(leg, DOOR), events


@settings(max_examples=200, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_any_set_of_events_has_one_state(log: tuple[LegPolicy, list[ScanEvent]], rng: Any) -> None:
    policy, events = log
    state = derive(policy, events)
    shuffled = events + rng.sample(events, min(3, len(events)))
    rng.shuffle(shuffled)
    assert derive(policy, shuffled) == state
    assert state.status is (state.side or state.stage)
    assert state.terminal or not state.complete
    assert len(state.scans) == len(events)
    assert not (state.complete and state.return_required)
    if state.picked_up is not None:
        assert (state.picked_up.at is None) is state.picked_up.inferred
    if state.arrived_door is not None and state.arrived_door.verified:
        assert not state.arrived_door.proofs_pending


@settings(max_examples=200, deadline=None)
@given(logs(), st.integers(0, 400), st.sampled_from([1.0, 60.0]))
def test_any_set_of_events_has_a_promise(
    log: tuple[LegPolicy, list[ScanEvent]], minute: int, time_scale: float
) -> None:
    policy, events = log
    state = derive(policy, events)
    now = TEN + timedelta(minutes=minute)
    found = evaluate(
        PromiseOrder(leg=policy.leg, accepted_at=TEN),
        PromiseTerms(time_scale=time_scale),
        ServiceCalendar.from_working_days(["09:00-18:00"]),
        now,
        facts=facts_of(state),
        pauses=pauses_of(state),
    )
    boundary = found.next_boundary(now)
    assert boundary is None or now < boundary <= found.deadline
    assert found.versions[-1].deadline == found.deadline
    assert found.adjusted_minutes <= found.raw_minutes + 1e-6
