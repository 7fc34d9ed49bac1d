"""川渝通办: REST, JSON, HMAC, pushed callbacks (contracts.md A)."""

from partners.sichuan.adapter import SichuanAdapter
from partners.sichuan.settings import KeysOn, SichuanSettings, SignAlgorithm

__all__ = ["KeysOn", "SichuanAdapter", "SichuanSettings", "SignAlgorithm"]
