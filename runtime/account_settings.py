"""Settings of accounts and their sessions."""

from datetime import timedelta
from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict, Field

from domain.people import Idle


class AccountSettings(BaseModel):
    """How long a session holds while nobody is seen in it; none is longer than ten hours."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    idle_minutes: int = Field(30, ge=5, le=600, description="minutes without a request after which a session ends")
    field_idle_minutes: int = Field(
        600, ge=5, le=600, description="the same for outlets and couriers, whose devices may be without a network"
    )

    @property
    def idle(self) -> Idle:
        """The same as times."""
        return Idle(timedelta(minutes=self.idle_minutes), timedelta(minutes=self.field_idle_minutes))


def check_demo_host(host: str) -> None:
    """Nothing where the web process listens on this machine alone.

    Raises:
        ValueError: others reach it, and the password of the demo users is printed.
    """
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host.lower() == "localhost"
    if not is_here:
        raise ValueError(
            "DEMO_USERS=1 with a HOST that others reach lets everybody in, their password is public: "
            "HOST=127.0.0.1, or DEMO_USERS=0, or DEMO_USERS_ANYWHERE=1 if it is meant"
        )
