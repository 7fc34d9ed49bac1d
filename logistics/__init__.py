"""Two-way delivery (双向寄递): outlets, parcels, the one-hour promise, and who goes where."""

from logistics.dispatch import DispatchCourier, Dispatcher, DispatchJob

__all__ = ["DispatchCourier", "DispatchJob", "Dispatcher"]
