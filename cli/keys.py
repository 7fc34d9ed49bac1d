"""`kuayu keys …`: make keys, see what they hold, replace them, and seal everything anew so that an old one can go."""

import asyncio
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.acting import acting
from cli.key_report import report_of, told, values_by_key
from domain.errors import Misconfigured
from runtime.codec_lifetime import stays_of
from runtime.container import Container, container_of, now
from runtime.key_files import write_new
from runtime.key_making import CODEC, MARKS, SEAL, fresh_rings
from runtime.key_rotation import Put, put, rotated
from runtime.marks import marks_kept
from runtime.settings import Settings, load_settings
from storage.ciphers import Algorithm
from storage.documents.resealing import reseal_documents
from storage.resealing import BATCH, Progress, give_keys, reseal
from storage.sealing import OF_CASE, OF_FILE

app = typer.Typer(help="密钥", no_args_is_help=True)

Sm4 = Annotated[bool, typer.Option("--sm4", help="SM4-GCM instead of AES-256-GCM")]
_FOR_NEW = "# 只用于新装的系统；已经在用的系统换钥用 kuayu keys rotate\n"
_SEVERAL = "多台机器：先用 --behind 把新钥放在最后，全部重启，再把它移到最前，再重启。"


class Only(StrEnum):
    """Which list."""

    SEAL = SEAL
    CODEC = CODEC


@app.callback()
def keys() -> None:
    """Keys of what is kept and of workflow histories (密钥)."""


@app.command()
def new(
    file: Annotated[Path | None, typer.Option(help="write them into this new file, mode 0600")] = None, sm4: Sm4 = False
) -> None:
    """Make the keys of a new installation; without --file they are printed as lines for .env."""
    rings = fresh_rings(now(), _algorithm(sm4=sm4))
    lines = "".join((_FOR_NEW, *(f"{name}={ring.dump()}\n" for name, ring in rings.items())))
    if file is None:
        typer.echo(lines, nl=False)
        return
    write_new(file, lines)
    typer.echo(f"已写入 {file}（0600）。把它和数据分开备份，再在 .env 里写：")
    for name in rings:
        typer.echo(f"{name}_FILE={file.absolute()}")


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False) -> None:
    """Each key, what it holds, and whether it may go; exit 1 where something is sealed with a key that is not ours."""
    settings = load_settings()
    parts = container_of(settings)
    report = report_of(settings, values_by_key(parts), asyncio.run(stays_of(settings, _today())))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        for line in told(report, _today()):
            typer.echo(line)
    raise typer.Exit(0 if all(line.known for line in report.seal) else 1)


@app.command()
def rotate(
    only: Annotated[Only | None, typer.Option(help="one list; both without it")] = None,
    behind: Annotated[bool, typer.Option(help="put the new key last: known everywhere before anybody uses it")] = False,
    sm4: Sm4 = False,
) -> None:
    """Put a new key in front; the old ones stay until nothing needs them."""
    settings = load_settings()
    names = [only.value] if only else [SEAL, CODEC]
    lists = rotated(settings, names, now(), _algorithm(sm4=sm4), behind=behind)
    _say(put(settings, lists))
    typer.echo("接下来：")
    typer.echo(f"  1. 重启 web 和 worker（kuayu up 则重启它）。{_SEVERAL}")
    typer.echo("  2. 运行 kuayu keys reseal，系统可以照常工作。")
    typer.echo("  3. kuayu keys list 说旧钥可以去掉时，从列表里删掉它，再重启。")


@app.command()
def marks() -> None:
    """Give MARK_KEYS to an installation that has none, so that the oldest of SEAL_KEYS may go."""
    settings = load_settings()
    if settings.mark_keys is not None:
        typer.echo("MARK_KEYS 已经设置")
        return
    _say(put(settings, {MARKS: marks_kept(settings)}))
    typer.echo("接下来：重启 web 和 worker，所有机器用同一份 MARK_KEYS。")


@app.command("reseal")
def reseal_(
    kid: Annotated[str | None, typer.Option(help="only what this key has sealed")] = None,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="values of one transaction")] = BATCH,
) -> None:
    """Wrap all keys of cases under the first key, and seal anew what they do not cover, while the system runs.

    Cases and documents from before get keys of their own. Safe to break off and to repeat.
    """
    settings = load_settings()
    parts = _checked(settings, kid)
    with parts.database.write():
        pass  # what remains is the entry on the audit trail: who did it and when
    if given := give_keys(parts.database, parts.sealer, now(), batch):
        typer.echo(f"{given} 个办件有了自己的密钥")
    count = reseal(parts.database, parts.sealer, kid=kid, batch=batch, say=_progress)
    count += reseal_documents(parts.database, parts.documents, parts.sealer.kid, kid=kid, say=_documents_done)
    as_now = (parts.sealer.kid, OF_CASE, OF_FILE)
    left = {one: sum(held.values()) for one, held in values_by_key(parts).items() if one not in as_now}
    wrong = {one: number for one, number in left.items() if kid in (None, one)}
    typer.echo(f"重封 {count} 项")
    if wrong:
        said = "，".join(f"{one} 还有 {number} 项" for one, number in sorted(wrong.items()))
        typer.echo(f"{said}：有进程还在用它封，重启所有 web 和 worker 后再运行一次", err=True)
        raise typer.Exit(1)
    done = f"全部由 {parts.sealer.kid} 封" if not left else "其余的钥还在用"
    typer.echo(f"已核对：没有资料再用{f' {kid} ' if kid else '旧钥'}，{done}")
    if settings.mark_keys is None and len(settings.seal_keys.keys) > 1:
        typer.echo("最旧的一把还不能去掉：查找标记由它推出。先运行 kuayu keys marks")


def _checked(settings: Settings, kid: str | None) -> Container:
    """The container, acting on the audit trail.

    Raises:
        Misconfigured: `kid` is not one of ours, or is the first.
    """
    if kid is not None and settings.seal_keys.find(kid) is None:
        raise Misconfigured(f"SEAL_KEYS 里没有 {kid}")
    if kid == settings.seal_keys.current.kid:
        raise Misconfigured(f"{kid} 是第一把，新资料正由它封；先运行 kuayu keys rotate")
    return acting(settings, "kuayu keys reseal", kid or settings.seal_keys.current.kid)


def _say(done: Iterable[Put]) -> None:
    for one in done:
        if one.file is None:
            typer.echo(f"{one.name} 不在文件里，请把下面一行放到它现在的位置（环境、.env 或密钥服务）：")
            typer.echo(one.line)
        else:
            typer.echo(f"{one.name} 已写入 {one.file}")


def _progress(progress: Progress) -> None:
    typer.echo(f"{progress.table}.{progress.column} {progress.done}/{progress.of}")


def _documents_done(done: int) -> None:
    if done % BATCH == 0:
        typer.echo(f"document {done}")


def _algorithm(*, sm4: bool) -> Algorithm:
    return Algorithm.SM4 if sm4 else Algorithm.AES


def _today() -> date:
    return now().date()
