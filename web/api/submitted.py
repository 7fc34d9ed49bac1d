"""Materials as they were brought (收到的材料): names and forms from the item, grades of trust."""

from collections.abc import Iterable, Mapping

from catalog.materials import Brought, MaterialCheck, check_materials
from catalog.model import ItemSnapshot, ServiceItem
from domain.dossier import DossierMaterial
from domain.terms import MaterialForm, Provided, TrustGrade
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import MaterialRequest


def brought(item: ServiceItem, shapes: list[MaterialRequest]) -> tuple[DossierMaterial, ...]:
    """What was brought, with names and forms of the item's list.

    Raises:
        Unprocessable: the item has no such material (`MATERIAL_UNKNOWN`).
    """
    known = {material.seq: material for material in item.materials}
    materials = []
    for shape in shapes:
        material = known.get(shape.seq)
        if material is None:
            raise Unprocessable(f"该事项没有第 {shape.seq} 项材料", code="MATERIAL_UNKNOWN", field="materials")
        materials.append(
            DossierMaterial(
                seq=shape.seq,
                name=material.name,
                form=form_of(shape.provided, material.form),
                provided=shape.provided,
                pages=shape.pages,
                count=shape.count,
                sha256=shape.sha256,
            )
        )
    return tuple(materials)


def graded(materials: tuple[DossierMaterial, ...], grades: Mapping[int, TrustGrade]) -> tuple[DossierMaterial, ...]:
    """The same materials with the grades of trust (可信等级) of the form check; `grades`: sequence number → grade."""
    return tuple(m.model_copy(update={"grade": grades.get(m.seq)}) for m in materials)


def keeps_papers(materials: Iterable[DossierMaterial]) -> bool:
    """Whether an original of the applicant's stays with us until it is handed over.

    Copies and forms belong to the dossier.
    """
    return any(material.form is MaterialForm.ORIGINAL for material in materials)


def originals_kept(materials: Iterable[DossierMaterial], kept: frozenset[int]) -> bool:
    """Whether every original of these stays with the authority (`kept`: numbers by the item's rule); False for none."""
    originals = [material.seq for material in materials if material.form is MaterialForm.ORIGINAL]
    return bool(originals) and kept.issuperset(originals)


def form_of(provided: Provided, listed: MaterialForm | None) -> MaterialForm:
    """What a material is on paper, by how it was brought; a form stays a form.

    `listed`: its form in the item's list, None for one beyond it.
    """
    if provided in (Provided.ORIGINAL, Provided.COPY):
        return MaterialForm.FORM if listed is MaterialForm.FORM else MaterialForm(provided.value)
    return MaterialForm.ELECTRONIC


def form_check(item: ServiceItem | ItemSnapshot, shapes: list[MaterialRequest], *, discredited: bool) -> MaterialCheck:
    """The form check (形式审查) of what was brought; see `catalog.materials.check_materials`."""
    given = [Brought(seq=m.seq, provided=m.provided, checked=m.checked) for m in shapes]
    return check_materials(item, given, discredited=discredited)
