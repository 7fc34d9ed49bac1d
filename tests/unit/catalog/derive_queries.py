"""Derives the frozen search queries by rule; run once, before the search was written.

    .venv/bin/python tests/unit/catalog/derive_queries.py > tests/unit/catalog/data/queries.csv

Kinds: `alias` wordings that differ from the name (wanted: any of the items it stands for) · `initials4`, `initials6`
the first letters of a name · `two` the rarest two characters of a name where at most three names hold them ·
`typo` the whole name with one seeded slip (another character, one left out, two exchanged).
Weight is Zipf's 1/rank over the items: confirmed ones first, within a class in seeded random order.
"""

import csv
import random
import re
import sys
from collections import Counter, defaultdict

from pypinyin import lazy_pinyin

from catalog.items import load

SEED = 20261123
READINGS = {"发卡企业": "fa ka qi ye", "通还": "tong huan"}
HAN = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]")


def initials(name: str) -> str:
    syllables = list(lazy_pinyin(name, errors=list))  # type: ignore[arg-type]
    for words, reading in READINGS.items():
        at = name.find(words)
        if at >= 0:
            syllables[at : at + len(words)] = reading.split()
    return "".join(syllable[0] for char, syllable in zip(name, syllables, strict=True) if not HAN.fullmatch(char))


def slip(name: str, kind: int, chooser: random.Random, alphabet: list[str]) -> str:
    place = chooser.randrange(1, len(name) - 1)
    if kind == 0:
        return name[:place] + chooser.choice(alphabet) + name[place + 1 :]
    if kind == 1:
        return name[:place] + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def main() -> None:
    chooser = random.Random(SEED)
    items = load().items
    order = sorted(items, key=lambda item: (["listed", "reported", "unlisted"].index(item.listed), chooser.random()))
    weight = {item.code: round(1 / rank, 6) for rank, item in enumerate(order, start=1)}
    pairs = Counter(pair for item in items for pair in {item.name[i : i + 2] for i in range(len(item.name) - 1)})
    alphabet = sorted({char for item in items for char in item.name if not HAN.fullmatch(char)})
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["kind", "query", "wanted", "weight"])
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias in load().aliases:
        if alias.source_name != alias.item_name:
            aliases[alias.source_name].append(alias.item_code)
    for query, codes in aliases.items():
        writer.writerow(["alias", query, ";".join(codes), max(weight[code] for code in codes)])
    for length in (4, 6):
        for item in items:
            writer.writerow([f"initials{length}", initials(item.name)[:length], item.code, weight[item.code]])
    for item in items:
        found = [item.name[i : i + 2] for i in range(len(item.name) - 1)]
        rarest = min((pair for pair in found if not HAN.search(pair)), key=lambda pair: pairs[pair])
        if pairs[rarest] <= 3:
            writer.writerow(["two", rarest, item.code, weight[item.code]])
    for number, item in enumerate(items):
        writer.writerow(["typo", slip(item.name, number % 3, chooser, alphabet), item.code, weight[item.code]])


if __name__ == "__main__":
    main()
