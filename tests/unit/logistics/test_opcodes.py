"""Carrier codes to stages, who signed, whole traces, expectations between halls."""

from datetime import timedelta

import pytest

from domain.terms import Leg, ParcelStage, SignerKind
from logistics.carrier import CarrierOp
from logistics.expectations import expected
from logistics.opcodes import lookup, read_trace, signer_of
from logistics.parcels import derive
from logistics.scans import LegPolicy, ScanUse
from tests.unit.logistics.parcel_traces import FORWARD, TEN

S = ParcelStage
NUMBER = "EB000717618HK"


def op(code: str, minute: float, text: str = "", org: str = "a", occurrence: int = 1) -> CarrierOp:
    return CarrierOp(op_code=code, org=org, at=TEN + timedelta(minutes=minute), text=text, occurrence=occurrence)


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        ("203", S.PICKED_UP),
        ("303", S.IN_TRANSIT),
        ("305", S.IN_TRANSIT),
        ("954", S.IN_TRANSIT),
        ("389", S.IN_TRANSIT),
        ("989", S.IN_TRANSIT),
        ("306", S.AT_DEST_OUTLET),
        ("702", S.OUT_FOR_DELIVERY),
        ("705", S.DELIVERY_FAILED),
        ("704", S.DELIVERED),
    ],
)
def test_codes_seen_in_real_payloads(code: str, stage: ParcelStage) -> None:
    known = lookup(code)
    assert known is not None and known.stage is stage


@pytest.mark.parametrize("code", ["912", "404", "423", "EXA", "EMI"])
def test_display_codes_move_nothing(code: str) -> None:
    known = lookup(code)
    assert known is not None and known.stage is None


@pytest.mark.parametrize("code", ["999", "", "70", "7040", "emi"])
def test_unknown_codes_are_never_guessed(code: str) -> None:
    assert lookup(code) is None


@pytest.mark.parametrize(
    ("text", "signer"),
    [
        ("妥投：代签收【家人】", SignerKind.AGENT),
        ("已签收，本人签收", SignerKind.SELF),
        ("妥投：单位收发章签收【政务服务中心】", SignerKind.HALL),
        ("妥投：已入柜，请凭码取件", SignerKind.LOCKER),
        ("本人快递柜取件", SignerKind.LOCKER),
        ("妥投", None),
    ],
)
def test_who_signed(text: str, signer: SignerKind | None) -> None:
    assert signer_of(text) is signer


def test_a_trace_becomes_events_and_polling_again_adds_nothing() -> None:
    ops = [op("203", 0), op("305", 30), op("954", 90), op("QQQ", 100, "装入新型容器"), op("306", 900), op("702", 920)]
    ops.append(op("704", 960, "妥投：单位收发章签收"))
    first, second = read_trace(Leg.FORWARD, NUMBER, ops, TEN), read_trace(Leg.FORWARD, NUMBER, ops, TEN)
    assert [each.text for each in first.unknown] == ["装入新型容器"]
    assert first == second
    state = derive(FORWARD, [*first.scans, *second.scans])
    assert (state.status, state.signer_kind, state.complete) == (S.DELIVERED, SignerKind.HALL, True)
    assert state.picked_up is not None and state.picked_up.at == TEN


def test_a_line_sent_again_with_another_time_replaces_the_first() -> None:
    """Seen in real payloads: 954 at one centre first 07:03:44, then 06:03:44."""
    first = read_trace(Leg.FORWARD, NUMBER, [op("203", 0), op("954", 423)], TEN + timedelta(minutes=430))
    again = read_trace(Leg.FORWARD, NUMBER, [op("203", 0), op("954", 363)], TEN + timedelta(minutes=500))
    state = derive(FORWARD, [*first.scans, *again.scans])
    uses = sorted(scan.use for scan in state.scans)
    assert uses == [ScanUse.EFFECTIVE, ScanUse.EFFECTIVE, ScanUse.SUPERSEDED]
    assert max(scan.at for scan in state.scans if scan.use is ScanUse.EFFECTIVE) == TEN + timedelta(minutes=363)


def test_a_locker_at_the_other_end_is_no_delivery() -> None:
    ops = [op("203", 0), op("702", 900), op("704", 960, "已入柜")]
    state = derive(LegPolicy.of(Leg.BACK), read_trace(Leg.BACK, NUMBER, ops, TEN + timedelta(days=1)).scans)
    assert state.status is S.AWAITING_COLLECTION


def test_a_failed_delivery_and_the_next_day() -> None:
    ops = [op("203", 0), op("702", 900), op("705", 960, "未妥投"), op("702", 2300, occurrence=2), op("704", 2400)]
    state = derive(FORWARD, read_trace(Leg.FORWARD, NUMBER, ops, TEN + timedelta(days=3)).scans)
    assert (state.status, state.epoch) == (S.DELIVERED, 2)


@pytest.mark.parametrize(
    ("region", "hours", "sentence"),
    [
        ("500112", 24, "预计 1 天内送达"),
        ("511602", 48, "预计 2 天内送达"),
        ("520102", 48, "预计 2 天内送达"),
        ("530102", 72, "预计 3 天内送达"),
        ("440103", 96, "预计 4 天内送达"),
        ("650102", 144, "预计 6 天内送达"),
    ],
)
def test_expectations_by_region(region: str, hours: int, sentence: str) -> None:
    found = expected(Leg.FORWARD, region, TEN)
    assert (found.hours, found.due_at, found.sentence) == (hours, TEN + timedelta(hours=hours), sentence)
    assert found == expected(Leg.BACK, region, TEN)


def test_overdue_after_the_alarm_and_faster_with_the_scale() -> None:
    found = expected(Leg.BACK, "511602", TEN, time_scale=60)
    assert found.due_at == TEN + timedelta(minutes=48)
    assert not found.overdue(TEN + timedelta(minutes=59))
    assert found.overdue(TEN + timedelta(minutes=60))
    with pytest.raises(ValueError, match="promise"):
        expected(Leg.PICKUP, "500103", TEN)
