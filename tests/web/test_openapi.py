"""The published description against generated requests, right ones and wrong ones: whatever comes, no 5xx."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from domain.terms import Role
from tests.web.office import open_office
from tests.web.test_roles import RULES

EXAMPLES = 5
ENDLESS = ("/api/v1/cases/{case_no}/stream", "/api/v1/stream")
OF_PARTNERS = "/callbacks/sichuan"  # signed bodies: it has tests of its own


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("fuzzed"))
    yield opened
    opened.database.close()


def operations(office):
    schema = schemathesis.openapi.from_asgi("/openapi.json", office.app)
    found = [operation.ok() for operation in schema.get_all_operations()]
    return [operation for operation in found if operation.path not in (*ENDLESS, OF_PARTNERS)]


def somebody_who_may(operation):
    """The first role that comes past the door of this operation."""
    rule = RULES.get(f"{operation.method.upper()} {operation.path}")
    return next(role for role in Role if rule is None or role in rule)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_no_generated_request_ends_in_a_5xx(fuzzed, mode):
    answered = set()
    for operation in operations(fuzzed):
        token = fuzzed.tokens[somebody_who_may(operation)]
        try:
            answered |= statuses(fuzzed, operation, mode, token)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "a request without anything that could be wrong has no wrong form"
    assert answered & set(range(400, 500)), "nothing was ever refused: the requests did not arrive"
    if mode is GenerationMode.POSITIVE:
        assert 200 in answered


def statuses(office, operation, mode, token):
    seen = set()

    @given(operation.as_strategy(mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        kwargs = case.as_transport_kwargs(base_url="http://kuayu.test")
        office.client.cookies.clear()
        answer = office.client.request(**{k: v for k, v in kwargs.items() if k in ACCEPTED})
        assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text[:300]}"
        seen.add(answer.status_code)

    run()
    return seen


ACCEPTED = ("method", "url", "headers", "params", "json", "content", "data", "files")
