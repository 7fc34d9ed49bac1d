"""What a played authority does when nobody says otherwise, and the usual payload of each event."""

import hashlib
from typing import Any

from sandbox.case import PlayedCase, Step

ONLINE = "全程网办"
_MAIN_LINE = ("RECEIVED", "ACCEPTED", "REVIEWING", "APPROVED")


def default_steps(mode: str) -> list[Step]:
    """Straight to approval; a paper result goes back by post unless all is online."""
    names = _MAIN_LINE if mode == ONLINE else (*_MAIN_LINE, "RESULT_SENT")
    return [Step(event=name) for name in names]


def withdrawal_steps(case: PlayedCase) -> list[Step]:
    """The authority confirms a withdrawal, and sends back the papers that it holds."""
    names = ("WITHDRAWN", "RESULT_SENT") if case.has_papers else ("WITHDRAWN",)
    return [Step(event=name) for name in names]


def result_document(case: PlayedCase) -> bytes:
    """The electronic result (办理结果): a small valid PDF, the same bytes for the same handling."""
    text = f"BT /F1 14 Tf 72 760 Td ({case.handling_no} APPROVED) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def payload(case: PlayedCase, step: Step) -> dict[str, Any]:
    """The event's payload in the words of wire A, with the script's own members laid over the usual ones."""
    return _laid_over(_usual(case, step), step.payload)


def _usual(case: PlayedCase, step: Step) -> dict[str, Any]:
    match step.event:
        case "NEED_SUPPLEMENT":
            return {
                "round": case.round + 1,
                "reason": "材料不齐全，请补充。",
                "materials": ["居民户口簿"],
                "deadlineWorkdays": 5,
            }
        case "SUSPENDED":
            return {"procedure": "专家评审", "reason": "需要专家评审。"}
        case "APPROVED":
            return {"result": _result(case, step)}
        case "NOT_ACCEPTED" | "REJECTED":
            return {"reason": "不符合办理条件。", "legalBasis": "《中华人民共和国行政许可法》第三十二条、第三十八条"}
        case _:
            return {}


def _result(case: PlayedCase, step: Step) -> dict[str, Any]:
    form = step.payload.get("result", {}).get("form") or ("electronic" if case.mode == ONLINE else "paper")
    sha256 = None if form == "paper" else hashlib.sha256(result_document(case)).hexdigest()
    return {
        "name": f"{case.item_name}办理结果",
        "form": form,
        "documentNo": f"渝川办〔2026〕{case.handling_no[-7:-1]}号",
        "sha256": sha256,
    }


def _laid_over(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
