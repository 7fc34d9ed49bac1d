"""Sealers for tests: one for a test's own database, and that of a system that runs on a folder."""

from pathlib import Path
from typing import Final

from runtime.key_files import sandbox_keys
from runtime.keys import KeyRing
from storage.sealing import Sealer

SEALER: Final = Sealer({"s1": b"k" * 32})


def sealer_in(data_dir: Path) -> Sealer:
    """With the keys of the sandbox whose folder this is."""
    return Sealer(KeyRing.model_validate(sandbox_keys(data_dir)["SEAL_KEYS"]).by_kid())
