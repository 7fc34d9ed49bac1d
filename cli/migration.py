"""What has to be in place before the first request: tables, catalogue, couriers, demo users."""

from collections.abc import Iterator

from catalog.items import load
from domain.terms import Role
from relay.outlet_book import seed_couriers
from runtime.components import parts_of
from runtime.settings import Settings
from storage.migrating import migrate
from storage.people import put_user

DEMO_PASSWORD = "demo"  # noqa: S105 — printed in the README, only with the sandbox


def run_migration(settings: Settings) -> Iterator[str]:
    """Idempotent; a line per thing done."""
    parts = parts_of(settings)
    migrate(parts.database.engine)
    yield "database: newest form"
    yield f"catalogue: {len(load().items)} items"
    with parts.database.write() as session:
        seed_couriers(session)
        if settings.demo_users:
            for role in Role:
                put_user(session, role.value, role, DEMO_PASSWORD)
    if settings.demo_users:
        yield "demo users: " + ", ".join(Role)
    parts.database.close()
