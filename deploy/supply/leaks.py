"""Secrets in what is handed on: `python -m deploy.supply.leaks` looks through the files and the whole history.

Our own and small: the scanners that are kept are programs of other languages, or do not look at the history. Keys of
services are found by their form, the rest by being called a secret and looking like chance. What is public on purpose
(keys of the sandbox, samples of the contracts) stands in public_secrets.toml with its reason, by hash, so that another
value at the same place is found.
"""

import bisect
import fnmatch
import hashlib
import math
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from deploy.supply.inventory import DATA, HOUSE, Fault

_NAMED = r"(?i:passw(?:or)?d|secret|token|credential|key)[\w.-]{0,40}"
RULES: Final = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\+?(\S{0,64})"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bLTAI[0-9A-Za-z]{12,24}\b|\bAKID[0-9A-Za-z]{28,36}\b"),
    "token of a service": re.compile(
        r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{50,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{12,}|AIza[\w-]{35}"
        r"|npm_[0-9A-Za-z]{36}|pypi-AgE[\w-]{50,}|sk_live_[0-9A-Za-z]{20,}|sk-[0-9A-Za-z_-]{32,})"
    ),
    "signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "password in an address": re.compile(
        r"\b[a-z][a-z0-9+.-]{2,20}://[^\s/:@'\"{}$<>]{1,40}:([^\s/:@'\"{}$<>]{3,80})@"
    ),
    "key of ours": re.compile(r"(?<![\w+/-])(?<!v1=)[A-Za-z0-9+/]{43}=(?![\w+/=])"),
    "called a secret": re.compile(rf"{_NAMED}['\"]?\s*(?::=|=>|[:=])\s*[bfr]?['\"]([!#-&(-;=?-z|~]{{12,200}})['\"]"),
    "setting": re.compile(
        r"^\+? *(?:export )?[A-Z0-9_]*(?:PASSWORD|SECRET|TOKEN|KEYS?)=([!-~]{12,200})$", re.MULTILINE
    ),
}
_BY_CHANCE: Final = {"called a secret": 3.6, "key of ours": 4.2, "setting": 3.6}
"""Bits a character from which on a value looks like chance and not like words."""
_FILE = re.compile(r"^(?:\+\+\+ b/|COMMIT )(.*)$", re.MULTILINE)
_NOT_TEXT: Final = {".png", ".ttf", ".wasm", ".ico", ".pdf", ".zip", ".gz", ".xlsx", ".webp", ".jpg"}
_LOCKED = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Public(BaseModel):
    """What is public on purpose: one value by `sha256` (16 hex digits), or a rule under a pattern of paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    sha256: tuple[str, ...] = ()
    path: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Found:
    """Something that looks like a secret; `digest`: 16 hex digits of its SHA-256. The value itself is never shown."""

    path: str
    rule: str
    digest: str

    def __str__(self) -> str:
        return f"{self.path}: {self.rule} (sha256 {self.digest})"


def publics(path: Path = DATA / "public_secrets.toml") -> tuple[Public, ...]:
    """What is public on purpose."""
    return tuple(Public.model_validate(one) for one in tomllib.loads(path.read_text("utf-8"))["public"])


def entropy(value: str) -> float:
    """Bits a character, as often as each comes in the value (Shannon)."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def secrets_in(text: str) -> Iterator[tuple[int, str, str]]:
    """(Place, rule, value) of everything in a text that looks like a secret."""
    for rule, pattern in RULES.items():
        for found in pattern.finditer(text):
            value = found[found.lastindex or 0]
            if rule not in _BY_CHANCE or _by_chance(value, _BY_CHANCE[rule]):
                yield found.start(), rule, value


def _by_chance(value: str, bits: float) -> bool:
    return entropy(value) >= bits and any(letter.isdigit() for letter in value)


def _of_others(path: str, rule: str) -> bool:
    """Names of minified scripts look like chance; what is vendored is theirs to the byte (inventory.others)."""
    return rule in _BY_CHANCE and "/vendor/" in path


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def in_files(house: Path = HOUSE) -> set[Found]:
    """What the files have that git knows, and those that it would add."""
    found: set[Found] = set()
    for name in _git(house, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0"):
        path = house / name
        if name and path.suffix not in _NOT_TEXT and path.is_file() and not path.is_symlink():
            text = path.read_text("utf-8", errors="replace")
            found.update(Found(name, rule, _digest(value)) for _, rule, value in secrets_in(text))
    return {one for one in found if not _of_others(one.path, one.rule)}


def in_history(house: Path = HOUSE) -> set[Found]:
    """What any commit below HEAD has ever brought, by the file that had it, and what messages say."""
    log = _git(
        house, "log", "-p", "--unified=0", "--no-color", "--no-ext-diff", "--diff-merges=dense-combined",
        "--format=COMMIT message of %h%n%B", "HEAD",
    )  # fmt: skip
    log = _LOCKED.sub("", log)
    starts = [(mark.start(), mark[1]) for mark in _FILE.finditer(log)]
    places = [start for start, _ in starts]
    found: set[Found] = set()
    for at, rule, value in secrets_in(log):
        path = starts[bisect.bisect_right(places, at) - 1][1] if places else "?"
        found.add(Found(path, rule, _digest(value)))
    return {one for one in found if not _of_others(one.path, one.rule)}


def is_whole(house: Path = HOUSE) -> bool:
    """Whether the history is all here; a shallow clone has its last commits only."""
    return _git(house, "rev-parse", "--is-shallow-repository").strip() == "false"


def hidden(found: Iterable[Found], known: Sequence[Public]) -> tuple[list[str], set[Public]]:
    """(What is not public on purpose, a line each; which entries were of use)."""
    used: set[Public] = set()
    lines = []
    for one in sorted(found, key=str):
        why = [each for each in known if _covers(each, one)]
        used.update(why)
        if not why:
            lines.append(str(one))
    return lines, used


def _covers(public: Public, found: Found) -> bool:
    if public.sha256:
        return found.digest in public.sha256
    return found.rule == public.rule and fnmatch.fnmatchcase(found.path, public.path)


def check(house: Path = HOUSE) -> tuple[list[str], list[str]]:
    """(What is wrong, what is to be known), a line each."""
    known = publics()
    faults = [f"public_secrets.toml: {one.path or one.sha256} has no reason" for one in known if not one.reason.strip()]
    try:
        found = in_files(house)
        past = in_history(house)
        whole = is_whole(house)
    except Fault as fault:
        return [*faults, str(fault)], []
    lines, used = hidden(found, known)
    in_the_past, used_in_the_past = hidden(past - found, known)
    faults += [f"secret in {line}" for line in lines] + [f"secret in history, {line}" for line in in_the_past]
    unused = [one for one in known if one not in used | used_in_the_past] if whole else []
    faults += [f"public_secrets.toml: {one.path or one.sha256} {one.rule} stands for nothing" for one in unused]
    return faults, [] if whole else ["secrets: a shallow clone, its history was not looked through"]


def _git(house: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=house, capture_output=True, check=False)
    if done.returncode != 0:
        raise Fault(f"git {args[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode("utf-8", errors="replace")


def main() -> int:
    """1 after it has said what is wrong."""
    faults, notes = check()
    print("\n".join([*faults, *notes]) or "secrets: none that is not public on purpose")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
