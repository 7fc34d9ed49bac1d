"""The item box of a new case at a browser: what clerks type has its item among the first three."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.windows import opened_window

pytestmark = [pytest.mark.browser]

QUERIES = Path(__file__).parents[1] / "unit" / "catalog" / "data" / "queries.csv"
AT_LEAST = {"initials4": 0.95, "initials6": 0.96, "two": 1.0, "alias": 1.0, "typo": 0.99}
"""As of the search itself (tests/unit/catalog): nothing is lost between it and the box."""
READ_IN_MORE_THAN_ONE_WAY = [
    ("kjry", "会计人员信息采集与调转"),
    ("jdcxsz", "补领、换领机动车行驶证"),
    ("yljgzyjy", "医疗机构执业校验"),
    ("yljgzyxy", "医疗机构执业校验"),
    ("lvxingshe", "旅行社设立分社备案"),
    ("luxingshe", "旅行社设立分社备案"),
    ("juminshenfenzhenghuanling", "居民身份证换领"),
]
_ASKED = """async (queries) => {
  const found = new Array(queries.length);
  let next = 0;
  const ask = async () => {
    while (next < queries.length) {
      const place = next++;
      const answer = await fetch(`/api/v1/items?size=3&q=${encodeURIComponent(queries[place])}`);
      found[place] = (await answer.json()).items.map((item) => item.code);
    }
  };
  await Promise.all([ask(), ask(), ask(), ask()]);
  return found;
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory, chromium):
    with opened_window(tmp_path_factory.mktemp("window")) as window, window.desk(chromium) as desk:
        desk.open("/window/new")
        yield desk


def test_every_item_by_initials_two_characters_other_words_and_slips(desk):
    with QUERIES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found, all_of = defaultdict(float), defaultdict(float)
    for row, codes in zip(rows, desk.page.evaluate(_ASKED, [row["query"] for row in rows]), strict=True):
        all_of[row["kind"]] += float(row["weight"])
        found[row["kind"]] += float(row["weight"]) * bool({*codes} & {*row["wanted"].split(";")})
    shares = {kind: found[kind] / all_of[kind] for kind in all_of}
    assert {kind: share for kind, share in shares.items() if share < AT_LEAST[kind]} == {}


@pytest.mark.parametrize(("typed", "name"), READ_IN_MORE_THAN_ONE_WAY)
def test_the_box_shows_what_is_typed_among_its_first_three(desk, typed, name):
    page = desk.page
    page.fill("#item", "")
    page.type("#item", typed)
    options = page.locator("#item-list [role=option]")
    expect(options.filter(has_text=name).first).to_be_visible()
    assert any(name in said for said in options.all_inner_texts()[:3])
