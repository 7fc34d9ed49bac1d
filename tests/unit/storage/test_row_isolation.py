"""One bad row stops itself; what would stop all of them stops at once."""

import pytest
from sqlalchemy.exc import OperationalError

from domain.errors import PartnerUnavailable
from domain.troubles import Subject
from storage.row_isolation import RowIsolation


def gone_through(*failures: Exception | None) -> tuple[list[int], RowIsolation]:
    done, rows = [], RowIsolation()
    for number, failure in enumerate(failures):
        with rows.each(Subject(key=str(number))):
            if failure is not None:
                raise failure
            done.append(number)
    return done, rows


def test_the_others_go_on_and_the_bad_ones_are_told_at_the_end():
    done, rows = gone_through(None, KeyError(), None, ValueError(), None)
    assert done == [0, 2, 4]
    with pytest.raises(ExceptionGroup) as told:
        rows.report()
    found = [(one.subject.key, type(one.failure)) for one in told.value.exceptions]
    assert found == [("1", KeyError), ("3", ValueError)]


def test_nothing_is_told_where_all_went_well():
    done, rows = gone_through(None, None)
    rows.report()
    assert done == [0, 1]


@pytest.mark.parametrize("failure", [OperationalError("", None, Exception()), PartnerUnavailable("忙")])
def test_an_outage_is_not_met_row_by_row(failure):
    with pytest.raises(type(failure)):
        gone_through(None, failure, None)
