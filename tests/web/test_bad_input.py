"""Bad input: a clear Chinese sentence, a 4xx, nothing changed (catalogue of bad input, lines 11–40, 56 and 59–60)."""

import copy
import json
import re

import pytest

from tests.web.office import case_body

CHINESE = re.compile(r"[一-鿿]")
PATH = "/api/v1/cases"


def refused(office, answer, before, status=range(400, 500)):
    """What every refusal has in common."""
    assert answer.status_code in status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["code"]
    assert CHINESE.search(said["detail"])
    assert all(CHINESE.search(error["detail"]) for error in said.get("errors", []))
    assert office.rows() == before


def start_raw(office, raw, content_type="application/json"):
    return office.call("POST", PATH, "clerk", content=raw, headers={"Content-Type": content_type})


def text_of(office, **changes):
    body = case_body(office)
    for path, value in changes.items():
        put(body, path.split("__"), value)
    return json.dumps(body, ensure_ascii=False)


def put(target, path, value):
    for part in path[:-1]:
        target = target[int(part) if part.isdecimal() else part]
    target[int(path[-1]) if path[-1].isdecimal() else path[-1]] = value


# 11–20: what two parsers would read differently, or no parser at all

BODIES = {
    "11 not UTF-8": lambda t: t.encode().replace("王".encode(), b"\xff\xfe") + b"\xff",
    "12 byte order mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "13 lone surrogate": lambda t: t.replace('"2026-11"', '"\\ud800"').encode(),
    "14 the same key twice": lambda t: t.replace('"mode": null', '"mode": null, "mode": "全程网办"').encode(),
    "15 NaN": lambda t: t.replace('"mode": null', '"mode": NaN').encode(),
    "15 Infinity": lambda t: t.replace('"mode": null', '"mode": -Infinity').encode(),
    "16 five thousand digits": lambda t: t.replace('"seq": 1', f'"seq": {"9" * 5000}').encode(),
    "17 nested": lambda t: b"[" * 100_000 + b"]" * 100_000,
    "18 unknown field": lambda t: t.replace('"mode": null', '"mode": null, "priority": 1').encode(),
    "19 a list": lambda t: f"[{t}]".encode(),
    "20 NUL": lambda t: t.replace('"2026-11"', '"2026\\u0000"').encode(),
    "59 mass assignment": lambda t: t.replace('"mode": null', '"mode": null, "role": "admin"').encode(),
    "cut off": lambda t: t.encode()[:-10],
    "nothing": lambda t: b"",
    "null": lambda t: b"null",
    "a megabyte": lambda t: t.replace("2026-11", "x" * 1_100_000).encode(),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_out_of_order(office, name):
    text = text_of(office)
    raw = BODIES[name](text)
    assert raw != text.encode()
    before = office.rows()
    refused(office, start_raw(office, raw), before)


def test_a_body_that_does_not_say_json(office):
    before = office.rows()
    refused(office, start_raw(office, text_of(office).encode(), "text/plain"), before)
    refused(office, start_raw(office, text_of(office).encode(), "application/x-www-form-urlencoded"), before)


# 21–35: fields

FIELDS = {
    "21 wrong check digit": ("applicant__idNumber", "500199196202020014"),
    "23 full-width digits": ("applicant__idNumber", "５００１９９１９６２０２０２００１３"),
    "23 Arabic digits": ("applicant__phone", "١٣٨٠٠٠٠٠٠٠١"),
    "24 trailing line feed": ("handlings__0__region", "510104\n"),
    "25 no such day": ("applicant__idNumber", "500199199002300012"),
    "25 born in the future": ("applicant__idNumber", "500199209901010015"),
    "25 131 years old": ("applicant__idNumber", "500199189501010010"),
    "25 older than anybody": ("applicant__idNumber", "500199180001010013"),
    "26 fifteen digits": ("applicant__idNumber", "500199620202001"),
    "28 no such region": ("handlings__0__region", "999999"),
    "28 our own hall's partner": ("handlings__0__region", "000000"),
    "30 twelve digits": ("applicant__phone", "138000000012"),
    "30 letters": ("applicant__phone", "13800o00001"),
    "31 zero width": ("applicant__name", "张\u200b三"),
    "31 right to left": ("applicant__name", "张\u202e三"),
    "31 variation selector": ("applicant__name", "张\ufe0f三"),
    "34 script": ("applicant__name", "<script>alert(1)</script>"),
    "34 template": ("applicant__name", "{{7*7}}"),
    "34 SQL": ("applicant__name", "'; DROP TABLE case_file;--"),
    "34 lookup": ("applicant__name", "${jndi:ldap://x}"),
    "35 an address of 10 kB": (
        "pickup",
        {"address": "路" * 10_000, "contactName": "张三", "contactPhone": "13800000001"},
    ),
    "name too long": ("applicant__name", "张" * 500),
    "name missing": ("applicant__name", ""),
    "name of another kind": ("applicant__name", {"first": "张"}),
    "no such item": ("itemCode", "YZ-NONE-999"),
    "no place": ("handlings", []),
    "too many places": ("handlings", [{"region": "510104"}] * 7),
    "two places for one": ("handlings", [{"region": "510104"}, {"region": "520102"}]),
    "no such mode": ("mode", "随便办"),
    "no such document": ("materials__0__sha256", "a" * 64),
    "no hash": ("materials__0__sha256", "../../etc/passwd"),
    "no such material": ("materials__0__seq", 98),
    "material zero": ("materials__0__seq", 0),
    "negative pages": ("materials__0__pages", -1),
    "no consent": ("consent__accepted", False),
    "consent of another kind": ("consent__accepted", "maybe"),
    "latitude": (
        "delivery",
        {"address": "渝中区民权路1号", "lat": 91, "contactName": "张三", "contactPhone": "13800000001"},
    ),
    "datum": ("delivery", {"address": "渝中区民权路1号", "datum": "Moon", "contactName": "张三", "contactPhone": "1"}),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_out_of_order(office, name):
    path, value = FIELDS[name]
    body = case_body(office)
    put(body, path.split("__"), value)
    before = office.rows()
    refused(office, office.call("POST", PATH, "clerk", body), before, status=(422,))


def test_29_nobody_is_their_own_agent(office):
    body = case_body(office)
    body["agent"] = copy.deepcopy(body["applicant"])
    before = office.rows()
    refused(office, office.call("POST", PATH, "clerk", body), before, status=(422,))


# 22, 27, 30, 33: what looks odd and is right

RIGHT = {
    "22 lower-case x": {"idNumber": "50019919670811004x"},
    "27 Hong Kong, Macao, Taiwan": {"idType": "港澳台居民居住证", "idNumber": None},
    "30 with country code": {"phone": "+86 138 0000 0001"},
    "30 full-width": {"phone": "１３８０００００００１"},
    "33 rare": {"name": "𬭸明"},
    "33 with a dot": {"name": "古丽·买买提"},
    "33 one character": {"name": "姬"},
}


def _right_id(prefix):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    body = f"{prefix}19670811004"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@pytest.mark.parametrize("name", RIGHT)
def test_what_looks_odd_and_is_right(office, name):
    changes = dict(RIGHT[name])
    if name.startswith("22"):
        ending = next(f"{n:03d}" for n in range(1000) if _ends_in_x(f"50019919670811{n:03d}"))
        changes["idNumber"] = f"50019919670811{ending}x"
    if name.startswith("27"):
        changes["idNumber"] = _right_id("810000")
    body = case_body(office)
    body["applicant"] |= changes
    answer = office.call("POST", PATH, "clerk", body)
    assert answer.status_code == 201, answer.text


def _ends_in_x(body):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11 == 2


# 36–40, 60 and what an address line can hold

QUERIES = {
    "36 days": ("GET", "/api/v1/cases?due=soon"),
    "37 a time without offset": ("GET", "/api/v1/cases?due=2026-11-23T10:00:00"),
    "37 24:00:00": ("GET", "/api/v1/cases?due=2026-11-23T24:61:00Z"),
    "38 no such status": ("GET", "/api/v1/cases?status=DONE"),
    "38 no such network": ("GET", "/api/v1/cases?scheme=narnia"),
    "40 no such case": ("GET", "/api/v1/cases/500103209911230000010"),
    "40 up the tree": ("GET", "/api/v1/cases/..%2F..%2Fetc%2Fpasswd"),
    "40 three hundred characters": ("GET", f"/api/v1/cases/{'5' * 300}"),
    "40 NUL": ("GET", "/api/v1/cases/5001%00"),
    "40 not UTF-8": ("GET", "/api/v1/cases/%ff%fe"),
    "60 page −1": ("GET", "/api/v1/cases?page=-1"),
    "60 a million": ("GET", "/api/v1/cases?size=1000000"),
    "60 beyond 64 bit": ("GET", "/api/v1/cases?page=99999999999999999999999"),
    "60 items": ("GET", "/api/v1/items?size=0"),
    "60 full-width": ("GET", "/api/v1/cases?page=１"),
    "NUL in a query": ("GET", "/api/v1/cases?q=%00"),
    "a long search": ("GET", f"/api/v1/items?q={'x' * 500}"),
    "no case to track": ("GET", "/api/v1/track"),
    "tail of another kind": ("GET", "/api/v1/track?caseNo=1&phoneTail=00a1"),
    "tail with line feed": ("GET", "/api/v1/track?caseNo=1&phoneTail=0001%0A"),
    "no such page": ("GET", "/api/v1/nothing"),
    "another method": ("DELETE", "/api/v1/cases"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_an_address_out_of_order(office, name):
    method, path = QUERIES[name]
    before = office.rows()
    refused(office, office.call(method, path, "clerk"), before)


NOTICE = {"reason": "x", "materials": ["x"]}
SMALL = {
    "36 deadline 0": {"event": "NEED_SUPPLEMENT", "payload": NOTICE | {"deadlineWorkdays": 0}},
    "36 deadline 9999": {"event": "NEED_SUPPLEMENT", "payload": NOTICE | {"deadlineWorkdays": 9999}},
    "36 deadline in words": {"event": "NEED_SUPPLEMENT", "payload": NOTICE | {"deadlineWorkdays": "5天"}},
    "38 no such event": {"event": "APPROVED_ISH", "payload": {}},
    "39 round 0": {"event": "RECEIVED", "payload": {"round": 0}},
    "39 round beyond": {"event": "RECEIVED", "payload": {"round": 2**63}},
    "payload a list": {"event": "RECEIVED", "payload": []},
}


@pytest.fixture(scope="module")
def handling(office):
    return office.submitted(90)


@pytest.mark.parametrize("name", SMALL)
def test_a_decision_out_of_order(office, handling, name):
    before = office.rows()
    answer = office.call("POST", f"/api/v1/handlings/{handling}/decisions", "officer", SMALL[name])
    refused(office, answer, before, status=(422,))


OTHERS = {
    "supplement round −1": (
        "POST",
        "/api/v1/cases/1/supplements",
        "clerk",
        {"round": -1, "materials": [{"seq": 1, "provided": "copy"}]},
    ),
    "supplement of nothing": ("POST", "/api/v1/cases/1/supplements", "clerk", {"round": 1, "materials": []}),
    "withdrawal without reason": ("POST", "/api/v1/cases/1/withdraw", "clerk", {"reason": ""}),
    "withdrawal with an essay": ("POST", "/api/v1/cases/1/withdraw", "clerk", {"reason": "因" * 201}),
    "six stars": ("POST", "/api/v1/cases/1/rating", None, {"code": "0001", "score": 6, "side": "window"}),
    "no such side": ("POST", "/api/v1/cases/1/rating", None, {"code": "0001", "score": 5, "side": "sun"}),
    "no such outlet": ("GET", "/api/v1/outlets/../worklist", "outlet", None),
    "an outlet far away": ("PATCH", "/api/v1/outlets/jiefangbei", "outlet", {"lat": 0, "lon": 0, "accuracyM": 5}),
    "a pickup on the moon": ("POST", "/api/v1/pickups", "clerk", {"lat": 29.5, "lon": 106.5, "datum": "Moon"}),
    "a pickup beyond the pole": ("POST", "/api/v1/pickups", "clerk", {"lat": 99, "lon": 106.5}),
    "a login of ten thousand letters": ("POST", "/api/v1/login", None, {"username": "x" * 10_000, "password": "x"}),
    "a route on no day": (
        "POST",
        "/api/v1/routes",
        "clerk",
        {"itemCode": "YZ-HRSS-001", "handlingRegion": "510104", "date": "2026-02-30"},
    ),
    "scans of no device": ("POST", "/api/v1/scans:batch", "courier", {"deviceId": "", "events": []}),
    "too many scans": ("POST", "/api/v1/scans:batch", "courier", {"deviceId": "c1", "events": [{}] * 201}),
    "scans twice in one": ("POST", "/api/v1/scans:batch", "courier", {"deviceId": "c1", "events": {}}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_request_out_of_order(office, name):
    method, path, role, body = OTHERS[name]
    before = office.rows()
    refused(office, office.call(method, path, role, body), before)


def test_what_was_typed_is_not_said_back(office):
    """56: neither an ID number nor a phone comes back in an error."""
    body = case_body(office)
    body["applicant"]["idNumber"] = "500199196202020014"
    body["applicant"]["phone"] = "138000000012"
    answer = office.call("POST", PATH, "clerk", body)
    assert answer.status_code == 422
    assert "500199196202020014" not in answer.text
    assert "138000000012" not in answer.text
