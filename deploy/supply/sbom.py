"""The bill of materials (SBOM): `python -m deploy.supply.sbom` checks docs/sbom.cdx.json, `write` makes it again.

CycloneDX 1.6 in JSON, by its makers' own library. The same lock files give the same bytes: no time of making, and a
serial number made of the content. What a component is needed by is what the lock files say under "via".
"""

import json
import sys
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy.supply.inventory import HOUSE, Component, Fault, Kind, Scope, everything
from deploy.supply.licences import Recorded, licence_of, recorded

FILE: Final = HOUSE / "docs" / "sbom.cdx.json"
_SPACE: Final = uuid.UUID("6f6f2c1e-6b75-4179-a175-53424f4d0053")  # ours, fixed for ever
_TYPES: Final = {
    Kind.PYTHON: ComponentType.LIBRARY,
    Kind.SCRIPT: ComponentType.LIBRARY,
    Kind.FONT: ComponentType.FILE,
    Kind.DATA: ComponentType.FILE,
    Kind.PROGRAM: ComponentType.APPLICATION,
    Kind.IMAGE: ComponentType.CONTAINER,
}
_SCOPES: Final = {
    Scope.SHIPPED: ComponentScope.REQUIRED,
    Scope.BESIDE: ComponentScope.OPTIONAL,
    Scope.WORKSHOP: ComponentScope.EXCLUDED,
}


def bill(components: Iterable[Component], known: Mapping[str, Recorded], version: str) -> str:
    """The bill as text, for Kuayu's `version`.

    Raises:
        Fault: a licence is not recorded.
    """
    licences = LicenseFactory()
    ours = Part(
        name="kuayu",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref="kuayu",
        licenses=[licences.make_from_string("Apache-2.0")],
    )
    listed = tuple(components)
    parts = {one.purl: _part(one, licence_of(one, known), licences) for one in listed}
    needs = {"kuayu": ours.bom_ref} | {one.name: parts[one.purl].bom_ref for one in listed if one.kind is Kind.PYTHON}
    children: dict[str, list[Dependency]] = {}
    for one in listed:
        for parent in one.via if one.kind is Kind.PYTHON else ("kuayu",):
            children.setdefault(parent, []).append(Dependency(parts[one.purl].bom_ref))
    graph = [Dependency(ref, children.get(name, [])) for name, ref in needs.items()]
    bom = Bom(components=parts.values(), metadata=BomMetaData(component=ours), dependencies=graph)
    bom.serial_number = uuid.UUID(int=0)
    return _settled(JsonV1Dot6(bom).output_as_string())


def _part(one: Component, licence: str, licences: LicenseFactory) -> Part:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for _, digest in one.sha256]
    # A lock file has a hash for each distribution of a version; a component's own hashes would all be of one file.
    proof = [ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(one.purl), hashes=hashes)]
    source = [ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(one.source))] if one.source else []
    return Part(
        name=one.name,
        version=one.version,
        type=_TYPES[one.kind],
        scope=_SCOPES[one.scope],
        bom_ref=one.purl,
        purl=PackageURL.from_string(one.purl),
        licenses=[licences.make_from_string(licence)],
        external_references=[*source, *(proof if hashes else [])],
        properties=[Property(name="kuayu:scope", value=one.scope)]
        + ([Property(name="kuayu:only-where", value=one.marker)] if one.marker else []),
    )


def _settled(text: str) -> str:
    """Without the time of making, and with a serial number that the content gives."""
    read = json.loads(text)
    read["metadata"].pop("timestamp", None)
    read.pop("serialNumber", None)
    plain = json.dumps(read, ensure_ascii=False, indent=1, sort_keys=True)
    read["serialNumber"] = f"urn:uuid:{uuid.uuid5(_SPACE, plain)}"
    return json.dumps(read, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def invalid(text: str) -> str | None:
    """What CycloneDX's own schema has against a bill; None: nothing."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if fault is None else str(fault)


def version_of(house: Path = HOUSE) -> str:
    """Kuayu's version."""
    read: str = tomllib.loads((house / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return read


def check() -> list[str]:
    """What is wrong, a line each: it is not of these lock files, or it is invalid."""
    try:
        wanted = bill(everything(), recorded(), version_of())
    except Fault as fault:
        return [str(fault)]
    if not FILE.is_file() or FILE.read_text("utf-8") != wanted:
        return ["docs/sbom.cdx.json is not what the lock files say: run make supply"]
    against = invalid(wanted)
    return [f"docs/sbom.cdx.json: {against}"] if against else []


def main(words: Sequence[str]) -> int:
    """`write` makes it again, nothing checks. 1 after it has said what is wrong."""
    try:
        if "write" in words:
            FILE.write_text(bill(everything(), recorded(), version_of()), "utf-8")
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 1
    found = check()
    print("\n".join(found) or "bill of materials: up to date and valid")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
