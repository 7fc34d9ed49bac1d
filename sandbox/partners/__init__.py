"""The played networks, one module each, found by name so that one can be taken away without the others noticing.

A module has `setup(engine: Engine, kuayu_url: str) -> fastapi.APIRouter`; it registers its `Transport` there.
"""

from importlib import import_module
from importlib.util import find_spec

from fastapi import APIRouter

from sandbox.case import PartnerName
from sandbox.engine import Engine

ALL_NETWORKS: tuple[PartnerName, ...] = ("sichuan", "southwest", "interprovincial")


def set_up(engine: Engine, kuayu_url: str, names: tuple[PartnerName, ...] = ALL_NETWORKS) -> list[APIRouter]:
    """The routes of each network that is there."""
    found = [f"{__name__}.{name}" for name in names if find_spec(f"{__name__}.{name}")]
    return [import_module(module).setup(engine, kuayu_url) for module in found]
