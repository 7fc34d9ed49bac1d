"""Bars as SVG: what docs/performance.md shows, written by hand so that nothing has to be installed for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP, _BAR = 760, 260, 90, 26, 46, 16
_FONT = 'font-family="sans-serif" font-size="13"'
_COLOURS = ("#2f6f9f", "#d98c3f", "#6a9f58", "#a45a8b", "#8c8c8c", "#c4b04a")


@dataclass(frozen=True)
class Bar:
    """One row: its pieces one after the other, and the least and most of the whole as a line."""

    label: str
    pieces: Mapping[str, float]
    least: float
    most: float

    @property
    def whole(self) -> float:
        return sum(self.pieces.values())


def plain(label: str, figure: Mapping[str, float]) -> Bar:
    """A row of one piece, from a figure with its spread (`bench.figures.spread`)."""
    return Bar(label, {"": figure["median"]}, figure["least"], figure["most"])


def single(label: str, value: float) -> Bar:
    """A row of one piece that was measured once."""
    return Bar(label, {"": value}, value, value)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """The whole SVG. `title` names the unit."""
    names = list(dict.fromkeys(piece for row in rows for piece in row.pieces))
    longest = max(max(row.whole, row.most) for row in rows) or 1.0
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    height = _TOP + _ROW * len(rows) + (_ROW if names != [""] else 0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for place, row in enumerate(rows):
        lines += _row(row, names, _TOP + place * _ROW, scale)
    if names != [""]:
        lines += _legend(names, _TOP + len(rows) * _ROW + 4)
    return "\n".join([*lines, "</svg>", ""])


def _row(row: Bar, names: Sequence[str], y: int, scale: float) -> list[str]:
    x: float = _LEFT
    lines = [f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(row.label)}</text>']
    for piece, value in row.pieces.items():
        width = max(value, 0) * scale
        colour = _COLOURS[names.index(piece) % len(_COLOURS)]
        lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>')
        x += width
    middle, least, most = y + _BAR / 2, _LEFT + row.least * scale, _LEFT + row.most * scale
    if most > least:
        lines.append(f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="#111111" stroke-width="2"/>')
    lines.append(f'<text x="{max(x, most) + 6:.1f}" y="{y + 13}">{number(row.whole)}</text>')
    return lines


def _legend(names: Sequence[str], y: int) -> list[str]:
    lines, x = [], _LEFT
    for place, name in enumerate(names):
        lines.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{_COLOURS[place % len(_COLOURS)]}"/>')
        lines.append(f'<text x="{x + 18}" y="{y + 11}">{escape(name)}</text>')
        x += 34 + 8 * len(name)
    return lines


def number(value: float) -> str:
    """Three digits that count: 0.0123, 4.56, 78.9, 12,345."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
