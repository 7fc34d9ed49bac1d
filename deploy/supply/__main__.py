"""What can be said of the supply chain without a network: `python -m deploy.supply`, part of `make check`."""

import sys
from datetime import UTC, datetime

from deploy.supply import advisories, images, leaks, licences, sbom
from deploy.supply.inventory import Fault, everything


def main() -> int:
    """1 after it has said what is wrong; what must only be known is said too."""
    faults, notes = [*licences.check(), *sbom.check()], []
    for more, told in (images.check(), leaks.check()):
        faults += more
        notes += told
    try:
        judged = advisories.judge(everything(), advisories.copied(), advisories.waivers(), datetime.now(UTC).date())
    except Fault:
        pass  # said already, by the licences
    else:
        faults += judged.faults
        notes += judged.notes
    print("\n".join([*(f"note: {note}" for note in notes), *faults]) or "supply chain: nothing to say")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
