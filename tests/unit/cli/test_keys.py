"""`kuayu keys …`: from a fresh pair to an old key that is really gone."""

import json
from datetime import date

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli import keys as command
from cli.key_report import report_of, told
from cli.main import app
from demo.scans import SCAN
from domain.errors import Misconfigured
from runtime.codec_lifetime import Stay, stays_of
from runtime.container import container_of
from runtime.key_files import sandbox_keys
from runtime.settings import load_settings, places_of
from storage.audit.chain import AuditRow
from storage.base import Base
from storage.cases.rows import CaseRow, read_dossier
from storage.documents.uploads import note_upload
from storage.sealing import Sealer
from tests.borders import nobodys_ports
from tests.unit.storage.casework import CASE, NOW, give_case


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "PORT", "TIME_SCALE", "SEAL_KEYS", "CODEC_KEYS", "MARK_KEYS"):
        monkeypatch.delenv(name, raising=False)
    for name, port in nobodys_ports().items():
        monkeypatch.setenv(name.upper(), str(port))
    monkeypatch.setenv("SANDBOX", "1")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["keys", *args], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def filled():
    """A case that has no key of its own yet, and a document, under the first key there is."""
    parts = container_of(load_settings())
    Base.metadata.create_all(parts.database.engine)
    with parts.database.write() as session:
        give_case(session, CASE)
        case = session.get_one(CaseRow, CASE)
        case.dossier = parts.sealer.seal(Sealer({"s1": b"k" * 32}).open(case.dossier, f"case/{CASE}"), f"case/{CASE}")
        scan = parts.documents.admit(SCAN)
        parts.documents.put(session, scan, NOW)
        session.flush()
        note_upload(session, scan.sha256, "clerk", now=NOW, expires_at=NOW)
    parts.database.close()


def kids(name="seal_keys"):
    return [key.kid for key in getattr(load_settings(), name).keys]


def listed():
    return json.loads(run("list", "--json"))


def drop_last_seal_key(folder):
    """What the operator does in the file."""
    path = folder / "data" / "keys.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"SEAL_KEYS": kept["SEAL_KEYS"].rpartition(",")[0]}))


def test_new_keys_as_lines_are_settings(folder, monkeypatch):
    (folder / ".env").write_text(run("new", "--sm4"))
    settings = load_settings()
    assert settings.seal_keys.current.algorithm == "SM4-GCM"
    assert settings.mark_keys is not None
    assert kids() == kids() != []
    assert run("new") != run("new")


def test_new_keys_in_a_file_are_ours_alone_and_never_overwritten(folder):
    said = run("new", "--file", "own.keys")
    assert (folder / "own.keys").stat().st_mode & 0o777 == 0o600
    assert "base64" not in said and "SEAL_KEYS_FILE=" in said
    (folder / ".env").write_text("\n".join(line for line in said.splitlines() if "_FILE=" in line))
    assert kids()[0].startswith("s-")
    with pytest.raises(Misconfigured, match="never overwritten"):
        run("new", "--file", "own.keys")


def test_the_list_says_what_each_key_is_for_and_never_a_key(folder):
    filled()
    said, [line] = run("list"), listed()["seal"]
    assert line["held"] == {"case_file.dossier": 1, "document_upload.key": 1}
    assert (line["first"], line["known"], line["algorithm"]) == (True, True, "AES-256-GCM")
    for ring in sandbox_keys(folder / "data").values():
        assert ring.partition(":")[2] not in said + json.dumps(line)
    assert "封新资料；已封 2 项（case_file.dossier 1，document_upload.key 1）" in said


def test_from_an_old_key_to_none(folder):
    filled()
    [old] = kids()
    said = run("rotate")
    assert f"SEAL_KEYS 已写入 {folder / 'data' / 'keys.json'}" in said and "keys reseal" in said
    assert kids()[1] == old and len(kids("codec_keys")) == 2
    assert [line["held"] for line in listed()["seal"]] == [{}, {"case_file.dossier": 1, "document_upload.key": 1}]
    assert "还封着 2 项，运行 kuayu keys reseal" in run("list")
    said = run("reseal", "--batch", "1")
    assert "1 个办件有了自己的密钥" in said
    assert "case_file.dossier 1/1" in said and "重封 2 项" in said and "已核对" in said
    assert "重封 0 项" in run("reseal")
    assert "没有资料用它，可以去掉" in run("list")
    drop_last_seal_key(folder)
    assert old not in kids()
    parts = container_of(load_settings())
    with parts.database.read() as session:
        assert read_dossier(session.get_one(CaseRow, CASE), parts.sealer).applicant.name == "王秀兰"
        names = session.scalars(select(AuditRow.action)).all()
    assert names == ["kuayu keys reseal"] * 2
    parts.database.close()
    assert {line["known"] for line in listed()["seal"]} == {True}
    assert (listed()["cases"], listed()["files"]) == (1, 1)
    assert "已封 1 项资料、1 份文件" in run("list")


def test_a_key_that_was_taken_away_too_early_is_named(folder):
    filled()
    [old] = kids()
    run("rotate", "--only", "SEAL_KEYS")
    drop_last_seal_key(folder)
    said = run("list", code=1)
    assert f"{old}  不在 SEAL_KEYS 里  有 2 项只有它能解开，请找回这把钥" in said
    with pytest.raises(Misconfigured, match=old):
        run("reseal")


def test_a_process_that_still_seals_with_the_old_key_is_said(folder, monkeypatch):
    filled()
    run("rotate", "--only", "SEAL_KEYS")
    monkeypatch.setattr(command, "reseal", lambda *_, **__: 0)  # as if they came right after
    assert "还有 2 项：有进程还在用它封" in run("reseal", code=1)


def test_reseal_refuses_what_makes_no_sense(folder):
    filled()
    with pytest.raises(Misconfigured, match="SEAL_KEYS 里没有 nobody"):
        run("reseal", "--kid", "nobody")
    with pytest.raises(Misconfigured, match="先运行 kuayu keys rotate"):
        run("reseal", "--kid", kids()[0])


def test_keys_from_the_environment_are_printed_to_be_put_in_place(folder, monkeypatch):
    lines = dict(line.split("=", 1) for line in run("new").splitlines() if "=" in line)
    for name in ("SEAL_KEYS", "CODEC_KEYS"):
        monkeypatch.setenv(name, lines[name])
    monkeypatch.setenv("SEAL_KEYS_FILE", "")
    said = run("rotate", "--only", "SEAL_KEYS", "--behind")
    [line] = [line for line in said.splitlines() if line.startswith("SEAL_KEYS=")]
    assert line.startswith(f"SEAL_KEYS={lines['SEAL_KEYS']},s-")
    assert not (folder / ".env").exists()
    assert places_of()[0]["seal_keys"] == lines["SEAL_KEYS"]


def test_an_installation_without_marks_gets_them(folder):
    path = folder / "data" / "keys.json"
    kept = sandbox_keys(folder / "data")
    path.write_text(json.dumps({name: kept[name] for name in ("SEAL_KEYS", "CODEC_KEYS")}))
    filled()
    assert "先运行 kuayu keys marks" in run("list")
    run("rotate", "--only", "CODEC_KEYS")
    assert "MARK_KEYS" not in json.loads(path.read_text())
    run("marks")
    assert "root:" in json.loads(path.read_text())["MARK_KEYS"]
    assert "已经设置" in run("marks")
    assert "先运行 kuayu keys marks" not in run("list")


async def test_how_long_a_codec_key_stays_is_said_where_temporal_is_away(folder):
    run_rotated = CliRunner().invoke(app, ["keys", "rotate", "--only", "CODEC_KEYS"])
    assert run_rotated.exit_code == 0
    settings = load_settings()
    today = NOW.date()
    [stay] = await stays_of(settings, today)
    assert (stay.kid, stay.until, stay.running) == (settings.codec_keys.keys[1].kid, None, None)
    said = list(told(report_of(settings, {}, [stay]), today))
    assert any("说不出何时可以去掉" in line for line in said)


@pytest.mark.parametrize(
    ("until", "running", "words"),
    [
        ("2026-12-31", 3, "那时开始的流程还有 3 个没有结束，最早 2026-12-31 以后才可以去掉"),
        ("2026-12-31", 0, "保留到 2026-12-31，之后可以去掉"),
        ("2026-11-01", 0, "已经没有历史用它，可以去掉"),
    ],
)
def test_how_long_a_codec_key_stays_in_words(folder, until, running, words):
    run("rotate", "--only", "CODEC_KEYS")
    settings = load_settings()
    stay = Stay(kid=settings.codec_keys.keys[1].kid, until=date.fromisoformat(until), running=running)
    assert any(words in line for line in told(report_of(settings, {}, [stay]), NOW.date()))
