"""The pace of polling a network, which our commands to it wake up."""

from datetime import datetime

from domain.terms import Partner
from partners.pace import PollPace
from storage.base import Database
from storage.exchange.outbox import last_rendered


def pace_of(partner: Partner, database: Database, base_s: float, most_s: float, quiet_s: float | None) -> PollPace:
    """A fresh pace for this network; seconds as `PollPace` has them."""

    def last_said() -> datetime | None:
        with database.read() as session:
            return last_rendered(session, partner)

    return PollPace(base_s, most_s, quiet_s=quiet_s, last_said=last_said)
