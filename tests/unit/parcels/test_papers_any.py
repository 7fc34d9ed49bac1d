"""Any papers, counted in any way, told in any order: each is where it was counted, and no list has what is not."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.dossier import DossierMaterial
from domain.terms import Leg, MaterialForm, Provided
from tests.unit.activities.post_office import CASE, PostOffice
from tests.unit.parcels.test_passports import book, brought, papers, tasks

COUNTS = st.integers(0, 3)


@st.composite
def stories(draw):
    """(pieces said of each paper, counted at the door, counted in the hall, order of arrival); None: not counted."""
    said = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    counted = st.none() | st.lists(COUNTS, min_size=len(said), max_size=len(said))
    return said, draw(counted), draw(counted), draw(st.permutations(["PICKED_UP", "DELIVERED", "HALL_CHECKED"]))


def expected(door, hall):
    """(place, pieces counted) of one paper by what was counted of it."""
    last = hall if hall is not None else door
    if last != 0:
        return "hall", last
    return ("applicant" if door == 0 else "nobody"), last


@settings(max_examples=30, deadline=None)
@given(stories())
def test_every_paper_is_where_it_was_counted(story):
    said, door, hall, order = story
    with tempfile.TemporaryDirectory() as folder:
        office = PostOffice(Path(folder))
        try:
            tell(office, said, door, hall, order)
            check(office, said, door, hall)
        finally:
            office.database.close()


def tell(office, said, door, hall, order):
    materials = [
        DossierMaterial(seq=n, name=f"材料{n}", form=MaterialForm.ORIGINAL, provided=Provided.ORIGINAL, count=pieces)
        for n, pieces in enumerate(said, start=1)
    ]
    brought(office, *materials, pickup=True)
    leg_id = book(office, Leg.PICKUP)
    office.look(leg_id)
    office.clock.at(60)
    at = {"PICKED_UP": (9, door), "DELIVERED": (20, None), "HALL_CHECKED": (25, hall)}
    for stage in order:
        minute, counts = at[stage]
        manifest = None if counts is None else listed(counts)
        more = {"signerKind": "hall"} if stage == "DELIVERED" else {}
        office.scan(leg_id, stage, minute, device=f"device-{stage}", manifest=manifest, **more)


def listed(counts):
    return [{"name": f"材料{n}", "form": "original", "count": count} for n, count in enumerate(counts, start=1)]


def check(office, said, door, hall):
    found = papers(office)
    differing = set()
    for n, pieces in enumerate(said, start=1):
        paper = found[f"材料{n}"]
        place, counted = expected(door and door[n - 1], hall and hall[n - 1])
        assert (paper.place, paper.counted) == (place, counted)
        assert paper.count == pieces
        if counted is not None and counted != pieces:
            differing.add(paper.paper_no)
    open_tasks = tasks(office, "PAPERS_SHORT")
    assert len(open_tasks) == bool(differing)
    named = {line["paperNo"] for task in open_tasks for line in task.data["papers"]}
    assert differing <= named
    sent = {line["paper_no"]: line["count"] for line in office.leg(book(office, Leg.FORWARD)).manifest}
    in_hall = {paper.paper_no: paper.there for paper in found.values() if paper.place == "hall"}
    assert sent == in_hall
    assert all(paper_no.startswith(CASE) for paper_no in sent)
