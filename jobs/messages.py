"""Messages to applicants: what waits in the outbox, sent now and then."""

import asyncio

from messaging.sender import MessageSender


class MessagesJob:
    """The job `messages`: one turn of the sender."""

    def __init__(self, sender: MessageSender) -> None:
        self._sender = sender

    async def send_messages(self) -> None:
        """Send what is due."""
        await asyncio.to_thread(self._sender.send_due)
