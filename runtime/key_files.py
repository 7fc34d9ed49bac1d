"""Files with keys: made at first use for the sandbox, by `kuayu keys new`, and renewed by `kuayu keys rotate`.

Such a file is readable by us alone, is there whole or not at all, and nothing in it is ever lost.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.errors import Misconfigured
from runtime.key_making import CODEC, MARKS, SEAL, fresh_rings

OURS_ALONE: Final = 0o600
SANDBOX_FILE: Final = "keys.json"
_NAMED: Final = re.compile(r"\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=")


def sandbox_keys(data_dir: Path) -> dict[str, str]:
    """CODEC_KEYS, SEAL_KEYS and MARK_KEYS of this data folder, made at first use and kept in `keys.json` (mode 0600).

    For the sandbox only: a real installation brings its own keys. Several processes may call this at once; one file
    wins and all read it. A file from before there were MARK_KEYS has none.

    Raises:
        Misconfigured: the file is there but can't be read.
    """
    path = data_dir / SANDBOX_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {name: ring.dump() for name, ring in fresh_rings(datetime.now(UTC)).items()}
        draft = _draft(path, json.dumps(made))
        try:
            os.link(draft, path)  # fails where another process was first, so a file once seen never changes
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        kept = json.loads(path.read_text())
        return {name: kept[name] for name in (CODEC, SEAL, MARKS) if name in kept or name != MARKS}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Misconfigured(
            f"{path} is not readable as keys; restore it: without it, what this data folder holds is lost"
        ) from fault


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet.

    Raises:
        Misconfigured: it is there, or can't be written.
    """
    draft = None
    try:
        draft = _draft(path, text)
        os.link(draft, path)
    except FileExistsError:
        raise Misconfigured(f"{path} is there already; keys are never overwritten") from None
    except OSError as fault:
        raise Misconfigured(f"{path} can't be written: {fault.strerror}") from None
    finally:
        if draft is not None:
            draft.unlink()


def renew(path: Path, values: Mapping[str, str]) -> None:
    """Put these values into a file with keys, all at once; the rest of it stays.

    A file of lines `NAME=value` or of JSON gets them by name; one with the bare value can take a single one.

    Raises:
        Misconfigured: it can't be written, or it would have to hold several values and has no names.
    """
    try:
        text = path.read_text(encoding="utf-8")
        draft = _draft(path, _renewed(path, text, values))
        draft.replace(path)
    except OSError as fault:
        raise Misconfigured(f"{path} can't be written: {fault.strerror}") from None


def _renewed(path: Path, text: str, values: Mapping[str, str]) -> str:
    if text.lstrip().startswith("{"):
        return json.dumps({**json.loads(text), **values})
    lines, left = text.splitlines(), dict(values)
    if not any(_NAMED.match(line) for line in lines):
        if len(values) > 1:
            raise Misconfigured(f"{path} holds one list of keys; the others belong elsewhere")
        comments = [line for line in lines if line.lstrip().startswith("#")]
        return "\n".join([*comments, *next(iter(values.values())).split(",")]) + "\n"
    for number, line in enumerate(lines):
        match = _NAMED.match(line)
        if match is not None and match[1] in left:
            lines[number] = f"{match[1]}={left.pop(match[1])}"
    return "\n".join([*lines, *(f"{name}={value}" for name, value in left.items())]) + "\n"


def _draft(path: Path, text: str) -> Path:
    """A new file beside `path`, written to the disk."""
    draft = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
