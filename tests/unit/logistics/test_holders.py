"""Who holds which paper, at every step of a two-way case."""

import pytest

from domain.terms import Leg, MaterialForm, ParcelStage
from logistics.holders import APPLICANT, HALL, HeldPaper, Holder, HolderKind, LegFacts, holders
from logistics.scans import PaperLine

S = ParcelStage
BOOK = PaperLine(name="户口簿", form=MaterialForm.ORIGINAL, count=1)
COPY = PaperLine(name="身份证", form=MaterialForm.COPY, count=1)
RESULT = PaperLine(name="准迁证", form=MaterialForm.ORIGINAL, count=1)
AUTHORITY = Holder(kind=HolderKind.AUTHORITY, id="510104")
CARRIER = Holder(kind=HolderKind.CARRIER)
COURIER = Holder(kind=HolderKind.COURIER, id="c1")
START = [
    HeldPaper(paper=BOOK, holder=APPLICANT),
    HeldPaper(paper=COPY, holder=APPLICANT),
    HeldPaper(paper=RESULT, holder=AUTHORITY),
]
CARRIES = {Leg.PICKUP: (BOOK, COPY), Leg.FORWARD: (BOOK,), Leg.BACK: (RESULT, BOOK), Leg.DELIVERY: (RESULT, BOOK)}


def leg(kind: Leg, status: ParcelStage, held_by: str | None = None, picked_up: bool = False) -> LegFacts:
    return LegFacts(
        leg=kind, region="510104", papers=CARRIES[kind], status=status, picked_up=picked_up, held_by=held_by
    )


def found(*legs: LegFacts) -> list[Holder]:
    return [each.holder for each in holders(START, legs, frozenset({"datongjie"}))]


FETCHED, SENT = leg(Leg.PICKUP, S.HALL_CHECKED), leg(Leg.FORWARD, S.DELIVERED)
BACK = leg(Leg.BACK, S.HALL_CHECKED)


@pytest.mark.parametrize(
    ("legs", "book", "copy", "result"),
    [
        ((), APPLICANT, APPLICANT, AUTHORITY),
        ((leg(Leg.PICKUP, S.ARRIVED_DOOR),), APPLICANT, APPLICANT, AUTHORITY),
        ((leg(Leg.PICKUP, S.PICKED_UP, "c1"),), COURIER, COURIER, AUTHORITY),
        (
            (leg(Leg.PICKUP, S.AT_OUTLET, "datongjie"),),
            *[Holder(kind=HolderKind.OUTLET, id="datongjie")] * 2,
            AUTHORITY,
        ),
        ((leg(Leg.PICKUP, S.DELIVERED),), HALL, HALL, AUTHORITY),
        ((FETCHED, leg(Leg.FORWARD, S.ORDERED)), HALL, HALL, AUTHORITY),
        ((FETCHED, leg(Leg.FORWARD, S.IN_TRANSIT, "carrier")), CARRIER, HALL, AUTHORITY),
        ((FETCHED, SENT), AUTHORITY, HALL, AUTHORITY),
        ((FETCHED, SENT, leg(Leg.BACK, S.IN_TRANSIT)), CARRIER, HALL, CARRIER),
        ((FETCHED, SENT, BACK), HALL, HALL, HALL),
        ((FETCHED, SENT, BACK, leg(Leg.DELIVERY, S.DELIVERY_FAILED, "c1", True)), COURIER, HALL, COURIER),
        ((FETCHED, SENT, BACK, leg(Leg.DELIVERY, S.RETURNED, "c1", True)), HALL, HALL, HALL),
        ((FETCHED, SENT, BACK, leg(Leg.DELIVERY, S.DELIVERED)), APPLICANT, HALL, APPLICANT),
        ((leg(Leg.PICKUP, S.CANCELLED),), APPLICANT, APPLICANT, AUTHORITY),
        ((leg(Leg.PICKUP, S.PICKUP_FAILED),), APPLICANT, APPLICANT, AUTHORITY),
        (
            (FETCHED, SENT, leg(Leg.BACK, S.LOST, picked_up=True)),
            Holder(kind=HolderKind.NOBODY),
            HALL,
            Holder(kind=HolderKind.NOBODY),
        ),
    ],
)
def test_every_step(legs: tuple[LegFacts, ...], book: Holder, copy: Holder, result: Holder) -> None:
    assert found(*legs) == [book, copy, result]
