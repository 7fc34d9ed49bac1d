"""What has to be in place before the first request: tables, units, catalogue, couriers, demo users."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.orm import Session

from catalog.items import load
from catalog.model import ServiceItem
from cli.older_keys import give_keys
from domain.errors import Misconfigured
from domain.terms import Role
from domain.units import FIRST_UNIT
from parcels.outlets import seed_couriers
from parcels.units import seed_units
from runtime.container import container_of
from runtime.private_files import make_private
from runtime.settings import Settings
from storage.catalogue import ListKind, newest, read_items
from storage.migrating import migrate
from storage.people.accounts import without_place
from storage.people.passwords import hashed
from storage.people.users import put_user
from web.api.faces import give_faces

_TWICE = (Role.SUPERVISOR, Role.OFFICER, Role.OUTLET, Role.COURIER)
DEMO_PEOPLE: Final = {role.value: role for role in Role} | {f"{role}2": role for role in _TWICE}
"""User name → role: one of each role, and a second one of those of which two decide together or hand over.

Outlet and courier stand in the post as a whole, and the courier is none in particular: so each acts for every outlet.
"""
DEMO_PASSWORD = "demo"  # noqa: S105 — printed in the README, only with the sandbox


def run_migration(settings: Settings) -> Iterator[str]:
    """Bring tables, units, couriers, demo users (DEMO_USERS=1) into place; a line per thing done. Safe to repeat.

    Nothing is done before the lines are asked for.
    """
    closed = make_private(settings.data_dir)  # first: SQLite gives its journal the rights that the database has
    parts = container_of(settings)
    migrate(parts.database.engine)
    yield "database: newest form"
    if closed:
        yield f"files: {closed} that others could open are ours alone now"
    if given := give_faces(parts):
        yield f"lists: masked names for {given} older cases"
    if kept := give_keys(parts):
        yield f"applicants: codes as they were printed for {kept} older cases"
    yield f"catalogue: {len(load().items)} items"
    demo = hashed(DEMO_PASSWORD) if settings.demo_users else None  # one for all: known anyway, and the start is quick
    with parts.database.write() as session:
        new = seed_units(session, _items(session))
        seed_couriers(session)
        if demo is not None:
            for username, role in DEMO_PEOPLE.items():
                put_user(session, username, role, demo, FIRST_UNIT[role])
        nowhere = [] if settings.sandbox else without_place(session)
    if new:
        yield f"units: {', '.join(new)} are new"
    if nowhere:
        yield f"accounts: nothing is opened to {', '.join(nowhere)} (kuayu user unit NAME UNIT [--courier ID])"
    if settings.demo_users:
        yield "demo users: " + ", ".join(DEMO_PEOPLE)
    parts.database.close()


def _items(session: Session) -> tuple[ServiceItem, ...]:
    """Of the list in force; the bundled one where that can't be read, which is said where it is used."""
    try:
        return read_items(newest(session, ListKind.ITEMS)).items
    except Misconfigured:
        return load().items
