"""What is kept of a message once it is over: its words with secrets hidden, and a masked number."""

from logistics.masking import mask_phone
from storage.cases.applicant_messages import MessageRow, open_values, seal_values
from storage.sealing import Sealer


def forget(row: MessageRow, sealer: Sealer) -> None:
    """Secrets and the whole number are kept no longer than they are needed; harmless when repeated."""
    row.secrets = None
    if row.words is None:
        return
    kept = open_values(sealer, row.id, row.words)
    if "text" in kept:
        row.words = seal_values(sealer, row.case_no, row.id, {"to": mask_phone(kept["to"]), "shown": kept["shown"]})
