"""Papers by name (材料清单): what an authority names in a message beside its decision."""

from domain.model import Frozen
from domain.terms import MaterialForm


class NamedPaper(Frozen):
    """One line of such a list. `name`: as the sender writes it; `count`: pieces, from 1."""

    name: str
    form: MaterialForm
    count: int
