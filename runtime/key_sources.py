"""Where a secret comes from: its variable, a file of ours alone (`…_FILE`), or a program (`…_COMMAND`, a KMS).

What file and program give is the value itself (several keys: one a line, `#` begins a comment), or lines `NAME=value`
of which the one with the secret's name counts: so one file or program may hold all of them.
"""

import functools
import os
import re
import shlex
import signal
import stat
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from domain.errors import Misconfigured

COMMAND_S: Final = 20.0
"""So long a program has to say the keys."""
_NAMED: Final = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

Place = Mapping[str, str | None]
"""Variables of one place, names in lower case: the environment, or `.env`."""


class Kind(StrEnum):
    """How a secret is given."""

    VARIABLE = "variable"
    FILE = "file"
    COMMAND = "command"


_SUFFIXES: Final = {Kind.VARIABLE: "", Kind.FILE: "_file", Kind.COMMAND: "_command"}


class Given(NamedTuple):
    """How a secret is given, and the text of that variable: the value, a path or a command line."""

    kind: Kind
    text: str


def names_of(name: str) -> tuple[str, str]:
    """The two further variables of a secret, in upper case."""
    return f"{name}_FILE", f"{name}_COMMAND"


def given_as(name: str, places: Iterable[Place]) -> Given | None:
    """How the secret `name` is given, by the first of the places that says anything; None where none does.

    Raises:
        Misconfigured: one place says it twice.
    """
    for place in places:
        said = [Given(kind, text) for kind, end in _SUFFIXES.items() if (text := place.get(name.lower() + end))]
        if len(said) > 1:
            raise Misconfigured(f"{name}: set only one of {name}, {name}_FILE and {name}_COMMAND")
        if said:
            return said[0]
    return None


def value_of(name: str, given: Given) -> str:
    """The secret itself, read from its file or said by its program.

    Raises:
        Misconfigured: the file is not ours alone, the program does not say it, or the secret is not in what they say.
    """
    if given.kind is Kind.FILE:
        return _picked(name, f"{name}_FILE", read_private(Path(given.text), f"{name}_FILE"))
    if given.kind is Kind.COMMAND:
        try:
            said = _said_by(given.text)
        except Misconfigured as fault:
            raise Misconfigured(f"{name}_COMMAND: {fault.sentence}") from None
        return _picked(name, f"{name}_COMMAND", said)
    return given.text


def read_private(path: Path, variable: str) -> str:
    """The text of a file that nobody but us may read; `variable`: who names it, for the error.

    Raises:
        Misconfigured: it can't be read, is not ours, or others may read it; the sentence has the command that mends it.
    """
    where = shlex.quote(str(path))
    try:
        with path.open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid():
                raise Misconfigured(f"{variable}: {path} is not ours; run: chown {os.geteuid()} {where}")
            if found.st_mode & _OTHERS:
                raise Misconfigured(f"{variable}: others may read {path}; run: chmod 600 {where}")
            return file.read()
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "not a text"
        raise Misconfigured(f"{variable}: {path} can't be read: {why}") from None


def _picked(name: str, variable: str, text: str) -> str:
    lines = [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#")]
    named = {match[1]: match[2] for line in lines if (match := _NAMED.fullmatch(line))}
    value = named.get(name, "").strip("\"'") if named else ",".join(lines)
    if not value:
        raise Misconfigured(f"{variable}: there is no {name} in what it gives")
    return value


@functools.cache
def _said_by(command: str) -> str:
    """What the program prints; asked once per process. Its words go nowhere else, not even into an error."""
    try:
        argv = shlex.split(command)
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            try:
                said, _ = process.communicate(timeout=COMMAND_S)
            except subprocess.TimeoutExpired:
                raise Misconfigured(f"the program said nothing within {COMMAND_S:g} s") from None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # with what it has started
    except (OSError, ValueError, IndexError) as fault:
        why = (fault.strerror if isinstance(fault, OSError) else None) or "not a command line"
        raise Misconfigured(f"the program can't be run: {why}") from None
    if process.returncode:
        raise Misconfigured(f"the program ended with {process.returncode}; run it by hand to see why")
    try:
        return said.decode()
    except UnicodeDecodeError:
        raise Misconfigured("what the program says is not a text") from None


class SecretSource(PydanticBaseSettingsSource):
    """The secrets that a file or a program gives, for pydantic; before all other sources.

    `paths`: name of the variable → where its field is, e.g. `("sichuan", "our_keys")`.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], paths: Mapping[str, Sequence[str]], places: Sequence[Place]
    ) -> None:
        super().__init__(settings_cls)
        self._paths = paths
        self._places = places

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: fields of groups are not asked for one by one."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The values by field; raises as `value_of`."""
        found: dict[str, Any] = {}
        for name, (*groups, field) in self._paths.items():
            given = given_as(name, self._places)
            if given is not None and given.kind is not Kind.VARIABLE:
                inside = found
                for group in groups:
                    inside = inside.setdefault(group, {})
                inside[field] = value_of(name, given)
        return found
