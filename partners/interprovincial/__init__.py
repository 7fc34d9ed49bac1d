"""Contract C, 跨省通办: SOAP/XML through the national gateway, sealed with HMAC-SM3, notices polled."""

from partners.interprovincial.adapter import Confirmed, Fetched, InterprovincialAdapter
from partners.interprovincial.inbound import Notice, Unreadable
from partners.interprovincial.settings import InterprovincialSettings

__all__ = ["Confirmed", "Fetched", "InterprovincialAdapter", "InterprovincialSettings", "Notice", "Unreadable"]
