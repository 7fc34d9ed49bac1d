"""Under which names we answer (Host): another one is a mistake, or a page elsewhere that points its name at us."""

from collections.abc import Callable
from urllib.parse import urlsplit

from runtime.edge_settings import ANY_HOST, hosts
from runtime.settings import Settings

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 – compared, not bound

Knows = Callable[[str], bool]
"""Whether a `Host` header, with or without port, names us."""


def known_names(settings: Settings) -> Knows:
    """What EDGE_HOSTS says, or what can be known without it (its description has the rule)."""
    told = hosts(settings.edge.hosts)
    if not told:
        public = urlsplit(settings.public_url).hostname
        if settings.host in _EVERYWHERE and public is None:
            told = (ANY_HOST,)
        else:
            told = (*_THIS_MACHINE, settings.host.lower(), *([public] if public else []))
    if ANY_HOST in told:
        return lambda _host: True
    exact = frozenset(name.strip("[]") for name in told if not name.startswith("*."))
    below = tuple(name[1:] for name in told if name.startswith("*."))

    def knows(host: str) -> bool:
        name = bare(host)
        return name in exact or bool(below and name.endswith(below))

    return knows


def bare(host: str) -> str:
    """The name alone, in lower case: without port, brackets and a dot at the end."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    name, colon, port = name.partition(":")
    return name.rstrip(".") if not colon or port.isdecimal() else ""
