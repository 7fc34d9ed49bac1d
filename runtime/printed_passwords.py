"""Passwords that this project has printed (演示密码): outside the sandbox nobody starts while an account has one.

A database that was tried first keeps its demo users; the login refuses such a password by itself
(`web.security.session`), and here is said whose they are.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from os import cpu_count
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import Misconfigured
from runtime.settings import Settings
from storage.base import Database
from storage.people.passwords import is_printed
from storage.people.users import unvetted

REMEDY: Final = "运行 kuayu user disable {names}（停用），或对每个账号运行 kuayu user passwd 用户名（换密码）"

log = structlog.get_logger(__name__)

_is_printed = lru_cache(10_000)(is_printed)
"""A hash is looked at once: the demo users share one, and whoever has logged in outside the sandbox is vetted."""


def with_printed_password(database: Database) -> list[str]:
    """The accounts that may log in and have such a password, by name. Reads only.

    Raises:
        SQLAlchemyError: the database is away, or not of today's form.
    """
    with database.read() as session:
        asked = unvetted(session)
    hashes = sorted(set(asked.values()))
    with ThreadPoolExecutor(cpu_count()) as threads:
        printed = dict(zip(hashes, threads.map(_is_printed, hashes), strict=True))
    return sorted(name for name, stored in asked.items() if printed[stored])


def refuse_printed_passwords(settings: Settings, database: Database) -> None:
    """Nothing in the sandbox, or where no account has such a password.

    A database that can't be asked is no reason to stay down: the login refuses them too.

    Raises:
        Misconfigured: accounts have one; the sentence names them and the command that mends it.
    """
    if settings.sandbox:
        return
    try:
        names = with_printed_password(database)
    except SQLAlchemyError as fault:
        log.warning("accounts_not_looked_at", fault=type(fault).__name__)
        return
    if names:
        remedy = REMEDY.format(names=" ".join(names))
        whose = "、".join(names)
        raise Misconfigured(f"不能启动：SANDBOX=0，但这些账号还在用公开的演示密码：{whose}。请先{remedy}。")
