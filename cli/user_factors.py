"""`kuayu user factors` and `kuayu user certificate`: second factors and certificates of accounts, from the server."""

from pathlib import Path
from typing import Annotated

import typer

from cli.acting import acting
from domain.errors import BadInput, Misconfigured
from partners.certificates.port import CertificateRefused
from partners.certificates.sm2_login import Sm2Certificates
from runtime.container import container_of, now
from runtime.settings import Settings, load_settings
from storage.people.certificates import bind, release
from storage.people.factors import factors_of, reset_factors
from storage.people.one_time import recovery_codes_left
from storage.people.security_keys import keys_of
from storage.people.session_list import end_sessions
from storage.people.users import UserRow

Name = Annotated[str, typer.Argument(help="用户名", metavar="用户名")]


def factors(
    username: Name,
    reset: Annotated[bool, typer.Option("--reset", help="全部解除，并结束他的登录；先当面核实本人")] = False,
) -> None:
    """What second factors an account has; with `--reset` none any more, and its sessions end."""
    settings = load_settings()
    parts = acting(settings, "kuayu user factors", username) if reset else container_of(settings)
    if not reset:
        with parts.database.read() as session:
            has, keys = factors_of(session, username), keys_of(session, username)
            left = recovery_codes_left(session, username)
        typer.echo(f"手机验证码：{'有' if has.app else '无'}；安全密钥：{len(keys)}把；恢复码：{left}个")
        return
    with parts.database.write() as session:
        if session.get(UserRow, username) is None:
            raise BadInput(f"没有账号 {username}")
        reset_factors(session, username)
        end_sessions(session, username)
    typer.echo(f"{username} 的第二因素已全部解除，登录已结束；必须有第二因素的岗位下次登录时重新绑定。")


def certificate(
    username: Name,
    file: Annotated[Path | None, typer.Argument(help="证书文件（PEM 或 DER）", metavar="[文件]")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="解除这个账号的全部证书")] = False,
) -> None:
    """Bind a certificate to an account, so that its key logs in; or take all of them away, and its sessions end."""
    if (file is None) != remove:
        typer.echo("请给出证书文件，或者 --remove", err=True)
        raise typer.Exit(2)
    settings = load_settings()
    parts = acting(settings, "kuayu user certificate", username)
    if file is None:
        with parts.database.write() as session:
            count = release(session, username)
            end_sessions(session, username)  # who found the key may be in by it
        typer.echo(f"{username} 的证书已解除：{count}张，登录已结束")
        return
    shown = _judge(settings, file)
    with parts.database.write() as session:
        if session.get(UserRow, username) is None:
            raise BadInput(f"没有账号 {username}")
        if not bind(session, username, shown[0], shown[1], now()):
            raise BadInput("这张证书已绑定在别的账号上")
    typer.echo(f"已绑定：{username}，证书 SM3 {shown[1][:16]}…")


def _judge(settings: Settings, file: Path) -> tuple[str, str]:
    """Id and fingerprint of a certificate that would be let in today."""
    if settings.certificate.ca is None:
        raise Misconfigured("CERTIFICATE_CA 未设置：没有人能用证书登录")
    judge = Sm2Certificates(settings.certificate.ca, settings.certificate.crl)
    try:
        content = file.read_bytes()
        judge.check_certificate(content, now())
        return judge.presented(content)
    except CertificateRefused as refused:
        raise BadInput(f"证书不能用于登录：{refused.reason}") from refused
    except OSError as fault:
        raise BadInput(f"读不到证书文件：{fault.strerror}") from fault
