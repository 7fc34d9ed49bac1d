"""What every channel to a phone can do; an adapter speaks one provider's wire (短信通道)."""

from typing import Protocol


class Channel(Protocol):
    """A way to a phone. `name`: kept with each message, at most 16 characters."""

    @property
    def name(self) -> str:
        """How the channel is called in our books."""
        ...

    def send(self, message_id: str, to: str, text: str) -> None:
        """Hand a message to the provider; the same id again is the same message, however often it is handed over.

        `to`: a phone number in digits. Returns once the provider has taken it.

        Raises:
            ChannelUnavailable, ChannelRefused.
        """
        ...
