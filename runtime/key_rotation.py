"""A new key in front of an old one (换钥): into the file where the list stands, or as a line to be put in place."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from runtime.key_files import SANDBOX_FILE, renew
from runtime.key_making import MARKS, SEAL, fresh_key
from runtime.key_sources import Kind, given_as
from runtime.keys import KeyRing
from runtime.marks import marks_kept
from runtime.settings import Settings, places_of
from storage.ciphers import Algorithm


class Put(NamedTuple):
    """What became of one list: written into `file`, or None: `line` must be put in place by hand. `line` is secret."""

    name: str
    file: Path | None
    line: str


def rotated(
    settings: Settings, names: Collection[str], now: datetime, algorithm: Algorithm, *, behind: bool = False
) -> dict[str, KeyRing]:
    """These lists with a new key in front (or `behind`: known, and not used yet); every old one stays.

    With SEAL_KEYS come MARK_KEYS where there are none, so that the oldest of SEAL_KEYS may go one day.
    """
    found = {}
    for name in names:
        old: KeyRing = getattr(settings, name.lower())
        fresh = fresh_key(name, now, algorithm)
        found[name] = KeyRing(keys=(*old.keys, fresh) if behind else (fresh, *old.keys))
    if SEAL in names and settings.mark_keys is None:
        found[MARKS] = marks_kept(settings)
    return found


def put(settings: Settings, lists: dict[str, KeyRing], env_file: Path | None = Path(".env")) -> Iterator[Put]:
    """Write each list where it comes from; what comes from a variable or a program is left to the operator.

    Raises:
        Misconfigured: a file can't be written; what was written before stays.
    """
    for name, ring in lists.items():
        file = _file_of(settings, name, env_file)
        if file is not None:
            renew(file, {name: ring.dump()})
        yield Put(name, file, f"{name}={ring.dump()}")


def _file_of(settings: Settings, name: str, env_file: Path | None) -> Path | None:
    """Where a list stands; the sandbox's own keys stand in DATA_DIR."""
    given = given_as(name, places_of(env_file))
    if given is None:
        theirs = settings.data_dir / SANDBOX_FILE
        sandboxed = settings.sandbox and given_as(SEAL, places_of(env_file)) is None and theirs.exists()
        return theirs if sandboxed else None
    return Path(given.text) if given.kind is Kind.FILE else None
