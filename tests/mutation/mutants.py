"""Small changes of one source text, each of which some test should notice.

Our own, because cosmic-ray's parser does not know `match` and mutmut changes bodies of functions only, never the tables
of the wire and the case; both start one Python for each mutant or rewrite files in place.
"""

import ast
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_COMPARED: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_COMPUTED: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
_OPERATOR = re.compile(rb"<=|>=|==|!=|not\s+in\b|is\s+not\b|is\b|in\b|//|[-+*/%|&<>]|and\b|or\b")
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """`where`: the function or class that it is in. `was` and `now`: the changed lines, in one line each."""

    line: int
    where: str
    was: str
    now: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Names it whatever is written above it; where a function says the same twice, both."""
        return self.where, self.was, self.now


class _Edit(NamedTuple):
    begin: int
    end: int
    text: bytes


def sample(found: Iterable[Mutant], count: int) -> list[Mutant]:
    """Always the same ones, and after a change of the source all but those of the changed lines."""
    seen: Counter[tuple[str, str, str]] = Counter()

    def place(mutant: Mutant) -> str:
        seen[mutant.key] += 1
        return hashlib.sha256(repr((mutant.key, seen[mutant.key])).encode()).hexdigest()

    return sorted(sorted(found, key=place)[:count], key=lambda mutant: (mutant.line, mutant.now))


def mutants(source: str) -> Iterator[Mutant]:
    """All that still compile."""
    text = source.encode() + b"\n"  # so that every line has an end
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for where, edit in _Finder(text, starts).found(ast.parse(source)):
        changed = (text[: edit.begin] + edit.text + text[edit.end :]).decode()
        try:
            compile(changed, "mutant", "exec")
        except SyntaxError:
            continue
        begin = text.rfind(b"\n", 0, edit.begin) + 1
        end = text.index(b"\n", edit.end)
        was = text[begin:end].decode()
        now = (text[begin : edit.begin] + edit.text + text[edit.end : end]).decode()
        yield Mutant(text.count(b"\n", 0, edit.begin) + 1, where, " ".join(was.split()), " ".join(now.split()), changed)


class _Finder:
    def __init__(self, text: bytes, starts: list[int]) -> None:
        self._text, self._starts = text, starts

    def found(self, node: ast.AST, where: tuple[str, ...] = ()) -> Iterator[tuple[str, _Edit]]:
        """Below `node`; annotations, docstrings and what is logged are no behaviour."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            where = (*where, node.name)
        for edit in self._edits(node):
            yield ".".join(where), edit
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_silent(child):
                    yield from self.found(child, where)

    def _edits(self, node: ast.AST) -> Iterator[_Edit]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                for before, op, after in zip([left, *comparators], ops, comparators, strict=False):
                    for other in _COMPARED[type(op)]:
                        yield self._operator(before, after, other)
            case ast.BoolOp(op=op, values=values):
                for before, after in itertools.pairwise(values):
                    yield self._operator(before, after, "or" if isinstance(op, ast.And) else "and")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
                yield self._operator(left, right, _COMPUTED[type(op)])
            case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
                yield self._instead(node, self._of(operand))
            case ast.Constant(value=bool() as value):
                yield self._instead(node, repr(not value).encode())
            case ast.Constant(value=int() as value):
                yield self._instead(node, repr(value + 1).encode())
            case ast.Call(func=ast.Name(id=name) as called) if name in _CALLED:
                yield self._instead(called, _CALLED[name].encode())
            case ast.Set(elts=elements) | ast.List(elts=elements) | ast.Tuple(elts=elements, ctx=ast.Load()):
                yield from self._left_out(elements)
            case ast.Dict(keys=keys, values=values):
                yield from self._left_out(values, keys)
            case ast.If() | ast.While() | ast.IfExp():
                yield self._denied(node.test)
            case ast.match_case(guard=ast.expr() as guard):
                yield self._denied(guard)
            case ast.comprehension(ifs=conditions):
                yield from map(self._denied, conditions)
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield self._instead(value, b"None")
            case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
                yield self._instead(node, b"pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
                yield self._instead(node, b"pass")
            case ast.Continue():
                yield self._instead(node, b"break")

    def _span(self, node: ast.AST) -> tuple[int, int]:
        begin = self._starts[node.lineno - 1] + node.col_offset
        return begin, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _of(self, node: ast.AST) -> bytes:
        begin, end = self._span(node)
        return self._text[begin:end]

    def _instead(self, node: ast.AST, text: bytes) -> _Edit:
        return _Edit(*self._span(node), text)

    def _denied(self, condition: ast.expr) -> _Edit:
        return self._instead(condition, b"(not (" + self._of(condition) + b"))")

    def _operator(self, before: ast.expr, after: ast.expr, other: str) -> _Edit:
        begin, end = self._span(before)[1], self._span(after)[0]
        found = _OPERATOR.search(self._text, begin, end)
        assert found is not None
        return _Edit(*found.span(), other.encode())

    def _left_out(self, values: list[ast.expr], keys: list[ast.expr | None] | None = None) -> Iterator[_Edit]:
        for key, value in zip(keys or values, values, strict=True):
            if key is None or isinstance(value, ast.Starred) or len(values) < 2:
                continue
            begin, end = self._span(key)[0], self._span(value)[1]
            comma = re.compile(rb"\s*,").match(self._text, end)
            yield _Edit(begin, comma.end() if comma else end, b"")


def _is_silent(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return True
        case ast.Raise() | ast.JoinedStr():  # what an error says
            return True
        case _:
            return False
