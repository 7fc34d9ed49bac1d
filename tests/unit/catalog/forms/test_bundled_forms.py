"""Every bundled form against the catalogue, its own schema and the people who read it."""

import itertools
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from catalog.forms.choosing import for_situation
from catalog.forms.generic import form_of, generic_form
from catalog.forms.model import FieldKind
from catalog.forms.reading import write_form
from catalog.forms.schema import schema_of
from catalog.items import load
from catalog.model import Requirement

OWN = [item for item in load().items if item.form is not None]
FOLDER = resources.files("catalog") / "data" / "forms"


def test_the_frequent_items_of_the_departments_have_one():
    assert len(OWN) >= 40
    names = "；".join(item.name for item in OWN)
    for word in (
        *(
            "居民身份证",
            "户口迁移",
            "婚姻登记",
            "出生医学证明",
            "异地就医",
            "手工报销",
            "社会保障卡",
            "失业登记",
            "护照",
        ),
        *("驾驶证", "设立登记", "变更登记", "注销登记", "公积金", "残疾人证", "公证"),
    ):
        assert word in names
    assert len({item.department for item in OWN}) >= 20


@pytest.mark.parametrize("item", OWN, ids=lambda item: item.code)
def test_a_form_fits_its_item(item):
    form = item.form
    assert (FOLDER / f"{item.code}.json").read_text("utf-8") == write_form(form)
    Draft202012Validator.check_schema(schema_of(form))
    for situation in form.situations:
        asked = for_situation(item, form, situation.key)
        assert asked.materials and {m.seq for m in asked.materials} <= {m.seq for m in item.materials}
        needed = {m.seq for m in asked.materials if m.required is not Requirement.NO}
        assert needed >= set(situation.needs)
    assert (item.fee_yuan == 0) or form.fee is not None or not any(s.fee_fen for s in form.situations)


@pytest.mark.parametrize("item", OWN, ids=lambda item: item.code)
def test_labels_fit_and_are_chinese(item):
    form = item.form
    fields = [*form.fields, *itertools.chain.from_iterable(p.fields for p in form.parties)]
    shown = [*(f.label for f in fields), *(p.label for p in form.parties), *(s.title for s in form.sections)]
    shown += [form.situation_label, *(s.label for s in form.situations)]
    assert all(len(label) <= 16 and any("\u4e00" <= char <= "\u9fff" for char in label) for label in shown)
    labels = [field.label for field in form.fields if field.when is None]
    assert len(set(labels)) == len(labels), "two fields that read alike"
    assert all(f.hint for f in fields if f.pattern)


def test_benefits_say_what_their_sum_is_called():
    money = {item.code for item in OWN if item.form.result_money}
    assert {"YZ-NHSA-015", "YZ-NHSA-016", "YZ-FUND-004", "YZ-CIVIL-001", "YZ-HRSS-016"} <= money


def test_every_other_item_has_a_generic_form_of_its_row():
    rest = [item for item in load().items if item.form is None]
    assert len(rest) + len(OWN) == 624
    for item in rest:
        form = form_of(item)
        assert form == generic_form(item) and form.item_code == item.code and form.fields
        Draft202012Validator.check_schema(schema_of(form))
        assert (form.fee is not None) == (item.fee_yuan > 0)


def test_the_generic_form_asks_what_the_name_says():
    by_name = {item.name: generic_form(item) for item in load().items}
    assert {"formerNumber", "changeFrom", "changeTo"} <= {f.key for f in by_name["食品经营许可变更"].fields}
    assert "purpose" in {f.key for f in by_name["职称公证"].fields}
    benefit = by_name["烈士褒扬金给付"]
    assert benefit.result_money and {"bankName", "bankAccount"} <= {f.key for f in benefit.fields}
    assert [p.key for p in by_name["劳务派遣经营许可"].parties] == ["handler"]


def test_money_is_whole_fen_everywhere():
    for item in OWN:
        schema = schema_of(item.form)["properties"]["values"]["properties"]
        for field in item.form.fields:
            if field.kind is FieldKind.MONEY:
                assert schema[field.key]["type"] == "integer" and schema[field.key]["minimum"] >= 0


@pytest.mark.parametrize(
    ("code", "situation", "materials", "fee"),
    [
        ("YZ-MPS-001", "expired", [1, 2, 3], 20),
        ("YZ-MPS-001", "damaged", [1, 2, 3], 40),
        ("YZ-CIVIL-013", "marry", [1, 2, 3, 4], 0),
        ("YZ-CIVIL-013", "divorce", [1, 2, 3, 4, 5, 6], 0),
        ("YZ-NHSA-001", "referral", [1, 2, 4], 0),
        ("YZ-SAMR-003", "simple", [1, 4, 5], 0),
    ],
)
def test_a_situation_chooses_materials_and_fee(code, situation, materials, fee):
    item = load().get(code)
    asked = for_situation(item, item.form, situation)
    assert [m.seq for m in asked.materials] == materials and asked.fee_yuan == fee
    assert for_situation(item, item.form, None) == item
