"""The types of electronic licences as data."""

import csv
from importlib import resources

from catalog.items import load
from catalog.licences import TYPE_COUNT, licence_types
from domain.terms import IdType


def test_there_are_as_many_as_the_district_has():
    assert len(licence_types()) == TYPE_COUNT == 141


def test_every_licence_that_an_item_asks_for_is_one_of_them():
    asked = {material.e_licence for item in load().items for material in item.materials if material.e_licence}
    assert asked <= set(licence_types())


def test_a_type_says_who_holds_it_and_what_its_number_is():
    card, business = licence_types()["居民身份证"], licence_types()["营业执照"]
    assert (card.holder, card.number_kind) == ("personal", IdType.RESIDENT)
    assert (business.holder, business.number_kind) == ("enterprise", IdType.CREDIT_CODE)
    assert licence_types()["结婚证"].number_kind is None


def test_the_file_is_written_once_for_each():
    text = (resources.files("catalog") / "data/licences.csv").read_text("utf-8")
    names = [row["name_zh"] for row in csv.DictReader(text.splitlines())]
    assert len(names) == len(set(names))
