"""Threads that write at the same time write together; what can't go along is written by itself."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from storage.group_write import GroupWrite


class Book:
    """Writes numbers down; a group with one below zero is refused, and zero does not go along. `gate`: writing waits.

    `arrived`: set when the first group is at the gate.
    """

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.by_themselves: list[int] = []
        self.gate, self.arrived = threading.Event(), threading.Event()
        self.writer = GroupWrite(self._together, self._alone, "book")

    def _together(self, numbers: Sequence[int]) -> list[int | None]:
        self.arrived.set()
        self.gate.wait()
        if min(numbers) < 0:
            raise ValueError("below zero")
        self.groups.append(list(numbers))
        return [number * 2 or None for number in numbers]

    def _alone(self, number: int) -> int:
        if number < 0:
            raise ValueError("below zero")
        self.by_themselves.append(number)
        return number * 2

    def of(self, pool: ThreadPoolExecutor, numbers: Sequence[int]) -> list[Future[int]]:
        """The first number is at the gate; the others have gathered behind it when it opens."""
        found = [pool.submit(self.writer.add, numbers[0])]
        self.arrived.wait()
        for place, number in enumerate(numbers[1:], start=1):
            found.append(pool.submit(self.writer.add, number))
            while self.writer.waiting < place:
                threading.Event().wait(0.001)
        self.gate.set()
        return found


@pytest.fixture
def book() -> Book:
    return Book()


def test_what_gathers_meanwhile_is_written_together_and_each_hears_of_its_own(book: Book):
    with ThreadPoolExecutor(4) as pool:
        assert [each.result() for each in book.of(pool, [1, 2, 3, 4])] == [2, 4, 6, 8]
    assert (book.groups, book.by_themselves) == ([[1], [2, 3, 4]], [])


def test_one_that_cannot_be_written_is_the_only_one_that_hears_of_it(book: Book):
    with ThreadPoolExecutor(4) as pool:
        found = book.of(pool, [1, 2, -1, 3])
        assert [found[place].result() for place in (0, 1, 3)] == [2, 4, 6]
        with pytest.raises(ValueError, match="below zero"):
            found[2].result()
    assert (book.groups, sorted(book.by_themselves)) == ([[1]], [2, 3])


def test_what_does_not_go_along_is_written_by_itself(book: Book):
    with ThreadPoolExecutor(4) as pool:
        assert [each.result() for each in book.of(pool, [1, 2, 0])] == [2, 4, 0]
    assert (book.groups, book.by_themselves) == ([[1], [2, 0]], [0])


def test_more_than_go_into_one_transaction_go_into_the_next(book: Book):
    with ThreadPoolExecutor(50) as pool:
        assert [each.result() for each in book.of(pool, range(1, 51))] == [2 * n for n in range(1, 51)]
    assert [len(group) for group in book.groups] == [1, 32, 17]
