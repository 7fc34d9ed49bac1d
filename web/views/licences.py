"""A material as people see it, with the electronic licence that stands in for it, masked."""

from typing import Any

from domain.dossier import DossierMaterial
from domain.licences import Licence
from logistics.masking import mask_id, mask_name


def material_shown(material: DossierMaterial) -> dict[str, Any]:
    """A material as JSON; of its licence the number and the holder are masked."""
    shown = material.model_dump(mode="json", exclude={"licence"})
    return shown | {"licence": _licence(material.licence) if material.licence is not None else None}


def _licence(licence: Licence) -> dict[str, Any]:
    evidence, look = licence.evidence, licence.look
    return {
        "type": licence.type,
        "number": mask_id(licence.number),
        "issuer": licence.issuer,
        "holder": mask_name(licence.holder) if licence.holder is not None else None,
        "consentedAt": licence.consented_at.isoformat(),
        "word": evidence.word if evidence is not None else None,
        "wordLabel": evidence.word.label if evidence is not None else None,
        "checkId": evidence.check_id if evidence is not None else None,
        "checkedAt": evidence.checked_at.isoformat() if evidence is not None else None,
        "answerSha256": evidence.answer_sha256 if evidence is not None else None,
        "lookedBy": look.by if look is not None else None,
        "lookedAt": look.at.isoformat() if look is not None else None,
    }
