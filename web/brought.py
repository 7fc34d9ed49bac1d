"""Materials as they were brought (收到的材料): names and forms from the item, scans that exist, grades of trust."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from catalog.materials import Brought, MaterialCheck, check_materials
from catalog.model import ItemSnapshot, ServiceItem
from domain.dossier import DossierMaterial
from domain.terms import MaterialForm, Provided, TrustGrade
from storage.documents import DocumentRow
from web.problems import Unprocessable
from web.shapes import MaterialShape


def brought(item: ServiceItem, shapes: list[MaterialShape]) -> tuple[DossierMaterial, ...]:
    """What was brought, with the names that the item gives."""
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
                sha256=shape.sha256,
            )
        )
    return tuple(materials)


def graded(materials: tuple[DossierMaterial, ...], grades: Mapping[int, TrustGrade]) -> tuple[DossierMaterial, ...]:
    """The same materials with what the form check says of their trust (可信等级)."""
    return tuple(m.model_copy(update={"grade": grades.get(m.seq)}) for m in materials)


def check_documents(session: Session, materials: tuple[DossierMaterial, ...]) -> None:
    """A file that is named must have been uploaded."""
    for material in materials:
        if material.sha256 is not None and session.get(DocumentRow, material.sha256) is None:
            raise Unprocessable(f"“{material.name}”的扫描件还没有上传", code="DOCUMENT_UNKNOWN", field="materials")


def keeps_papers(materials: Iterable[DossierMaterial]) -> bool:
    """Whether something of the applicant's stays with us until it is handed over: a form belongs to the dossier."""
    return any(material.form is MaterialForm.ORIGINAL for material in materials)


def form_of(provided: Provided, listed: MaterialForm | None) -> MaterialForm:
    """What a material is on paper, by how it was brought; a form stays a form."""
    if provided in (Provided.ORIGINAL, Provided.COPY):
        return MaterialForm.FORM if listed is MaterialForm.FORM else MaterialForm(provided.value)
    return MaterialForm.ELECTRONIC


def form_check(item: ServiceItem | ItemSnapshot, shapes: list[MaterialShape], *, discredited: bool) -> MaterialCheck:
    """形式审查. What is shown at the window in original counts as compared."""
    given = [Brought(seq=m.seq, provided=m.provided, checked=m.checked) for m in shapes]
    return check_materials(item, given, discredited=discredited)
