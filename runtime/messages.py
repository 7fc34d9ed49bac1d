"""How messages to applicants are wired: the channel and the quiet hours, from the SMS_ settings."""

from collections.abc import Callable
from datetime import datetime, time

from messaging.channel import Channel
from messaging.quiet_hours import QuietHours
from messaging.sender import MessageSender
from messaging.sms_gateway import SmsGateway
from runtime.container import Container
from runtime.settings import Settings


def channel_of(settings: Settings, now: Callable[[], datetime]) -> Channel | None:
    """The gateway at SMS_BASE_URL; None where none is set, so that what must be known goes on paper."""
    sms = settings.sms
    if sms.base_url is None:
        return None
    return SmsGateway(sms.base_url, sms.account, sms.key.get_secret_value(), now)


def message_sender(container: Container, now: Callable[[], datetime]) -> MessageSender:
    """The sender of what waits in the outbox."""
    sms = container.settings.sms
    quiet = QuietHours(time(sms.quiet_from_hour), time(sms.quiet_to_hour))
    return MessageSender(container.database, container.sealer, channel_of(container.settings, now), now, quiet)
