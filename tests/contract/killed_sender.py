"""A sender as a process of its own, to be killed: `python -m tests.contract.killed_sender DATABASE_URL GATEWAY_URL`."""

import sys
import time
from datetime import UTC, datetime, timedelta

from messaging.quiet_hours import QuietHours
from messaging.sender import MessageSender
from messaging.sms_gateway import SmsGateway
from storage.base import Database
from tests.unit.storage.casework import SEALER

KEY = "sms-sandbox-key"


def now() -> datetime:
    return datetime.now(UTC)


def sender(database: Database, gateway: str, ahead: timedelta = timedelta(0)) -> MessageSender:
    """`ahead`: the clock of the sender runs ahead, so that no pause is waited for."""
    channel = SmsGateway(f"{gateway}/sms/v1", "cqyz", KEY, now)
    none = QuietHours(datetime.min.time(), datetime.min.time())
    return MessageSender(database, SEALER, channel, lambda: now() + ahead, none)


if __name__ == "__main__":
    mine = sender(Database(sys.argv[1], SEALER), sys.argv[2])
    while True:
        mine.send_due()
        time.sleep(0.001)
