"""What a read costs in a small and in a large district, judged by what SQLite does and not by the clock.

Counted are the instructions of its virtual machine and the statements, so another load of the machine changes nothing.
"""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bench.growth.filling import fill
from bench.growth.paths import REPORTS, reads
from runtime.container import face_key
from storage.sealed_columns import BYTES, sealed_columns
from storage.sealing import Sealer
from tests.web.office import open_office

FEW, MANY, VERY_MANY = 2_000, 10_000, 100_000
EACH = 20
"""Instructions between two looks of the counter."""
PER_CASE = {
    "dashboard": 1,
    "supervisor": 5,
    "measures": 1,  # clocks that run and are over
    "quarter as the reply has it": 1,
    "officer": 0.3,  # what is undecided here, by officer and state
    "stops of an outlet": 0.2,
    "what is in hand at a hall": 1.5,  # open cases by who looks after them
    "what is in hand at the post": 2,  # open parcels of all outlets by courier
    "work list, last page": 4,
    "search a name": 4,
    "work list of the smallest network": 1,
    "work list of a network and a status": 4,
    "work list of some statuses": 5,
    "work list of a region": 7,  # an officer's own are counted, up to 2,000, to choose the quicker way
}
"""What is counted, counted off or looked through whole, in an index: instructions that each further case may cost."""
BOUNDED = 15_000
"""Instructions to fill a page of 500 and to count to 1,000, where the small district has fewer."""


class Counted:
    """The instructions and statements of all reads of an office."""

    def __init__(self, office):
        self.office, self.steps, self.statements = office, 0, []
        office.database._reading.dispose()
        event.listen(office.database._reading, "connect", self._connected)
        event.listen(office.database._reading, "before_cursor_execute", self._asked)

    def _connected(self, connection, _record):
        connection.set_progress_handler(self._step, EACH)

    def _step(self):
        self.steps += EACH
        return 0

    def _asked(self, _connection, _cursor, statement, parameters, *_):
        self.statements.append((statement, parameters))

    def of(self, path, role):
        """What one answer takes, after a first one that fills caches."""
        for _ in range(2):
            self.steps, self.statements = 0, []
            answer = self.office.call("GET", path, role)
            assert answer.status_code == 200, answer.text[:300]
        return self.steps, tuple(self.statements)

    def plan(self, statements):
        with self.office.database.read() as session:
            connection = session.connection()
            return [
                row[-1]
                for statement, parameters in statements
                if statement.startswith("SELECT")
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]


@contextmanager
def district(folder, cases):
    office = open_office(folder)
    context = office.app.state.context
    fill(office.database, context.sealer, cases, face_key(context.settings))
    counted = Counted(office)
    yield counted
    office.database.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    with district(tmp_path_factory.mktemp("small"), FEW) as counted:
        yield counted


@pytest.fixture(scope="module", params=[MANY, pytest.param(VERY_MANY, marks=pytest.mark.soak)])
def large(request, tmp_path_factory):
    with district(tmp_path_factory.mktemp("large"), request.param) as counted:
        yield request.param, counted


def unheld(monkeypatch):
    monkeypatch.setattr("tests.answering.hold", lambda *_: None)  # long answers, and no question of their form


@pytest.mark.parametrize("name", reads(FEW))
def test_a_read_costs_no_more_in_a_large_district(small, large, name, record_property, monkeypatch):
    unheld(monkeypatch)
    cases, counted = large
    before, _ = small.of(*reads(FEW)[name])
    after, statements = counted.of(*reads(cases)[name])
    record_property("instructions", f"{before} {after}")
    allowed = 1.5 * before + BOUNDED + PER_CASE.get(name, 0) * (cases - FEW)
    assert after <= allowed
    through = [step for step in counted.plan(statements) if step.startswith("SCAN") and "INDEX" not in step]
    assert [step for step in through if re.match(r"SCAN (case_|handling|leg|task|deadline|inbox|exchange)", step)] == []


@pytest.mark.parametrize("name", ["work list", "officer", "supervisor", "partner page"])
def test_a_list_opens_masked_names_and_no_dossier(small, name, monkeypatch):
    unheld(monkeypatch)
    opened, real = [], Sealer.open

    def noted(sealer, sealed, place):
        opened.append(place.partition("/")[0])
        return real(sealer, sealed, place)

    monkeypatch.setattr(Sealer, "open", noted)
    small.of(*reads(FEW)[name])
    by_column = {where.place for where in sealed_columns()} - {where.place for where in BYTES}
    assert set(opened) - by_column - {"case-key"} == {"face"}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_read_from_indexes_and_opens_no_dossier(small, large, name, monkeypatch):
    unheld(monkeypatch)
    _, counted = large
    asked = [forms(office.of(*REPORTS[name])[1]) for office in (small, counted)]
    assert asked[0] == asked[1]
    assert [text for text in asked[0] if re.search(r"case_file\.(dossier|item|start|rating)\b|contact", text)] == []
    if name != "outlet report":
        steps = counted.plan(counted.of(*REPORTS[name])[1])
        assert [step for step in steps if "case_file" in step and "COVERING INDEX" not in step] == []
        assert [step for step in steps if step.startswith("SCAN")] == []


def forms(statements):
    """Their texts, however many values a list in one of them has."""
    return {re.sub(r"\(\?(, \?)*\)", "(?)", text) for text, _ in statements}
