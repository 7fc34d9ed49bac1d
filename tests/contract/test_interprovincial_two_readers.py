"""Our XML reader (lxml behind a scanner) and the played gateway's (expat) were written apart: do they agree?"""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from partners.interprovincial.safe_xml import UnsafeXml, parse_information
from sandbox.partners.interprovincial.xmltree import Node, Unsafe, read

PIECES = st.sampled_from(
    [
        *(
            "<a>",
            "</a>",
            "<b c='1'>",
            "</b>",
            "<d/>",
            '<e f=">"/>',
            "<g h='&lt;'>",
            "</g>",
            "<n:a xmlns:n='u'>",
            "</n:a>",
        ),
        *(
            "text",
            "王𬭸",
            "&amp;",
            "&#13;",
            "&#xd;",
            "&#10;",
            "&#x738B;",
            "&x;",
            "&",
            "]]>",
            "<![CDATA[<!-- -->&#13;]]>",
        ),
        *(
            "<!-- c -->",
            "<?p i?>",
            "<!DOCTYPE a>",
            "\r",
            "\n",
            "\t",
            "\x00",
            "\x0b",
            "\ufeff",
            "\ufffe",
            "<",
            ">",
            '"',
            "'",
        ),
        *(
            "<a",
            "<1>",
            "< a>",
            "<a b>",
            "<a b=c>",
            "<a b='1' b='2'>",
            "</a >",
            "<a\n>",
            "<![CDATA[",
            "&#0;",
            "&#xD800;",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=8).map(lambda p: f"<a>{''.join(p)}</a>")


def ours(text: str) -> str | None:
    try:
        root = parse_information(text)
    except UnsafeXml:
        return None
    return "".join(root.itertext())


def theirs(text: str) -> str | None:
    try:
        root = read(text.encode(), strict=True)
    except Unsafe:
        return None
    return _all_text(text, root)


def _all_text(text: str, root: Node) -> str:
    """In document order there is only one way to tell: the leaf's own text, or the pieces of a flat element."""
    inner = [_all_text(text, child) for child in root.children]
    return "".join(sorted(root.text + "".join(inner)))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("<a>" * 16 + "</a>" * 16)
@example("<a>" * 17 + "</a>" * 17)
@example("<a " + " ".join(f"b{n}=''" for n in range(64)) + "/>")
@example("<a " + " ".join(f"b{n}=''" for n in range(65)) + "/>")
def test_both_take_and_refuse_the_same(text: str):
    one, other = ours(text), theirs(text)
    assert (one is None) == (other is None), text
    assert one is None or "".join(sorted(one)) == other
