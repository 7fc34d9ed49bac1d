"""What the played carrier knows by heart."""

import re

import pytest

from sandbox.couriers.waybills import HOPS, Waybill, domestic, s10


def test_the_check_digit_of_the_standards_example():
    assert s10(47312482, "RA", "GB") == "RA473124829GB"
    assert s10(71761, "EB", "HK")[2:10] == "00071761"


@pytest.mark.parametrize("serial", [0, 1, 99_999_999, 12_345_678])
def test_numbers_have_their_forms(serial):
    assert re.fullmatch(r"EA[0-9]{9}CN", s10(serial))
    assert re.fullmatch(r"[0-9]{13}", domestic(serial))


def waybill(**oddities) -> Waybill:
    plain = {
        "tracking_no": "EA000000005CN",
        "order_key": "key",
        "leg": "FORWARD",
        "from_region": "500103",
        "to_region": "510100",
        "booked_at": 1000.0,
        "pace_s": 10.0,
    }
    return Waybill(**{**plain, **oddities})


def codes(parcel: Waybill, now: float) -> list[str]:
    return [line["opCode"] for line in parcel.trace(now)]


def test_a_trace_grows_with_the_clock_alone():
    assert codes(waybill(), 1009) == []
    assert codes(waybill(), 1030) == ["203", "305", "954"]
    assert codes(waybill(), 9999) == list(HOPS)


def test_places_and_times_read_as_in_real_traces():
    first, *_, last = waybill().trace(9999)
    assert first == {
        "opCode": "203",
        "opTime": "1970-01-01 08:16:50",
        "opOrg": "重庆揽投部（500103）",
        "opDesc": "已收寄",
    }
    assert last["opOrg"] == "四川揽投部（510100）"


def test_oddities():
    assert codes(waybill(stall_after="954"), 9999)[-1] == "954"
    assert codes(waybill(cancelled_at=1025.0), 9999) == ["203", "305"]
    assert codes(waybill(fails_first=True), 9999)[-4:] == ["702", "705", "702", "704"]
    assert "977" in codes(waybill(unknown_code="977"), 9999)
    assert codes(waybill(leg="PICKUP"), 9999) == []
