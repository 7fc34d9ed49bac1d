"""The changes themselves."""

import pytest

from tests.mutation.mutants import mutants, sample


def changes(source: str) -> set[str]:
    return {mutant.now for mutant in mutants(source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a <= b", {"a < b", "a > b"}),
        ("a not in b", {"a in b"}),
        ("a is b", {"a is not b"}),
        ("a and b or c", {"a or b or c", "a and b and c"}),
        ("(a + b) * c", {"(a - b) * c", "(a + b) + c"}),
        ("not a", {"a"}),
        ("x = True", {"x = False"}),
        ("x = 3", {"x = 4"}),
        ("min(a)", {"max(a)", "pass"}),
        ("x = {A, B}", {"x = { B}", "x = {A, }"}),
        ("x = {A: B, **c}", {"x = { **c}"}),
        ("f(a)", {"pass"}),
        ("a.b = c", {"pass"}),
        ("x = a if b else c", {"x = a if (not (b)) else c"}),
        ("x: A | B = c", set()),
        ("def f(x: A | B) -> A | B:\n    '''Says.'''\n    return x", {"return None"}),
        ("log.info('a', b=1)", set()),
        ("raise A('b', 1)", set()),
        ("match a:\n    case b if c:\n        f()", {"case b if (not (c)):", "pass"}),
        ("for a in b:\n    continue", {"break"}),
        ("x = '时限' < y", {"x = '时限' <= y", "x = '时限' >= y"}),
    ],
)
def test_each_kind(source, expected):
    assert changes(source) == expected


def test_a_mutant_says_where_it_is():
    (found,) = mutants("class A:\n    def b(self):\n        self.c = d  # why\n")
    assert (found.line, *found.key) == (3, "A.b", "self.c = d # why", "pass # why")
    assert "        pass  # why" in found.source


def test_the_sample_stays_when_other_lines_change():
    before = "\n".join(f"x{n} = a < {n}" for n in range(50))
    after = "import b\n" + before.replace("x7 = a < 7", "x7 = a <= 8")
    chosen = [{mutant.key for mutant in sample(mutants(source), 20)} for source in (before, after)]
    assert len(chosen[0]) == 20
    assert len(chosen[0] & chosen[1]) >= 16
    assert chosen[0] == {mutant.key for mutant in sample(mutants(before), 20)}
