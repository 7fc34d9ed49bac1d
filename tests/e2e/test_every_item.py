"""Every item started on every network that it lists reaches an outcome, on the network that was asked for."""

from collections import Counter

import pytest

from catalog.items import load
from demo.client import Caller
from demo.system import running
from domain.terms import Scheme
from tests.e2e.everything import Run, all_starts, paced

TIME_SCALE = 120.0
PATIENCE_S = 180.0

pytestmark = [pytest.mark.soak, pytest.mark.e2e]


def test_every_item_on_every_network_reaches_an_outcome():
    starts = all_starts()
    assert {(s.item.code, s.scheme) for s in starts} == {(i.code, s) for i in load().items for s in i.schemes}
    with running(TIME_SCALE, print) as system:
        stage = paced(
            Caller(system.kuayu, "clerk"),
            Caller(system.kuayu, "officer"),
            Caller(system.partners),
            Caller(system.couriers),
        )
        outcomes = Run(stage, starts).all(patience_s=PATIENCE_S)
    assert [(o.start.item.code, o.start.scheme, o.refused) for o in outcomes if o.refused] == []
    assert [(o.start.item.code, o.start.scheme, o.scheme) for o in outcomes if o.scheme != o.start.scheme] == []
    assert [(o.start.item.code, o.start.scheme, o.status) for o in outcomes if o.status != "APPROVED"] == []
    assert Counter(o.start.scheme for o in outcomes) == Counter(s for i in load().items for s in i.schemes)
    assert set(Scheme) == {o.start.scheme for o in outcomes}
