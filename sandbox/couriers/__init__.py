"""The postal side, played: a carrier's program and couriers who work over Kuayu's public HTTP.

A separate program. It imports nothing of Kuayu's and knows it only by its published interface, so that a
mistake in ours can't hide behind the same mistake here (decisions.md 17).
"""

from sandbox.couriers.app import Options, build, run

__all__ = ["Options", "build", "run"]
