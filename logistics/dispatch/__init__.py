"""Online dispatch of door pickups and deliveries (上门派单), courier.md §6."""

from logistics.dispatch.decision import Effort
from logistics.dispatch.dispatcher import Dispatcher
from logistics.dispatch.models import (
    CourierStanding,
    DispatchCourier,
    DispatchJob,
    DispatchStanding,
    JobStanding,
    UnknownCourierError,
    UnknownJobError,
)

__all__ = [
    "CourierStanding",
    "DispatchCourier",
    "DispatchJob",
    "DispatchStanding",
    "Dispatcher",
    "Effort",
    "JobStanding",
    "UnknownCourierError",
    "UnknownJobError",
]
