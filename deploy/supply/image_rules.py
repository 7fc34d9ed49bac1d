"""What an image and its containers must be: rules over deploy/Dockerfile, .dockerignore and docker-compose.yml.

Our own and small, because the linters for this are programs of other languages that a closed network would have to
fetch beside the lock file. Each rule yields a line per fault; nothing is started.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Service = Mapping[str, Any]
Exceptions = Mapping[str, Mapping[str, str]]
"""Service → rule → why it need not."""

_CONTINUED = re.compile(r"\\\n\s*")
_REFERENCE = re.compile(r"(?P<name>[a-z0-9][\w./-]*):(?P<tag>[\w.-]+)(?:@sha256:[0-9a-f]{64})?")
_EXACT = re.compile(r"v?[0-9]+\.[0-9]+")
_SECRET = re.compile(r"PASS(WORD|WD)?\b|PWD\b|SECRET|TOKEN|CREDENTIAL|PRIVATE|_KEYS?\b", re.IGNORECASE)
_FROM_OUTSIDE = re.compile(r"\$\{[A-Z0-9_]+(:\?[^}]*)?\}")
_KEPT_OUT: Final = {".env", ".git", ".venv", ".data", "tests", "bench", "docs", "build"}
_EXEC_FORM: Final = ("CMD", "ENTRYPOINT")


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """(Instruction, its words) in order; comments left out, continued lines joined."""
    plain = "\n".join(line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    lines = _CONTINUED.sub(" ", plain).splitlines()
    return [(word.upper(), rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines)]


def bases(dockerfile: str) -> list[str]:
    """The images that stages start from, stages of its own left out, in order and as they stand."""
    froms = [rest.split() for word, rest in instructions(dockerfile) if word == "FROM"]
    own = {words[2] for words in froms if len(words) == 3}
    return [words[0] for words in froms if words[0] not in own]


def images_of(compose: Mapping[str, Any]) -> list[str]:
    """The images that services take from others, once each, by name."""
    return sorted({one["image"] for one in compose["services"].values() if "build" not in one})


def unpinned(reference: str) -> str | None:
    """What is wrong with an image's reference: it needs a tag with two numbers at least. None: nothing."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return f"{reference}: no tag, or not one that stands for itself"
    return None if _EXACT.match(found["tag"]) else f"{reference}: the tag moves; name a version"


def dockerfile_faults(dockerfile: str) -> Iterator[str]:
    """Everything in a Dockerfile that is against the rules."""
    yield from (fault for fault in map(unpinned, bases(dockerfile)) if fault)
    steps = instructions(dockerfile)
    starts = [place for place, (word, _) in enumerate(steps) if word == "FROM"]
    if len(starts) < 2:
        yield "one stage: what builds the image would stay in it"
    last = steps[starts[-1] :] if starts else steps
    users = [rest for word, rest in last if word == "USER"]
    if not users or not re.fullmatch(r"[1-9][0-9]*(:[1-9][0-9]*)?", users[-1]):
        yield "USER: the last stage must end as a number that is not 0, so that whoever starts it can see that"
    if not any(word == "HEALTHCHECK" for word, _ in last):
        yield "HEALTHCHECK: nothing says whether it works"
    for word, rest in steps:
        yield from _step_faults(word, rest)
    if any(word == "RUN" and re.search(r"\bpip install\b|\bapt-get install\b", rest) for word, rest in last):
        yield "the last stage installs: do that in a stage before it"


def _step_faults(word: str, rest: str) -> Iterator[str]:
    if word == "ADD":
        yield f"ADD {rest}: it unpacks and fetches; use COPY"
    if word in ("ENV", "ARG") and _SECRET.search(rest):
        yield f"{word} {rest.split('=')[0]}: a secret would stay in a layer"
    if word in _EXEC_FORM and not rest.startswith("["):
        yield f"{word} {rest}: a shell would stand between it and its signals"
    if word == "COPY" and re.search(r"(^|[\s/])\.env\b|\bid_rsa\b|\.pem\b", rest):
        yield f"COPY {rest}: a secret would stay in a layer"
    for command in re.findall(r"pip install[^&|;]*", rest) if word == "RUN" else ():
        if unhashed(command):
            yield f"RUN {command.strip()}: nothing proves what is installed"
        if "--no-cache-dir" not in command:
            yield f"RUN {command.strip()}: its cache would stay in the layer"
    if word == "RUN" and re.search(r"\b(curl|wget)\b|\bsudo\b", rest):
        yield f"RUN {rest}: fetches or rises by itself"


def unhashed(command: str) -> bool:
    """Whether a `pip install …` could install what no hash stands for."""
    return "--require-hashes" not in command and "--no-index" not in command


def ignore_faults(dockerignore: str) -> Iterator[str]:
    """A .dockerignore leaves out everything and names what comes in, and nothing of that is secret or not needed."""
    lines = [line.strip() for line in dockerignore.splitlines() if line.strip() and not line.startswith("#")]
    if not lines or lines[0] != "*":
        yield ".dockerignore: must begin with * and name what comes in"
    yield from (f".dockerignore: lets {line[1:]} in" for line in lines if line[:1] == "!" and line[1:] in _KEPT_OUT)


def compose_faults(compose: Mapping[str, Any], excepted: Exceptions) -> Iterator[str]:
    """Everything in a compose file that is against the rules, and every exception that excepts nothing."""
    for name, service in compose["services"].items():
        found = dict(_service_faults(service))
        mine = excepted.get(name, {})
        yield from (f"{name}: {line}" for rule, line in found.items() if rule not in mine)
        yield from (f"images.toml: {name} is excepted from {rule} for nothing" for rule in mine if rule not in found)
    yield from (f"images.toml: there is no service {name}" for name in excepted if name not in compose["services"])


def _service_faults(service: Service) -> Iterator[tuple[str, str]]:
    if "build" not in service and (fault := unpinned(service["image"])):
        yield "image", fault
    if str(service.get("user", "0")).split(":")[0] in ("0", "root"):
        yield "user", "runs as root, or as whoever its image says"
    if service.get("cap_drop") != ["ALL"]:
        yield "cap_drop", "keeps capabilities: cap_drop: [ALL], then cap_add what it needs"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "no_new_privileges", "may gain privileges: security_opt: no-new-privileges:true"
    if service.get("read_only") is not True:
        yield "read_only", "its root file system can be written"
    if service.get("healthcheck", {"disable": True}).get("disable"):
        yield "healthcheck", "nothing says whether it works"
    if service.get("privileged") or "host" in (service.get("network_mode"), service.get("pid"), service.get("ipc")):
        yield "apart", "is not kept apart from its host"
    if any("docker.sock" in mount or mount.startswith("/") for mount in service.get("volumes", [])):
        yield "volumes", "sees folders of its host by their place"
    environment = service.get("environment", {})
    open_ones = [key for key, value in environment.items() if _SECRET.search(key) and not _outside(str(value))]
    if open_ones:
        yield "secrets", f"{', '.join(open_ones)}: written down; take it from the environment, without a default"
    if any(not str(port).startswith("127.0.0.1:") and "8000" not in str(port) for port in service.get("ports", [])):
        yield "ports", "is open to other machines; only the web process may be"


def _outside(value: str) -> bool:
    return bool(_FROM_OUTSIDE.fullmatch(value))
