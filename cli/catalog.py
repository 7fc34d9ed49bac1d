"""`kuayu catalog check|import|export`: the district's official lists over the working ones (清单导入导出).

A dry run with the differences by default; `--apply` puts the list in force, all or nothing. Works on the database
itself, so that it needs no running system; web and worker see a new version with their next request.
"""

import getpass
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.agreement_list import export_agreements, export_agreements_xlsx, plan_agreements
from catalog.exchange import ImportPlan, export_csv, export_xlsx, plan_import
from catalog.forms.generic import form_of
from catalog.forms.reading import write_form
from catalog.model import ITEM_COUNT, Catalogue
from catalog.notices import calendar_diff, export_notice, load_notice
from catalog.rows import RowError
from catalog.workdays import WorkdayCalendar
from cli.acting import acting
from domain.errors import BadInput
from runtime.container import container_of, now
from runtime.settings import load_settings
from storage.base import Database
from storage.catalogue import (
    ListKind,
    apply_agreements,
    apply_calendar,
    apply_items,
    newest,
    read_agreements,
    read_calendar,
    read_items,
)
from storage.migrating import migrate

app = typer.Typer(help="事项清单、合作协议、工作日历", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable")]
OfAgreements = Annotated[bool, typer.Option("--agreements", help="the agreements instead of the items")]
OfCalendar = Annotated[bool, typer.Option("--calendar", help="the State Council's notice instead of the items")]
Given = Annotated[Path, typer.Argument(help=".xlsx, .zip, .csv, {item code}.json", exists=True, dir_okay=False)]

_SHOWN = 200
"""Lines of differences or faults that a person reads; `--json` gives all."""


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="a list to check; none: the one in force")] = None,
    agreements: OfAgreements = False,
    calendar: OfCalendar = False,
    as_json: AsJson = False,
) -> None:
    """Check a list, or count what is in force. Changes nothing; exit 1 if it could not be imported."""
    if file is not None:
        import_(file, agreements=agreements, calendar=calendar, apply=False, as_json=as_json)
        return
    with _database().read() as session:
        items = read_items(newest(session, ListKind.ITEMS))
        agreed = read_agreements(newest(session, ListKind.AGREEMENTS))
        days = read_calendar(newest(session, ListKind.CALENDAR))
    count = len(items.items)
    said = {
        "items": count,
        "expected": ITEM_COUNT,
        "version": items.version,
        "agreements": len(agreed.all),
        "confirmed": agreed.recorded,
        "calendar": days.version,
        "officialYears": sorted(days.official_years),
    }
    years = "、".join(map(str, sorted(days.official_years)[-2:]))
    lines = [f"{count} 项（公布{ITEM_COUNT}项），版本 {items.version}", agreed.summary]
    _say(said, as_json, "\n".join([*lines, f"工作日历 {days.version}，已公布至 {years}"]))


@app.command("import")
def import_(
    file: Given,
    agreements: OfAgreements = False,
    calendar: OfCalendar = False,
    apply: Annotated[bool, typer.Option("--apply", help="put it in force; without it only the differences")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a list and show what would change; with --apply, put it in force. All or nothing."""
    if agreements and calendar:
        typer.echo("--agreements 和 --calendar 只能选一个", err=True)
        raise typer.Exit(2)
    data, database = file.read_bytes(), _database("kuayu catalog import" if apply else None)
    if agreements:
        said, text = _import_agreements(database, file.name, data, apply)
    elif calendar:
        said, text = _import_calendar(database, file.name, data, apply)
    else:
        said, text = _import_items(database, file.name, data, apply)
    ending = "" if said["errors"] else ("已生效。" if apply else "这是试运行，未做任何改动；加 --apply 才会生效。")
    _say(said | {"applied": apply and not said["errors"]}, as_json, f"{text}\n{ending}".rstrip())
    if said["errors"]:
        raise typer.Exit(1)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help=".xlsx, .zip (items), .csv, {item code}.json", dir_okay=False)],
    agreements: OfAgreements = False,
    calendar: OfCalendar = False,
) -> None:
    """Write the list in force; the same bytes for the same content, and `import` reads them back."""
    workbook = file.suffix.lower() == ".xlsx"
    with _database().read() as session:
        if agreements:
            agreed = read_agreements(newest(session, ListKind.AGREEMENTS))
            content = export_agreements_xlsx(agreed) if workbook else export_agreements(agreed)
        elif calendar:
            content = export_notice(read_calendar(newest(session, ListKind.CALENDAR)))
        else:
            items = read_items(newest(session, ListKind.ITEMS))
            content = export_xlsx(items) if workbook else _form(items, file) or _packed(export_csv(items), file)
    file.write_bytes(content)
    typer.echo(f"{file.name} {len(content)} 字节")


def _import_items(database: Database, name: str, data: bytes, apply: bool) -> tuple[dict[str, Any], str]:
    with database.write() as session:
        plan = plan_import(read_items(newest(session, ListKind.ITEMS)), name, data)
        if apply and plan.catalogue is not None:
            apply_items(session, plan.catalogue, by=_who(), now=now())
    return {
        "errors": [_error(error) for error in plan.errors],
        "warnings": list(plan.warnings),
        "summary": plan.diff.summary,
        "added": [item.code for item in plan.diff.added],
        "removed": [item.code for item in plan.diff.removed],
        "changed": [change.model_dump() for change in plan.diff.changed],
        "version": plan.catalogue.version if plan.catalogue else None,
    }, _items_text(plan)


def _items_text(plan: ImportPlan) -> str:
    if plan.errors:
        return "\n".join(_faults(plan.errors))
    lines = [plan.diff.summary, *plan.warnings]
    lines += [f"+ {item.code} {item.name}" for item in plan.diff.added[:_SHOWN]]
    lines += [f"- {item.code} {item.name}" for item in plan.diff.removed[:_SHOWN]]
    lines += [f"~ {c.code} {c.name} {c.field}：{c.old} → {c.new}" for c in plan.diff.changed[:_SHOWN]]
    return "\n".join(lines)


def _faults(errors: Sequence[RowError]) -> list[str]:
    return [f"有{len(errors)}处错误，未导入：", *map(str, errors[:_SHOWN])] if errors else []


def _import_agreements(database: Database, name: str, data: bytes, apply: bool) -> tuple[dict[str, Any], str]:
    with database.write() as session:
        agreed = read_agreements(newest(session, ListKind.AGREEMENTS))
        items = read_items(newest(session, ListKind.ITEMS))
        plan = plan_agreements(agreed, name, data, items.by_code)
        if apply and not plan.errors:
            apply_agreements(session, plan.version, plan.csv, by=_who(), now=now())
    lines = _faults(plan.errors) or [plan.diff.summary]
    for sign, rows in (("+", plan.diff.added), ("-", plan.diff.removed)):
        lines += [f"{sign} {a.scheme} {a.region} {'已确认' if a.confirmed else '待确认'}" for a in rows[:_SHOWN]]
    return {
        "errors": [_error(error) for error in plan.errors],
        "summary": plan.diff.summary,
        "added": [a.model_dump(mode="json") for a in plan.diff.added],
        "removed": [a.model_dump(mode="json") for a in plan.diff.removed],
        "version": plan.version,
    }, "\n".join(lines)


def _import_calendar(database: Database, name: str, data: bytes, apply: bool) -> tuple[dict[str, Any], str]:
    with database.write() as session:
        old = read_calendar(newest(session, ListKind.CALENDAR))
        new: WorkdayCalendar = load_notice(old, name, data)
        told = apply_calendar(session, new, by=_who(), now=now()) if apply else 0
    diff = calendar_diff(old, new)
    changed = [f"~ {day} {'上班' if new.is_workday(day) else '放假'}" for day in diff.changed]
    lines = [diff.summary, *changed[:_SHOWN]]
    if apply:
        lines.append(f"已通知{told}件在办件重算时限。")
    said = {"errors": [], "summary": diff.summary, "version": new.version, "casesTold": told}
    return said | {
        "newlyOfficial": list(diff.newly_official),
        "changed": [str(day) for day in diff.changed],
    }, "\n".join(lines)


def _error(error: RowError) -> dict[str, Any]:
    return error.model_dump() | {"sentence": str(error)}


def _form(items: Catalogue, path: Path) -> bytes | None:
    """One item's form, the generic one where it has none yet; None for another kind of file."""
    if path.suffix.lower() != ".json":
        return None
    item = items.get(path.stem)
    if item is None:
        raise BadInput(f"事项清单中没有这个编码：{path.stem}，文件名应为事项编码，例如YZ-MPS-001.json。", field="file")
    return write_form(form_of(item)).encode()


def _packed(files: dict[str, bytes], path: Path) -> bytes:
    if path.suffix.lower() == ".csv":
        return files.get(path.name, files["items.csv"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def _database(command: str | None = None) -> Database:
    """Brought up first, so that lists can be loaded before the system has ever run; `command` is audited."""
    settings = load_settings(sandbox="1")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = (acting(settings, command) if command else container_of(settings)).database
    migrate(database.engine)
    return database


def _who() -> str:
    return f"cli:{getpass.getuser()}"[:64]


def _say(said: dict[str, Any], as_json: bool, text: str) -> None:
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2, default=str) if as_json else text)
