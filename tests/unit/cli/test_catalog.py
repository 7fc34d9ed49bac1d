"""`kuayu catalog`: dry by default, all or nothing, faults by row and column, versions kept, what is written is read."""

import json

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from catalog.items import load
from cli import catalog
from domain.errors import BadInput
from runtime.container import container_of
from runtime.settings import load_settings
from storage.catalogue import ListKind, ListVersionRow, newest, read_calendar, read_items
from tests.unit.catalog.test_notices import NOTICE_2027

FIRST = load().items[0]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "DATABASE_URL", "PORT", "TIME_SCALE", "SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SANDBOX", "1")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(catalog.app, list(map(str, args)))
    assert result.exit_code == code, result.output
    return result.output


def in_storage():
    return container_of(load_settings()).database


def versions() -> int:
    with in_storage().read() as session:
        return session.scalar(select(func.count(ListVersionRow.id)))


def exported(tmp_path, ending: str):
    path = tmp_path / f"list{ending}"
    run("export", path)
    return path


def with_name(path, name: str):
    """The first item under another name."""
    text = path.read_text("utf-8")
    assert text.count(f",{FIRST.name},") == 1
    path.write_text(text.replace(f",{FIRST.name},", f",{name},"), "utf-8")


def test_in_force_from_the_start():
    assert "624 项" in run("check")
    assert json.loads(run("check", "--json"))["expected"] == 624


@pytest.mark.parametrize("ending", [".xlsx", ".zip", ".csv"])
def test_what_is_exported_is_imported_without_a_difference(tmp_path, ending):
    said = json.loads(run("import", exported(tmp_path, ending), "--json"))
    assert (said["added"], said["removed"], said["changed"], said["errors"]) == ([], [], [], [])
    assert said["applied"] is False


def test_the_same_list_is_the_same_bytes(tmp_path):
    assert exported(tmp_path, ".xlsx").read_bytes() == exported(tmp_path, ".xlsx").read_bytes()


def test_dry_by_default_then_applied_and_the_old_one_is_kept(tmp_path):
    path = exported(tmp_path, ".csv")
    with_name(path, "新的名称一")
    said = run("import", path)
    assert "变更1项" in said and "新的名称一" in said and "试运行" in said
    assert versions() == 0
    assert "已生效" in run("import", path, "--apply")
    with_name_again = path.read_text("utf-8").replace(",新的名称一,", ",新的名称二,")
    path.write_text(with_name_again, "utf-8")
    run("import", path, "--apply")
    with in_storage().read() as session:
        assert read_items(newest(session, ListKind.ITEMS)).items[0].name == "新的名称二"
        first = session.scalars(select(ListVersionRow).order_by(ListVersionRow.id)).first()
        assert read_items(first).items[0].name == "新的名称一"
        assert first.applied_by.startswith("cli:")


def test_one_fault_and_nothing_is_applied(tmp_path):
    path = exported(tmp_path, ".csv")
    lines = path.read_text("utf-8").splitlines()
    lines[5] = lines[5].replace(",personal,", ",everybody,").replace(",both,", ",everybody,")
    lines[5] = lines[5].replace(",enterprise,", ",everybody,")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    said = run("import", path, "--apply", code=1)
    assert "第6行 applicant" in said
    assert "已生效" not in said
    assert versions() == 0
    assert "第6行" in run("check", path, code=1)


def test_a_notice_is_put_in_force(tmp_path):
    path = tmp_path / "2027.csv"
    path.write_bytes(NOTICE_2027)
    assert "新公布年份：2027" in run("import", "--calendar", path)
    assert versions() == 0
    assert "已通知0件" in run("import", "--calendar", path, "--apply")
    with in_storage().read() as session:
        assert 2027 in read_calendar(newest(session, ListKind.CALENDAR)).official_years


def test_agreements_are_exported_edited_and_put_in_force(tmp_path):
    path = tmp_path / "agreements.csv"
    run("export", path, "--agreements")
    path.write_text(path.read_text("utf-8") + "chuanyu,511602,*,*,,,,,,yes\n", "utf-8")
    assert "新增1份" in run("import", path, "--agreements", "--apply")
    assert json.loads(run("check", "--json"))["confirmed"] == 1


def test_both_lists_at_once_are_not_one_import(tmp_path):
    run("import", exported(tmp_path, ".csv"), "--agreements", "--calendar", code=2)


def test_one_form_is_exported_edited_and_put_in_force_with_the_diff_first(tmp_path):
    path = tmp_path / "YZ-MPS-005.json"
    run("export", path)
    assert json.loads(run("import", path, "--json"))["changed"][0]["old"] == "通用表单"
    definition = json.loads(path.read_text("utf-8"))
    definition["sections"][0]["fields"][0]["label"] = "挂失说明"
    path.write_text(json.dumps(definition), "utf-8")
    assert "~ YZ-MPS-005 居民身份证挂失申报 form：通用表单 → 专用表单" in run("import", path, "--apply")
    assert json.loads(run("import", path, "--json"))["summary"] == "新增0项，删除0项，变更0项（0处）。"
    definition["sections"][0]["fields"][0]["label"] = "挂" * 17
    path.write_text(json.dumps(definition), "utf-8")
    assert "YZ-MPS-005.json YZ-MPS-005 sections.0.fields.reason.label：最多16个字" in run("import", path, code=1)


def test_a_form_of_an_item_that_is_unknown(tmp_path):
    refused = CliRunner().invoke(catalog.app, ["export", str(tmp_path / "YZ-NOPE-1.json")]).exception
    assert isinstance(refused, BadInput) and "没有这个编码：YZ-NOPE-1" in refused.sentence
