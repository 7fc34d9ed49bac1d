"""What the played national gateway has agreed with us, and how it behaves; the published test values."""

from dataclasses import dataclass, field


@dataclass
class Terms:
    """Ids, keys and windows. `lease_s` is shorter than the contract's 600 s, so that a demo sees redelivery."""

    paasid: str = "cqyz"
    tokens: list[str] = field(default_factory=lambda: ["TOKEN"])
    sid: str = "s_1"
    rid: str = "r_1"
    app_keys: list[str] = field(default_factory=lambda: ["fedcba9876543210fedcba9876543210"])
    registration_code: str = "CQYZ0001"
    unit: str = "500103000000"
    unknown_items: list[str] = field(default_factory=list)
    gateway_window_s: float = 180
    package_window_s: float = 600
    nonce_memory_s: float = 600
    secret_s: float = 3600
    lease_s: float = 5
