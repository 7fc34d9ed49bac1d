"""Every item started on every network that it lists reaches an outcome, on the network that was asked for."""

import pytest

from catalog.items import load
from demo.client import Caller
from demo.system import running
from domain.terms import Scheme
from tests.e2e.everything import Run, all_starts, paced

TIME_SCALE = 120.0
PATIENCE_S = 180.0
BUDGET_S = 20 * 60.0
"""What `make soak` leaves for it of its thirty minutes."""

pytestmark = [pytest.mark.soak, pytest.mark.e2e]


def test_every_item_on_every_network_reaches_an_outcome(capsys):
    starts = all_starts()
    assert {(s.item.code, s.scheme) for s in starts} == {(i.code, s) for i in load().items for s in i.schemes}
    assert {s.scheme for s in starts} == set(Scheme)
    with running(TIME_SCALE, print) as system:
        stage = paced(
            Caller(system.kuayu, "clerk"),
            Caller(system.kuayu, "officer"),
            Caller(system.kuayu, "outlet"),
            Caller(system.partners),
            Caller(system.couriers),
        )
        run = Run(stage, starts)
        outcomes = run.all(patience_s=PATIENCE_S, budget_s=BUDGET_S)
        report = run.report()
    with capsys.disabled():
        print(f"\n{report}")
    assert len(outcomes) == len(starts), report
    assert [o for o in outcomes if o.fault] == [], report
