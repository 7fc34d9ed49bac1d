"""西南五省通办: store and forward in signed batches over an exchange hub that never calls us (contracts.md B)."""

from partners.southwest.adapter import SouthwestAdapter
from partners.southwest.settings import PeerCertificate, SigningCertificate, SouthwestSettings
from partners.southwest.streams import CommandVerdict

__all__ = ["CommandVerdict", "PeerCertificate", "SigningCertificate", "SouthwestAdapter", "SouthwestSettings"]
