"""What has to be in place before the first request: tables, catalogue, couriers, demo users."""

from collections.abc import Iterator

from catalog.items import load
from cli.older_keys import give_keys
from domain.terms import Role
from parcels.outlets import seed_couriers
from runtime.container import container_of
from runtime.settings import Settings
from storage.migrating import migrate
from storage.people.passwords import hashed
from storage.people.users import put_user
from web.api.faces import give_faces

DEMO_PASSWORD = "demo"  # noqa: S105 — printed in the README, only with the sandbox


def run_migration(settings: Settings) -> Iterator[str]:
    """Bring tables, couriers and demo users (DEMO_USERS=1) into place; yields a line per thing done. Safe to repeat.

    Nothing is done before the lines are asked for.
    """
    parts = container_of(settings)
    migrate(parts.database.engine)
    yield "database: newest form"
    if given := give_faces(parts):
        yield f"lists: masked names for {given} older cases"
    if kept := give_keys(parts):
        yield f"applicants: codes as they were printed for {kept} older cases"
    yield f"catalogue: {len(load().items)} items"
    demo = hashed(DEMO_PASSWORD) if settings.demo_users else None  # one for all: known anyway, and the start is quick
    with parts.database.write() as session:
        seed_couriers(session)
        if demo is not None:
            for role in Role:
                put_user(session, role.value, role, demo)
    if settings.demo_users:
        yield "demo users: " + ", ".join(Role)
    parts.database.close()
