"""What people say → items (口语检索): synonyms as data, and character n-grams weighted by how rare they are.

A query is cut into parts: words of the list of synonyms (synonyms.csv), pieces that stand in some item's name, and
single characters. Each part has a mass (how rare it is, as IDF) and a value per item (how well the item answers it).
An item's fit is the share of the query's mass that it answers; where two answer alike, the one whose name says
little else comes first. Below `_WEAK` and `_LEAST` nothing is given: no answer is better than a wrong one.

The numbers were set by trial on one half of tests/unit/catalog/data/everyday_phrases.csv.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log
from typing import NamedTuple

from catalog.model import Catalogue, ServiceItem, WordKind
from catalog.pinyin import fold

_LONGEST_GRAM = 3
_LENGTH_MASS = {1: 0.1, 2: 0.7}
"""How much a piece of so many characters says, compared with one of three or more."""
_KIND_MASS = {WordKind.THING: 1.0, WordKind.ACTION: 0.75, WordKind.CONTEXT: 0.4, WordKind.FILLER: 0.0}
"""What a word says about the item: whose child it is matters less than what is wanted for it."""
_SAID_CHAR_MASS = 0.6
_ACROSS_MASS = 0.2
"""A piece that shares characters with a known word is said already, or is chance."""
_UNKNOWN_CHAR_MASS = 0.25
_SHARPNESS = 1.3
"""Above 1, one rare word outweighs two common ones that say the same (“车”, “驾照”)."""
_PARTLY = 0.7
"""The most that an item gets for some grams of a piece without the whole."""
_LATER_MEANING = 0.04
_LEAST_MEANING = 0.75
"""Each further meaning of a word is worth a little less, down to this."""
_NAME_WEIGHT = 0.15
_WEAK = 0.3
"""The share of a query's mass that an item must answer."""
_LEAST = 0.28
"""… and how much at least, as a share of the rarest word there is: one common character is no answer."""
_BESIDE_BEST = 0.7
_LOOKED_AT = 60
_GIVEN = 12
_NONE: list[int] = []


class EverydayHit(NamedTuple):
    """An item and how well it answers, 0 … about 1.2; the higher the better."""

    item: ServiceItem
    fit: float


class _Part(NamedTuple):
    """One part of a query: what it weighs, and which items answer it how well (place in the list → 0 … 1)."""

    mass: float
    values: Mapping[int, float]
    words: tuple[str, ...]


class _Span(NamedTuple):
    begin: int
    end: int


class EverydayIndex:
    """The words of one catalogue version; immutable."""

    def __init__(self, catalogue: Catalogue) -> None:
        wordings: list[list[str]] = [[fold(item.name)] for item in catalogue.items]
        place = {item.code: at for at, item in enumerate(catalogue.items)}
        for alias in catalogue.aliases:
            wordings[place[alias.item_code]].append(fold(alias.source_name))
        self._items = catalogue.items
        self._texts = tuple("\n".join(texts) for texts in wordings)
        self._all = "\n".join(self._texts)
        self._grams = _postings(self._texts)
        self._said = dict(self._synonyms(catalogue, place))
        self._longest = max(map(len, self._said), default=0)

    def find(self, query: str) -> list[EverydayHit]:
        """The best items for a folded query, best first; none where nothing fits well.

        Asked as it is and without its fillers (“换个名字” is “换名字”); the better answer counts.
        """
        best: dict[str, EverydayHit] = {}
        for asked in {query, self._bare(query)}:
            for hit in self._fitting(asked):
                if hit.item.code not in best or best[hit.item.code].fit < hit.fit:
                    best[hit.item.code] = hit
        hits = sorted(best.values(), key=lambda hit: (-hit.fit, hit.item.code))
        return [hit for hit in hits[:_GIVEN] if hit.fit >= _BESIDE_BEST * hits[0].fit]

    def _bare(self, query: str) -> str:
        fillers = (span for span in _widest(self._known(query)) if not self._said[query[span.begin : span.end]].words)
        dropped = {at for span in fillers for at in range(span.begin, span.end)}
        return "".join(char for at, char in enumerate(query) if at not in dropped)

    def _fitting(self, query: str) -> list[EverydayHit]:
        parts, unknown = self._parts(query)
        whole = sum(part.mass for part in parts) + unknown
        sums: dict[int, float] = defaultdict(float)
        for part in parts:
            for at, value in part.values.items():
                sums[at] += part.mass * value
        least = max(_LEAST * self._rarity(1), _WEAK * whole)
        fair = sorted((at for at in sums if sums[at] >= least), key=lambda at: (-sums[at], at))[:_LOOKED_AT]
        return [EverydayHit(self._items[at], sums[at] / whole + self._beside(at, parts)) for at in fair]

    def _beside(self, at: int, parts: Iterable[_Part]) -> float:
        """What speaks for an item beside the query's mass: little else in its name."""
        name = self._texts[at].partition("\n")[0]
        explained: set[int] = set()
        for part in parts:
            if at in part.values:
                for word in part.words:
                    found = name.find(word)
                    if found >= 0:
                        explained.update(range(found, found + len(word)))
        return _NAME_WEIGHT * len(explained) / len(name)

    def _synonyms(self, catalogue: Catalogue, place: Mapping[str, int]) -> Iterable[tuple[str, _Part]]:
        merged: dict[str, list[str]] = defaultdict(list)
        shares: dict[str, float] = defaultdict(float)
        for synonym in catalogue.synonyms:
            for said in map(fold, synonym.said):
                merged[said] += synonym.meant
                shares[said] = max(shares[said], _KIND_MASS[synonym.kind])
        for said, meant in merged.items():
            values: dict[int, float] = {}
            if meant:
                values.update(dict.fromkeys(self._holding(said), 1.0))
            for rank, word in enumerate(meant):
                holders = [place[word]] if word in place else self._holding(fold(word))
                value = max(_LEAST_MEANING, 1 - _LATER_MEANING * rank)
                for at in holders:
                    values[at] = max(values.get(at, 0.0), value)
            mass = self._rarity(len(values)) * shares[said] * (_SAID_CHAR_MASS if len(said) == 1 else 1)
            words = (said, *(fold(word) for word in meant if word not in place)) if meant else ()
            yield said, _Part(mass, values, words)

    def _holding(self, word: str) -> list[int]:
        """Which items have a word in a wording: of those that have its rarest gram, the ones that have all of it."""
        rarest = min((self._grams.get(gram, _NONE) for gram in _grams(word)), key=len, default=_NONE)
        return [at for at in rarest if word in self._texts[at]]

    def _rarity(self, holders: int) -> float:
        return log(1 + len(self._items) / holders) ** _SHARPNESS if holders else 0.0

    def _parts(self, query: str) -> tuple[list[_Part], float]:
        """The parts of a query, and the mass of the characters that mean nothing here."""
        said = _widest(self._known(query))
        spans = [*said, *(span for span in _widest(self._pieces(query)) if span not in said)]
        covered = {at for span in spans for at in range(span.begin, span.end)}
        parts = [self._said[query[span.begin : span.end]] for span in said]
        for span in spans[len(said) :]:
            across = any(other.begin < span.end and span.begin < other.end for other in said)
            parts.append(self._piece(query[span.begin : span.end], _ACROSS_MASS if across else 1))
        unknown = 0.0
        for at, char in enumerate(query):
            if at not in covered:
                if char in self._grams:
                    parts.append(self._piece(char, 1))
                else:
                    unknown += _UNKNOWN_CHAR_MASS
        return parts, unknown

    def _known(self, query: str) -> Iterable[_Span]:
        for begin in range(len(query)):
            for end in range(begin + 1, min(len(query), begin + self._longest) + 1):
                if query[begin:end] in self._said:
                    yield _Span(begin, end)

    def _pieces(self, query: str) -> Iterable[_Span]:
        """The longest pieces, from each place on, that stand in some wording; two characters at least."""
        for begin in range(len(query) - 1):
            end = begin + 2
            if query[begin:end] in self._grams:
                while end < len(query) and query[begin : end + 1] in self._all:
                    end += 1
                yield _Span(begin, end)

    def _piece(self, text: str, share: float) -> _Part:
        grams = _grams(text)
        rarity = {gram: self._rarity(len(self._grams[gram])) for gram in grams if gram in self._grams}
        whole = sum(rarity.values())
        values: dict[int, float] = defaultdict(float)
        for gram, rare in rarity.items():
            for at in self._grams[gram]:
                values[at] += _PARTLY * rare / whole
        holders = self._holding(text)
        values.update(dict.fromkeys(holders, 1.0))
        mass = self._rarity(len(holders)) * _LENGTH_MASS.get(len(text), 1) * share
        return _Part(mass, values, (text,))


def _grams(text: str) -> set[str]:
    lengths = range(1, min(_LONGEST_GRAM, len(text)) + 1)
    return {text[at : at + length] for length in lengths for at in range(len(text) - length + 1)}


def _postings(texts: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(texts):
        for gram in set().union(*map(_grams, text.split("\n"))):
            found[gram].append(at)
    return dict(found)


def _widest(spans: Iterable[_Span]) -> list[_Span]:
    """The spans that lie within no other."""
    all_of = list(spans)
    return [
        span
        for span in all_of
        if not any(other != span and other.begin <= span.begin and span.end <= other.end for other in all_of)
    ]
