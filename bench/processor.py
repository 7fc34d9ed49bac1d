"""Processor time of the programs below a process, by what they do, read from /proc (Linux)."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_OWN_AND_ENDED_CHILDREN = slice(11, 15)
PARTS = {
    "start-dev": "engine",
    "temporal-server": "engine",
    "postgres": "database",
    "kuayu worker": "worker",
    "multiprocessing": "worker",
    "dbos_peer/worker": "worker",
    "kuayu web": "web",
    "sandbox": "played",
}
"""Words of a command line → the part of the system that it is."""


def processor_ms(root: int, without: int | None = None) -> Counter[str]:
    """Part → milliseconds that its processes have used so far, those that have ended with them.

    `root`: the id of the process above them; `without`: one whose own and whose children's are left out.
    """
    found: Counter[str] = Counter()
    for process, used in _below(root, without):
        part = _part(process)
        if part is not None:
            found[part] += round(used)
    return found


def processes(root: int, part: str, without: int | None = None) -> list[int]:
    """Ids of the processes below one that are of this part; `without` as for `processor_ms`."""
    return [process for process, _ in _below(root, without) if _part(process) == part]


def _below(root: int, without: int | None) -> Iterator[tuple[int, float]]:
    """Every process below one, with the milliseconds that it has used."""
    children: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        used = sum(map(int, fields[_OWN_AND_ENDED_CHILDREN])) * _TICK_MS
        children[int(fields[1])].append((int(stat.parent.name), used))
    below = [root]
    while below:
        for process, used in children[below.pop()]:
            if process != without:
                below.append(process)
                yield process, used


def _part(process: int) -> str | None:
    try:
        command = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return None
    return next((part for words, part in PARTS.items() if words in command), None)
