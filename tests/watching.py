"""Watches that no event loop waits for the database or for our data folder: everything else on it would wait too."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, event

_FILE_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir"})
_watched: list[tuple[Path, list[str]]] = []


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _audit(name: str, args: tuple[object, ...]) -> None:
    """An audit hook cannot be taken back, so it does nothing unless somebody watches."""
    if not _watched or name not in _FILE_EVENTS or not args or not isinstance(args[0], str | Path):
        return
    for folder, seen in _watched:
        if str(args[0]).startswith(str(folder)) and _in_event_loop():
            seen.append(f"{name} {args[0]}")


sys.addaudithook(_audit)


@contextmanager
def nothing_blocks(folder: Path) -> Iterator[list[str]]:
    """What was done on an event loop's thread meanwhile: SQL on any engine, files under `folder`."""
    seen: list[str] = []

    def execute(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if _in_event_loop():
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", execute)
    watch = (folder, seen)
    _watched.append(watch)
    try:
        yield seen
    finally:
        _watched.remove(watch)
        event.remove(Engine, "before_cursor_execute", execute)
