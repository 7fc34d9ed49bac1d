"""Whether something of the applicant's stays in our hall: only then does the end of a case wait for a hand-over."""

from domain.messages import CaseStart
from domain.terms import MaterialForm, Mode
from storage.cases.rows import CaseRow
from tests.unit.web.hall import an_item, case_body

DOOR = {
    "address": "渝中区大坪正街1号",
    "lat": 29.54,
    "lon": 106.518,
    "datum": "WGS-84",
    "contactName": "王秀兰",
    "contactPhone": "13800000001",
}


def personal(item) -> bool:
    return item.applicant.value != "enterprise" and "chuanyu" in item.schemes


WITH_ORIGINAL = an_item(lambda i: personal(i) and any(m.form is MaterialForm.ORIGINAL for m in i.materials))
ONLINE = an_item(
    lambda i: (
        personal(i)
        and i.mode is Mode.ONLINE
        and all(m.form in (MaterialForm.ELECTRONIC, MaterialForm.FORM) for m in i.materials)
    )
)


def kept(hall, body, **more) -> bool:
    case_no = hall.started(body, **more)
    with hall.database.read() as session:
        return CaseStart.model_validate(session.get_one(CaseRow, case_no).start).papers_kept


def test_originals_at_the_window_are_handed_back(hall):
    assert kept(hall, case_body(WITH_ORIGINAL))


def test_what_is_done_online_leaves_nothing_in_the_hall(hall):
    assert not kept(hall, case_body(ONLINE))


def test_whatever_a_courier_fetched_is_handed_back(hall):
    assert kept(hall, case_body(ONLINE), pickup=DOOR)
