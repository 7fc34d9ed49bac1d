"""One slip of the finger (一字之差): another character, one too many, one too few, two exchanged."""


def one_slip_from_prefix(query: str, text: str) -> bool:
    """Whether `query` is the beginning of `text` with exactly one slip. Linear in the query's length."""
    head = text[:2]
    if query[:1] not in head and query[1:2] not in head:
        return False  # one slip leaves one of the first two where it was, or beside it
    at = next((place for place, (q, t) in enumerate(zip(query, text, strict=False)) if q != t), None)
    if at is None:
        return len(query) == len(text) + 1  # one too many at the end
    rest, wanted = query[at:], text[at:]
    return (
        wanted[1:].startswith(rest[1:])  # another character
        or wanted.startswith(rest[1:])  # one too many
        or wanted[1:].startswith(rest)  # one too few
        or (len(rest) > 1 and rest[:2] == wanted[1::-1] and wanted[2:].startswith(rest[2:]))  # exchanged
    )


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a text, as a set."""
    return frozenset(text[place : place + 2] for place in range(len(text) - 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice coefficient of two sets of `pairs`, 0 … 1: how much of them is the same; 0 where one is empty."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
