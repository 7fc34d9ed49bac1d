"""Small writes are written together, in their order; one that cannot be written harms no other."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from relay.group_commit import GroupCommit


class Book:
    """Writes down groups; a group is refused that holds a number below zero. `gate`: writing waits for it."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def write(self, numbers: Sequence[int]) -> Sequence[int]:
        self.gate.wait()
        if min(numbers) < 0:
            raise ValueError("below zero")
        self.groups.append(list(numbers))
        return [number * 2 for number in numbers]


async def test_what_gathers_meanwhile_is_written_together_and_each_hears_of_its_own():
    book = Book()
    commit = GroupCommit(book.write)
    book.gate.clear()
    first = asyncio.create_task(commit.add(1))
    await asyncio.sleep(0)  # it is being written
    await asyncio.sleep(0)
    rest = [asyncio.create_task(commit.add(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    book.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert book.groups == [[1], [2, 3, 4]]


async def test_one_that_cannot_be_written_is_the_only_one_that_hears_of_it():
    book = Book()
    commit = GroupCommit(book.write)
    found = await asyncio.gather(*map(commit.add, (1, -1, 2)), return_exceptions=True)
    assert (found[0], found[2]) == (2, 4)
    assert isinstance(found[1], ValueError)
    assert book.groups == [[1], [2]]


async def test_who_stops_waiting_takes_nothing_from_the_others():
    book = Book()
    commit = GroupCommit(book.write)
    book.gate.clear()
    tasks = [asyncio.create_task(commit.add(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    book.gate.set()
    assert await tasks[1] == 4
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert [number for group in book.groups for number in group] == [1, 2]
