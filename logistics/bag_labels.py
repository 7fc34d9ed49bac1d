"""The label of a bag (袋牌), 76 × 130 or 60 × 40 mm: which bag, from where to where, how many, its seal; no person."""

from pydantic import AwareDatetime, Field

from domain.model import Frozen
from logistics.label_page import Page, centred, code128, fitted, rule, to_pdf, to_png
from logistics.labels import local_time


class BagLabel(Frozen):
    """What it says. `origin`, `destination`: names of places. `parcels`: how many were put in."""

    bag_no: str = Field(min_length=4, max_length=32)
    origin: str = Field(min_length=1, max_length=24)
    destination: str = Field(min_length=1, max_length=24)
    parcels: int = Field(ge=0)
    seal_no: str = Field(min_length=1, max_length=32)
    closed_at: AwareDatetime


def bag_pdf(label: BagLabel, *, small: bool) -> bytes:
    """One page: 60 × 40 mm if `small`, else 76 × 130 mm.

    Raises:
        ValueError: the bag's number does not fit a bar code.
    """
    return to_pdf(_page(label, small=small))


def bag_png(label: BagLabel, *, small: bool) -> bytes:
    """The same page at 203 dpi. Raises ValueError as `bag_pdf`."""
    return to_png(_page(label, small=small))


def _page(label: BagLabel, *, small: bool) -> Page:
    return _small(label) if small else _large(label)


def _small(label: BagLabel) -> Page:
    texts = [
        fitted(3, 2.5, 4, f"邮袋　{label.bag_no}", 54),
        fitted(3, 21, 5, f"→ {label.destination}", 54),
        fitted(3, 27.5, 3.5, f"{label.parcels} 件　封签 {label.seal_no}", 54),
        fitted(3, 33, 3, f"自 {label.origin}　{local_time(label.closed_at)}", 54),
    ]
    bars = code128(label.bag_no, 0, 8, 60, 11)
    return Page(width_mm=60, height_mm=40, title=f"袋牌 {label.bag_no}", bars=tuple(bars), texts=tuple(texts))


def _large(label: BagLabel) -> Page:
    bars = [rule(4, 16, 68), rule(4, 92, 68), *code128(label.bag_no, 0, 20, 76, 20)]
    texts = [
        fitted(4, 5, 7, "政务专递　邮袋", 68),
        centred(0, 41, 4.5, label.bag_no, 76),
        centred(0, 54, 5, "送往", 76),
        centred(4, 62, 10, label.destination, 68),
        centred(0, 78, 7, f"{label.parcels} 件", 76),
        fitted(4, 96, 4.5, f"封签　{label.seal_no}", 68),
        fitted(4, 103, 4.5, f"发自　{label.origin}", 68),
        fitted(4, 110, 4, f"封袋　{local_time(label.closed_at)}", 68),
        fitted(4, 119, 3.5, "开袋时逐件扫描，不符请当场记录。", 68),
    ]
    return Page(width_mm=76, height_mm=130, title=f"袋牌 {label.bag_no}", bars=tuple(bars), texts=tuple(texts))
