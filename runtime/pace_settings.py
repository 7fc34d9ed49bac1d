"""How the worker and the relays pace themselves, and what is promised at doors."""

from pydantic import BaseModel, ConfigDict, Field

from runtime.partner_settings import Seconds


class WorkerSettings(BaseModel):
    """How the worker and the relays pace themselves."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    threads: int = Field(32, ge=1, description="activity threads of the worker")
    cached_workflows: int = Field(1000, ge=10, description="open workflows kept in memory; 3 per active case")
    sticky_timeout_s: Seconds = Field(1.5, description="seconds until another worker takes a dead one's case")
    shutdown_s: Seconds = Field(10, description="seconds that running activities get when the worker stops")
    relay_poll_s: Seconds = Field(0.5, description="seconds between looks for inbox rows and scans to relay")
    sweep_s: Seconds = Field(15, description="seconds between sweeps for cases that were not started")


class PromiseSettings(BaseModel):
    """The promise at the door; open promises keep the terms that they were made under."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pickup_minutes: int = Field(60, ge=0, le=1440, description="minutes to the door for a pickup; 0: no promise")
    delivery_minutes: int = Field(60, ge=0, le=1440, description="minutes to the door for a delivery; 0: no promise")
    warn_minutes: int = Field(15, ge=0, le=240, description="how long before its end a promise at risk is said")
    pause_cap_minutes: int = Field(30, ge=0, le=1440, description="how long one order's clock may be paused in all")
