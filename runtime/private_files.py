"""What we write is for our own user alone: files 0600, folders 0700, in every process of ours and what it starts."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def keep_private() -> None:
    """From now on everything that this process and its children make is readable by our user alone (umask 077)."""
    os.umask(_OTHERS)


def open_to_others(folder: Path, at_most: int | None = None) -> Iterator[Path]:
    """What others than our user may read or write of `folder` and what lies in it; none where it is not there.

    `at_most`: so many are looked at, outer ones first. What vanishes meanwhile is left out; links are not followed.
    """
    for path in islice(_walk(folder), at_most):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if mode & _OTHERS and not stat.S_ISLNK(mode):
            yield path


def make_private(folder: Path) -> int:
    """Take all rights on `folder` and what lies in it from others, as far as it is ours; returns of how many.

    For what was written before files were private.
    """
    changed = 0
    for path in open_to_others(folder):
        found = path.lstat()
        if found.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
            changed += 1
    return changed


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        return
    yield folder
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))
