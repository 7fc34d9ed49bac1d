"""The form of an item on the new-case page: rendered by the server from the layout, one situation at a time."""

import pytest
from lxml import html

from catalog.forms.generic import form_of
from catalog.items import load

ITEMS = load()


def part(office, code, situation=""):
    answer = office.call("GET", f"/window/form/{code}?situation={situation}", "clerk")
    assert answer.status_code == 200
    return html.fromstring(answer.text)


def names(page):
    return {field.get("name") for field in page.xpath("//input|//select|//textarea") if field.get("name")}


@pytest.mark.parametrize("code", [item.code for item in ITEMS.items if item.form] + ["YZ-SAMR-027", "YZ-VET-011"])
def test_every_form_renders_each_field_of_each_situation_once(office, code):
    form = form_of(ITEMS.get(code))
    for situation in form.situations or (None,):
        page = part(office, code, situation.key if situation else "")
        shown = names(page)
        for field in form.fields:
            here = field.when is None or not field.when.situations or situation.key in field.when.situations
            name = f"form.answers.values.{field.key}"
            assert (name in shown or f"{name}.0" in shown) is here, name
        for party in form.parties:
            here = party.when is None or not party.when.situations or situation.key in party.when.situations
            assert (f"form.answers.parties.{party.key}.0.name" in shown) is here
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        for field in page.xpath("//input[@id]|//select[@id]|//textarea[@id]"):
            assert page.xpath(f"//label[@for='{field.get('id')}']") or field.xpath("ancestor::label"), field.get("id")


def test_a_situation_is_chosen_first(office):
    page = part(office, "YZ-CIVIL-013")
    assert names(page) == {"form.answers.situation"}
    assert "先选登记种类" in page.text_content()
    links = page.xpath("//noscript//a/@href")
    assert "/window/new?item=YZ-CIVIL-013&situation=marry" in links


def test_presence_fee_and_law_are_shown(office):
    page = part(office, "YZ-CIVIL-013", "marry")
    assert "form.answers.applicantPresent" in names(page) and "民法典第一千零四十九条" in page.text_content()
    assert "form.answers.parties.partner.0.present" in names(page)
    damaged = part(office, "YZ-MPS-001", "damaged")
    assert "缴费 40.00 元" in damaged.text_content() and "form.answers.fee.paid" in names(damaged)
    assert "form.answers.fee.paid" not in names(part(office, "YZ-HRSS-050", "expired"))


def test_the_page_begins_with_an_item_without_any_script(office):
    page = html.fromstring(office.call("GET", "/window/new?item=YZ-NHSA-001&situation=referral", "clerk").text)
    assert page.xpath("//input[@name='itemCode']/@value") == ["YZ-NHSA-001"]
    assert page.xpath("//select[@name='form.answers.situation']/option[@selected]/@value") == ["referral"]
    assert "form.answers.values.toHospital" in names(page)
    assert "form.answers.values.proof" not in names(page)
    unknown = office.call("GET", "/window/new?item=YZ-NOPE-1", "clerk")
    assert unknown.status_code == 200 and "先选事项。" in unknown.text
    assert office.call("GET", "/window/form/YZ-NOPE-1", "clerk").status_code == 404
