"""Security keys beside a login: bound to our name, to the session and to the moment; what is asked is answered once."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from storage.people.security_keys import KeyChallengeRow, SecurityKeyRow
from tests.unit.web.logins import code, let_in, log_in, with_token
from tests.unit.web.second import FACTORS, STEP, at_second_step, enrolled, later, must_have
from tests.unit.web.soft_key import SoftKey
from web.security.passkeys import ours

HERE = "https://hall.example"


@pytest.fixture
def hall(hall):
    """Under a name, as keys need it."""
    named(hall, HERE)
    return hall


def named(hall, address):
    settings = hall.context.settings.model_copy(update={"public_url": address})
    hall.context = hall.app.state.context = replace(hall.context, settings=settings)


def asked_new(client, name="蓝色U盾"):
    answer = client.post(f"{FACTORS}/keys:ask", json={"name": name})
    assert answer.status_code == 200, answer.text
    return answer.json()["publicKey"]


def added(client, key, name="蓝色U盾", **other):
    credential = key.made_for(asked_new(client, name), **other)
    return client.post(f"{FACTORS}/keys", json={"name": name, "credential": credential})


def bound(hall, name="clerk"):
    key, client = SoftKey(), let_in(hall, name)
    answer = added(client, key)
    assert answer.status_code == 200, answer.text
    return key, client, answer.json()["recoveryCodes"]


def asked(client):
    answer = client.post(f"{STEP}/key:ask", json={"kind": "key"})
    assert answer.status_code == 200, answer.text
    return answer.json()["publicKey"]


def sent(client, credential):
    return client.post(f"{STEP}/key", json={"credential": credential})


def refused(answer):
    assert code(answer) == (401, "SECOND_FACTOR")


def test_a_key_is_added_with_recovery_codes_and_logs_in(hall):
    key, client, codes = bound(hall)
    assert len(codes) == 10
    (held,) = client.get(FACTORS).json()["keys"]
    assert held["name"] == "蓝色U盾" and held["usedAt"] is None
    waiting = at_second_step(hall)
    answer = sent(waiting, key.signed_for(asked(waiting)))
    assert answer.status_code == 200 and answer.json()["stage"] == "OPEN"
    assert with_token(hall, answer.json()["token"]).get(FACTORS).json()["keys"][0]["usedAt"] is not None


def test_what_browsers_are_asked_for(hall):
    made = asked_new(let_in(hall, "clerk"))
    assert made["rp"] == {"id": "hall.example", "name": "跨域通办"}
    assert made["user"]["name"] == "clerk" and len(made["challenge"]) >= 43
    assert made["authenticatorSelection"]["userVerification"] == "preferred"
    assert made["attestation"] == "none"


def test_several_keys_each_with_its_name_and_removed_one_by_one(hall):
    first, client, _ = bound(hall)
    second = SoftKey()
    assert added(client, second, "办公电脑指纹").json()["recoveryCodes"] == []
    ids = {key["name"]: key["id"] for key in client.get(FACTORS).json()["keys"]}
    assert client.delete(f"{FACTORS}/keys/{ids['蓝色U盾']}").status_code == 204
    waiting = at_second_step(hall)
    refused(sent(waiting, first.signed_for(asked(waiting))))
    assert sent(waiting, second.signed_for(asked(waiting))).status_code == 200


def test_a_key_is_one_account_s_once(hall):
    key, client, _ = bound(hall)
    assert code(added(client, key)) == (409, "KEYS_FULL")
    assert code(added(let_in(hall, "officer"), key)) == (409, "KEYS_FULL")


def test_ten_keys_are_enough(hall):
    _, client, _ = bound(hall)
    for _ in range(9):
        assert added(client, SoftKey()).status_code == 200
    assert code(added(client, SoftKey())) == (409, "KEYS_FULL")


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://hall.example.evil.example"},
        {"origin": "http://hall.example"},
        {"origin": "https://hall.example:8443"},
        {"challenge": "AAAA"},
        {"type": "webauthn.create"},
        {"flags": 0},
    ],
)
def test_what_was_not_signed_for_this_is_refused(hall, other):
    key, _, _ = bound(hall)
    waiting = at_second_step(hall)
    refused(sent(waiting, key.signed_for(asked(waiting), **other)))


@pytest.mark.parametrize("other", [{"origin": "https://evil.example"}, {"challenge": "AAAA"}, {"type": "webauthn.get"}])
def test_what_was_not_made_for_this_is_refused(hall, other):
    refused(added(let_in(hall, "clerk"), SoftKey(), **other))


def test_a_key_that_is_bound_to_another_name_is_refused(hall):
    refused(added(let_in(hall, "clerk"), SoftKey(rp="evil.example")))


def test_an_answer_counts_once(hall):
    key, _, _ = bound(hall)
    waiting = at_second_step(hall)
    answer = key.signed_for(asked(waiting))
    assert sent(waiting, answer).status_code == 200
    refused(sent(at_second_step(hall), answer))


def test_a_wrong_answer_ends_the_question(hall):
    key, _, _ = bound(hall)
    waiting = at_second_step(hall)
    question = asked(waiting)
    refused(sent(waiting, SoftKey().signed_for(question)))
    refused(sent(waiting, key.signed_for(question)))
    assert sent(waiting, key.signed_for(asked(waiting))).status_code == 200


def test_a_question_is_of_its_session(hall):
    """What the owner signs for his own login is worth nothing to a login that a thief has begun."""
    key, _, _ = bound(hall)
    mine, thief = at_second_step(hall), at_second_step(hall)
    asked(thief)
    refused(sent(thief, key.signed_for(asked(mine))))


def test_a_question_is_good_for_five_minutes(hall):
    key, _, _ = bound(hall)
    waiting = at_second_step(hall)
    question = asked(waiting)
    later(hall, 301)
    refused(sent(waiting, key.signed_for(question)))


def test_questions_that_are_over_do_not_stay(hall):
    bound(hall)
    asked(at_second_step(hall))
    later(hall, 400)
    asked(at_second_step(hall))
    with hall.database.read() as session:
        assert len(session.scalars(select(KeyChallengeRow)).all()) == 1


def test_a_counter_that_goes_back_is_a_copy(hall):
    key, _, _ = bound(hall)
    for _ in range(2):
        waiting = at_second_step(hall)
        assert sent(waiting, key.signed_for(asked(waiting))).status_code == 200
    key.count = 0
    waiting = at_second_step(hall)
    refused(sent(waiting, key.signed_for(asked(waiting))))
    with hall.database.read() as session:
        assert session.scalars(select(SecurityKeyRow)).one().sign_count == 2


def test_another_s_key_is_worth_nothing(hall):
    bound(hall)
    others, _, _ = bound(hall, "officer")
    waiting = at_second_step(hall)
    refused(sent(waiting, others.signed_for(asked(waiting))))


@pytest.mark.parametrize("credential", [{}, {"id": "x"}, {"id": 7}, {"id": "AA", "rawId": "AA", "response": []}])
def test_what_is_no_credential_is_refused(hall, credential):
    bound(hall)
    waiting = at_second_step(hall)
    asked(waiting)
    refused(sent(waiting, credential))
    client = let_in(hall, "officer")
    asked_new(client)
    refused(client.post(f"{FACTORS}/keys", json={"name": "x", "credential": credential}))


def test_who_must_have_a_factor_may_enrol_a_key_first(hall):
    must_have(hall, "clerk")
    waiting, key = at_second_step(hall), SoftKey()
    answer = added(waiting, key).json()
    assert answer["stage"] == "OPEN" and len(answer["recoveryCodes"]) == 10
    assert with_token(hall, answer["token"]).get("/api/v1/items").status_code == 200


def test_a_recovery_code_stands_in_for_a_key(hall):
    _, _, codes = bound(hall)
    waiting = at_second_step(hall)
    assert waiting.post(STEP, json={"code": codes[0]}).status_code == 200


def test_the_last_key_takes_the_recovery_codes_along(hall):
    _, client, _ = bound(hall)
    (held,) = client.get(FACTORS).json()["keys"]
    assert client.delete(f"{FACTORS}/keys/{held['id']}").status_code == 204
    assert client.get(FACTORS).json()["recoveryCodesLeft"] == 0
    assert log_in(hall, "clerk").json()["stage"] == "OPEN"


def test_who_has_no_key_is_asked_for_none(hall):
    enrolled(hall)
    waiting = at_second_step(hall)
    assert code(waiting.post(f"{STEP}/key:ask", json={"kind": "key"})) == (409, "NO_KEYS")


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://hall.example", ("hall.example", "https://hall.example")),
        ("https://hall.example:443/kuayu", ("hall.example", "https://hall.example")),
        ("https://hall.example:8443", ("hall.example", "https://hall.example:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://hall.example", None),
        ("https://10.1.2.3", None),
        ("https://[::1]", None),
        ("", None),
    ],
)
def test_keys_need_a_name_and_https(hall, address, known):
    named(hall, address)
    assert ours(hall.context.settings) == known
    if known is None:
        client = let_in(hall, "clerk")
        assert code(client.post(f"{FACTORS}/keys:ask", json={"name": "x"})) == (409, "NO_KEYS")
