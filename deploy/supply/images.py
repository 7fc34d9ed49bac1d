"""Digests of images: `python -m deploy.supply.images` checks, `fill` asks the registry and writes them down.

A tag may be moved by its owner, a digest can't. Digests are only ever what a registry answered: `fill` needs `docker`
and a registry, asks for every image of deploy/Dockerfile and docker-compose.yml, and writes `image:tag@sha256:…` into
both and into images.toml. Until then the exact tag is what pins an image, and the check says so.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.supply.image_rules import bases, compose_faults, dockerfile_faults, ignore_faults, images_of
from deploy.supply.inventory import HOUSE, Fault

_SETTINGS: Final = "deploy/supply/images.toml"
_FILES: Final = ("deploy/Dockerfile", "docker-compose.yml")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ASK_WITHIN_S: Final = 120

Ask = Callable[[str], str]
"""`image:tag` → `sha256:…`."""


def settings(house: Path) -> dict[str, Any]:
    """images.toml as it stands."""
    return tomllib.loads((house / _SETTINGS).read_text("utf-8"))


def compose_of(house: Path) -> dict[str, Any]:
    """docker-compose.yml as it stands."""
    read: dict[str, Any] = yaml.safe_load((house / "docker-compose.yml").read_text("utf-8"))
    return read


def references(house: Path) -> list[str]:
    """Every image of others that is named, as it stands, once each."""
    return sorted({*bases((house / _FILES[0]).read_text("utf-8")), *images_of(compose_of(house))})


def check(house: Path = HOUSE) -> tuple[list[str], list[str]]:
    """(What is wrong, what is to be known), a line each."""
    known = settings(house)
    digests: dict[str, str] = known["digests"]
    faults = list(dockerfile_faults((house / _FILES[0]).read_text("utf-8")))
    faults += ignore_faults((house / ".dockerignore").read_text("utf-8"))
    faults += compose_faults(compose_of(house), known.get("excepted", {}))
    named = references(house)
    for reference in named:
        tag, _, digest = reference.partition("@")
        if tag not in digests:
            faults.append(f"{_SETTINGS}: {tag} is missing")
        elif digests[tag] != digest:
            faults.append(f"{reference}: {_SETTINGS} says {digests[tag] or 'no digest'}: run make images")
    tags = {reference.partition("@")[0] for reference in named}
    faults += [f"{_SETTINGS}: {tag} is named nowhere" for tag in digests if tag not in tags]
    by_tag = [tag for tag in digests if not digests[tag]]
    note = f"images: {len(by_tag)} of {len(digests)} pinned by exact tag only; make images pins their digests"
    return faults, [note] if by_tag else []


def ask_docker(tag: str) -> str:
    """The digest that the registry has for `image:tag` now.

    Raises:
        Fault: there is no `docker`, or it could not ask, or answered with something else.
    """
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", tag]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Fault(f"{tag}: could not ask the registry: {fault}") from fault
    answer = done.stdout.strip()
    if done.returncode != 0 or not _DIGEST.fullmatch(answer):
        raise Fault(f"{tag}: the registry gave no digest: {(done.stderr or done.stdout).strip()[:200]}")
    return answer


def fill(house: Path = HOUSE, ask: Ask = ask_docker) -> list[str]:
    """Ask for every image, then write; the references as they now stand.

    Raises:
        Fault: one could not be asked for; nothing is written then.
    """
    found = {reference: ask(reference.partition("@")[0]) for reference in references(house)}
    texts = {name: (house / name).read_text("utf-8") for name in (*_FILES, _SETTINGS)}
    for reference, digest in found.items():
        tag = reference.partition("@")[0]
        for name in _FILES:
            texts[name] = re.sub(rf"{re.escape(reference)}(?![\w@.-])", f"{tag}@{digest}", texts[name])
        line = re.compile(rf'^"{re.escape(tag)}" = ".*"$', re.MULTILINE)
        texts[_SETTINGS] = line.sub(f'"{tag}" = "{digest}"', texts[_SETTINGS])
    for name, text in texts.items():
        (house / name).write_text(text, "utf-8")
    return references(house)


def main(words: Sequence[str]) -> int:
    """`fill` writes, nothing checks. 1 after it has said what is wrong."""
    if "fill" in words:
        try:
            print("\n".join(fill()))
        except Fault as fault:
            print(fault, file=sys.stderr)
            return 1
    faults, notes = check()
    print("\n".join([*faults, *notes]) or "images: as they must be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
