"""What `kuayu keys list` says: each key, what it is for now, and whether it may go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from domain.model import Frozen
from runtime.codec_lifetime import Stay
from runtime.container import Container
from runtime.key_making import is_waiting, made_at
from runtime.keys import KeyRing, RingKey
from runtime.settings import Settings
from storage.documents.resealing import kids_of_documents
from storage.resealing import held
from storage.sealing import OF_CASE, OF_FILE

DOCUMENTS = "document"
"""Stands for the store of documents, among the columns."""
_WAITS: Final = "还没有启用：所有机器都有它以后，移到最前"
_MARKED: Final = "已设置"
_UNMARKED: Final = "未设置，由 SEAL_KEYS 里最旧的一把推出；要去掉那一把，先运行 kuayu keys marks"


class KeyLine(Frozen):
    """One key of a list. `held`: column → values that bear it; `first`: it seals what is new; `known`: we have it.

    `waits`: it stands behind, to be put in front once every machine has it. `until`, `running`: as `Stay`.
    """

    kid: str
    algorithm: str = ""
    since: date | None = None
    first: bool = False
    waits: bool = False
    known: bool = True
    held: dict[str, int] = {}
    until: date | None = None
    running: int | None = None


class KeyReport(Frozen):
    """`seal`, `codec`: the lists in their order, then ids that values bear and that are no key of ours.

    `cases`, `files`: how many values and documents bear keys of cases and of files.
    """

    seal: tuple[KeyLine, ...]
    codec: tuple[KeyLine, ...]
    marks: bool
    cases: int = 0
    files: int = 0


def values_by_key(parts: Container) -> dict[str, dict[str, int]]:
    """Key id → column → how many sealed values bear it, with the documents; of cases and files all keys together."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with parts.database.read() as session:
        for one in held(session):
            found[one.kid][f"{one.table}.{one.column}"] = one.values
    for kid, count in kids_of_documents(parts.database, parts.documents).items():
        found[kid][DOCUMENTS] = count
    return found


def report_of(settings: Settings, values: Mapping[str, dict[str, int]], stays: Iterable[Stay]) -> KeyReport:
    """The report, of what the database and Temporal say."""
    by_kid = {stay.kid: stay for stay in stays}
    seal = [_line(key, settings.seal_keys, held=values.get(key.kid)) for key in settings.seal_keys.keys]
    cases, files = (sum(values.get(kind, {}).values()) for kind in (OF_CASE, OF_FILE))
    strangers = sorted(values.keys() - {line.kid for line in seal} - {OF_CASE, OF_FILE})
    seal += [KeyLine(kid=kid, known=False, held=values[kid]) for kid in strangers]
    codec = [_line(key, settings.codec_keys, stay=by_kid.get(key.kid)) for key in settings.codec_keys.keys]
    marks = settings.mark_keys is not None
    return KeyReport(seal=tuple(seal), codec=tuple(codec), marks=marks, cases=cases, files=files)


def told(report: KeyReport, today: date) -> Iterator[str]:
    """The report in words, a line for each key."""
    yield "SEAL_KEYS（资料、文件）"
    ours = [line.kid for line in report.seal if line.known]
    for line in report.seal:
        yield f"  {_named(line)}  {_use(line, oldest=not report.marks and line.kid == ours[-1])}"
    yield f"  办件和文件各自的密钥（由上面的第一把封存）  已封 {report.cases} 项资料、{report.files} 份文件"
    yield "CODEC_KEYS（流程历史）"
    for line in report.codec:
        yield f"  {_named(line)}  {_stay(line, today)}"
    yield "MARK_KEYS（查找标记、取件码、签名）"
    yield f"  {_MARKED if report.marks else _UNMARKED}"


def _line(key: RingKey, ring: KeyRing, *, held: dict[str, int] | None = None, stay: Stay | None = None) -> KeyLine:
    made, first = made_at(key.kid), ring.current.kid
    return KeyLine(
        kid=key.kid,
        algorithm=key.algorithm,
        since=made.date() if made else None,
        first=key.kid == first,
        waits=is_waiting(key.kid, first),
        held=held or {},
        until=stay.until if stay else None,
        running=stay.running if stay else None,
    )


def _named(line: KeyLine) -> str:
    since = f"自 {line.since.isoformat()}" if line.since else "启用日期不详"
    return f"{line.kid}  {line.algorithm}  {since}" if line.known else f"{line.kid}  不在 SEAL_KEYS 里"


def _use(line: KeyLine, *, oldest: bool) -> str:
    values = "，".join(f"{column} {count}" for column, count in sorted(line.held.items()))
    total = sum(line.held.values())
    if not line.known:
        return f"有 {total} 项只有它能解开，请找回这把钥（{values}）"
    if line.first:
        return f"封新资料；已封 {total} 项" + (f"（{values}）" if values else "")
    if total:
        return f"还封着 {total} 项，运行 kuayu keys reseal（{values}）"
    if line.waits:
        return _WAITS
    if oldest:
        return "没有资料用它；查找标记还由它推出，先运行 kuayu keys marks"
    return "没有资料用它，可以去掉"


def _stay(line: KeyLine, today: date) -> str:
    if line.first:
        return "加密新的流程历史"
    if line.waits:
        return _WAITS
    if line.until is None or line.running is None:
        return "只解密旧历史；说不出何时可以去掉（换钥日期不详，或 Temporal 没有回应），请保留"
    if line.running:
        return f"只解密旧历史；那时开始的流程还有 {line.running} 个没有结束，最早 {line.until} 以后才可以去掉"
    if line.until >= today:
        return f"只解密旧历史；保留到 {line.until}，之后可以去掉"
    return "已经没有历史用它，可以去掉"
