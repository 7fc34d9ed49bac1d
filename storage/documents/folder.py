"""Sealed documents in a folder of this machine; for an installation on one machine."""

import os
import uuid
from contextlib import suppress
from pathlib import Path

_OURS_ALONE = 0o600


class FolderBlobs:
    """Sealed bytes in files `{first 2 digits}/{name}` under `folder`, readable by this program's user only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, sealed: bytes) -> None:
        """Write the whole file or nothing; over one that is there already."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{uuid.uuid4().hex}.part")  # of this writer alone: others may write the same bytes
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OURS_ALONE), "wb") as file:
            file.write(sealed)
        fresh.replace(path)  # a reader sees the whole document or none

    def get(self, name: str) -> bytes | None:
        """The sealed bytes; None where there are none."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def head(self, name: str, size: int) -> bytes | None:
        """Its first bytes, `size` at most; None where there are none."""
        try:
            with self._path(name).open("rb") as file:
                return file.read(size)
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> None:
        """Take the file away; harmless where there is none."""
        with suppress(FileNotFoundError):
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
