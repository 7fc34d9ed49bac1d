"""`kuayu user factors` and `kuayu user certificate`: what the server's operator does for who has lost everything."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.errors import KuayuError
from domain.one_time import code_at, step_of
from domain.terms import Role
from domain.units import FIRST_UNIT
from storage.audit.chain import AuditRow
from storage.people.certificates import UserCertificateRow
from storage.people.factors import factors_of
from storage.people.one_time import begin, confirm, keep_recovery_codes
from storage.people.passwords import hashed
from storage.people.sessions import open_session, who
from storage.people.users import password_of, put_user
from tests.sm2_authority import Authority

NOW = datetime.now(UTC)


@pytest.fixture
def parts(parts):
    with parts.database.write() as session:
        put_user(session, "wangmin", Role.CLERK, hashed("nine blue kettles"), FIRST_UNIT[Role.CLERK])
    return parts


def run(*words, code=0):
    result = CliRunner().invoke(app, ["user", *words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def refused(*words):
    result = CliRunner().invoke(app, ["user", *words])
    assert isinstance(result.exception, KuayuError), (result.output, result.exception)
    return result.exception.sentence


def test_factors_are_told_and_reset_with_the_sessions(parts):
    with parts.database.write() as session:
        secret = begin(session, parts.sealer, "wangmin")
        assert confirm(session, parts.sealer, "wangmin", code_at(secret, step_of(NOW)), NOW)
        keep_recovery_codes(session, "wangmin", ["a" * 64])
        stored = password_of(session, "wangmin")
        token = open_session(session, "wangmin", stored, None, NOW).token
    assert "手机验证码：有；安全密钥：0把；恢复码：1个" in run("factors", "wangmin")
    assert "全部解除" in run("factors", "wangmin", "--reset")
    with parts.database.read() as session:
        assert not factors_of(session, "wangmin").any
        assert who(session, token, NOW) is None
        entry = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert (entry.action, entry.subject) == ("kuayu user factors", "wangmin")
    assert refused("factors", "nobody", "--reset") == "没有账号 nobody"


def test_a_certificate_is_bound_where_it_would_be_let_in(parts, tmp_path, monkeypatch):
    authority = Authority(tmp_path / "sm2", "ours")
    mine = authority.issue("wangmin")
    assert "CERTIFICATE_CA" in refused("certificate", "wangmin", str(mine.file))
    monkeypatch.setenv("CERTIFICATE_CA", str(authority.file))
    stranger = Authority(tmp_path / "other", "ours").issue("stranger")
    assert "AUTHORITY" in refused("certificate", "wangmin", str(stranger.file))
    assert refused("certificate", "nobody", str(mine.file)) == "没有账号 nobody"
    assert "已绑定" in run("certificate", "wangmin", str(mine.file))
    with parts.database.write() as session:
        put_user(session, "liqiang", Role.CLERK, hashed("five red lanterns"), FIRST_UNIT[Role.CLERK])
    assert "别的账号" in refused("certificate", "liqiang", str(mine.file))
    run("certificate", "wangmin", code=2)
    with parts.database.write() as session:
        token = open_session(session, "wangmin", password_of(session, "wangmin"), None, NOW).token
    assert "1张，登录已结束" in run("certificate", "wangmin", "--remove")
    with parts.database.read() as session:
        assert session.scalars(select(UserCertificateRow)).all() == []
        assert who(session, token, NOW) is None, "whoever found the key may be in by it"
