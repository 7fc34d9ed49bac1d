"""The agent (帮代办) of a case as people see it, and the id under which the history names it."""

import hmac
from typing import Any

from domain.dossier import Dossier
from domain.outbound import Person
from logistics.masking import mask_name
from runtime.container import agent_key
from web.foundation.context import Context
from web.foundation.request_schemas import PersonRequest


def agent_id(ctx: Context, agent: Person | PersonRequest) -> str:
    """The letter A and 12 hex digits: the same for one document number in every case, and not the number itself."""
    said = f"{agent.id_type}|{agent.id_number}".encode()
    return "A" + hmac.digest(agent_key(ctx.settings), said, "sha256").hex()[:12].upper()


def shown(ctx: Context, dossier: Dossier) -> dict[str, Any] | None:
    """The agent (帮代办人) as people see it, masked, with what it rests on; None without one."""
    if dossier.agent is None:
        return None
    held = dossier.authorisation
    return {
        "id": agent_id(ctx, dossier.agent),
        "name": mask_name(dossier.agent.name),
        "authorisation": None
        if held is None
        else {
            "kind": held.kind,
            "until": held.until.isoformat() if held.until else None,
            "documentSha256": held.document_sha256,
            "originalSeen": held.original_seen,
        },
    }
