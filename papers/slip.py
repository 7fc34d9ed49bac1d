"""The receipt for a printer of 80 mm rolls (小票): one sheet of 80 × 160 mm with what the applicant takes along."""

from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame, Paragraph, Spacer

from logistics.fonts import register
from logistics.label_page import code128
from papers.content import moment
from papers.facts import CaseFacts
from papers.sheet import OFFICE, paragraph, printable, square

WIDTH_MM, HEIGHT_MM = 80.0, 160.0
_MARGIN_MM = 4.0  # such printers reach 72 mm
_BAR_MM, _SQUARE_MM = 10.0, 30.0
_MOST_NAMED = 6


def receipt_slip(case: CaseFacts, address: str) -> bytes:
    """The slip as the bytes of a PDF, one page, font embedded. `address`: where the applicant follows it, or "".

    Names and numbers as `CaseFacts` has them, masked. What does not fit is drawn smaller, never on a second sheet.
    """
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm), invariant=1, initialFontName=register())
    canvas.setTitle("收件凭证")
    canvas.setAuthor(OFFICE)
    canvas.setCreator("Kuayu")
    room = WIDTH_MM - 2 * _MARGIN_MM
    top = HEIGHT_MM - _MARGIN_MM - _BAR_MM
    for bar in code128(case.case_no, _MARGIN_MM, top, room, _BAR_MM):
        canvas.rect(bar.x * mm, top * mm, bar.w * mm, bar.h * mm, stroke=0, fill=1)
    foot = _MARGIN_MM + _SQUARE_MM
    if address:
        square(canvas, address, _MARGIN_MM * mm, _MARGIN_MM * mm, _SQUARE_MM * mm)
    beside = [paragraph("扫码查进度", 10), paragraph("无需登录。", 8)]
    if case.result_code:
        beside += [paragraph(f"领取码 {case.result_code}", 10)]
        beside += [paragraph("凭编号和领取码也能查。都请勿给他人。", 8)]
    _drawn(canvas, beside, _MARGIN_MM + _SQUARE_MM + 2, _MARGIN_MM, room - _SQUARE_MM - 2, _SQUARE_MM)
    _drawn(canvas, _story(case), _MARGIN_MM, foot + 1, room, top - foot - 2)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _story(case: CaseFacts) -> list[Any]:
    story = [
        paragraph(case.case_no, 11, centred=True),
        paragraph("收件凭证", 14, centred=True),
        paragraph(OFFICE, 8, centred=True),
        Spacer(1, 1.5 * mm),
        paragraph(case.item.name, 11),
        *(_line("办理地", f"{place.region}{f'（{place.role}）' if place.role else ''}") for place in case.places),
        _line("申请人", f"{case.applicant.name}　{case.applicant.number}"),
    ]
    if case.agent is not None:
        story.append(_line("代办人", case.agent.name))
    story += [_line("收件时间", moment(case.taken_at)), _line("时限起算", case.counts_from)]
    story.append(_line("已收材料", _named(case)))
    if case.deferred:
        owed = (f"{o.name}（{moment(o.due_at)}前）" if o.due_at else o.name for o in case.deferred)
        story.append(_line("容缺补交", "、".join(owed)))
    if case.handover_codes:
        story.append(_line("交接码", "；".join(f"{what} {code}" for what, code in case.handover_codes)))
    told = "本凭证证明已收到材料；是否受理由办理地决定，办理时限自受理之日起算。"
    story += [Spacer(1, 1 * mm), paragraph(told, 7.5), paragraph(f"收件人 {case.clerk}", 7.5)]
    return story


def _named(case: CaseFacts) -> str:
    names = [material.name for material in case.materials]
    more = f" 等 {len(names)} 项" if len(names) > _MOST_NAMED else f"，共 {len(names)} 项" if names else "无"
    return "、".join(names[:_MOST_NAMED]) + more


def _line(label: str, value: str) -> Paragraph:
    return paragraph(f"{label}：{printable(value)}", 8.5)


def _drawn(canvas: Canvas, story: list[Any], x: float, y: float, width: float, height: float) -> None:
    frame = Frame(x * mm, y * mm, width * mm, height * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    frame.addFromList([KeepInFrame(width * mm, height * mm, story, mode="shrink")], canvas)
