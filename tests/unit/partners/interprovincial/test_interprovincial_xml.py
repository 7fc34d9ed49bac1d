"""XML that our side refuses before a parser sees it, and the RECORDs it tells apart byte for byte."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.interprovincial.envelope import read_envelope, record_contents
from partners.interprovincial.safe_xml import UnsafeXml, parse_envelope, parse_information

LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAUGHS + "]><PACKAGE>&j;</PACKAGE>", id="billion laughs"),
        pytest.param('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><P>&x;</P>', id="XXE"),
        pytest.param("<!doctype a><P/>", id="doctype in lower case"),
        pytest.param('<?xml version="1.0" encoding="GBK"?><P/>', id="declaration"),
        pytest.param("<P><?x?></P>", id="instruction"),
        pytest.param("<P><!-- --></P>", id="comment"),
        pytest.param("<P><!--", id="comment without end"),
        pytest.param("<P><![CDATA[x</P>", id="CDATA without end"),
        pytest.param("<P>\r\n</P>", id="CR"),
        pytest.param("<P>&#13;</P>", id="reference to CR"),
        pytest.param("<P>&#x00D;</P>", id="hex reference to CR"),
        pytest.param('<P a="&#13;"/>', id="reference to CR in an attribute"),
        pytest.param("\ufeff<P/>", id="byte order mark"),
        pytest.param("<P>\0</P>", id="NUL"),
        pytest.param("<P>&#0;</P>", id="reference to NUL"),
        pytest.param("<P>&#xD800;</P>", id="lone surrogate"),
        pytest.param("<P>&nbsp;</P>", id="entity of HTML"),
        pytest.param("<P>a & b</P>", id="bare ampersand"),
        pytest.param("<a>" * 17 + "</a>" * 17, id="depth 17"),
        pytest.param("<a>" * 100_000, id="depth 10⁵"),
        pytest.param("<a " + " ".join(f'b{n}="1"' for n in range(65)) + "/>", id="65 attributes"),
        pytest.param("<a " + " ".join(f'b{n}="1"' for n in range(50_000)) + "/>", id="50 000 attributes"),
        pytest.param("<a " + '"' * 100_000, id="quotes without end"),
        pytest.param("<" * 100_000, id="only brackets"),
        pytest.param("<a></b>", id="crossed tags"),
        pytest.param("<a/><b/>", id="two roots"),
        pytest.param("", id="empty"),
    ],
)
def test_refused_quickly_and_in_little_memory(text: str):
    tracemalloc.start()
    began = time.thread_time()  # its own time, whatever else the machine does
    try:
        with pytest.raises(UnsafeXml):
            parse_information(text)
        assert time.thread_time() - began < 0.5
        assert tracemalloc.get_traced_memory()[1] < 32_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<P>" + "<a>" * 15 + "</a>" * 15 + "</P>", None),
        ("<P><![CDATA[<!DOCTYPE x><!-- --> &#13; <?x?>]]></P>", "<!DOCTYPE x><!-- --> &#13; <?x?>"),
        ("<P>&lt;&gt;&amp;&quot;&apos;&#x2CB78;&#10;</P>", "<>&\"'𬭸\n"),
        ("<P a='>'>x</P>", "x"),
        ("<P " + " ".join(f'b{n}="1"' for n in range(64)) + ">x</P>", "x"),
    ],
)
def test_allowed(text: str, expected):
    assert parse_information(text).text == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf<e/>",
        '<?xml version="1.0" encoding="GBK"?><e>王</e>'.encode("gbk"),
        b'<?xml version="1.0" encoding="GBK"?><e/>',
        b"<!DOCTYPE e><e/>",
        b"\xff\xfe<\x00e\x00/\x00>\x00",
        b"",
    ],
)
def test_an_envelope_that_is_not_read(raw: bytes):
    with pytest.raises(UnsafeXml):
        parse_envelope(raw)


@pytest.mark.parametrize(
    "inside",
    [
        "<SubmitResponse><information>a<b/></information></SubmitResponse>",
        "<SubmitResponse><information>a<!-- --></information></SubmitResponse>",
        "<SubmitResponse><information>a</information><information>a</information></SubmitResponse>",
        "<SubmitResponse/>",
        "",
        "<SubmitResponse><information/></SubmitResponse><Other/>",
    ],
)
def test_a_body_that_is_not_one_operation_with_plain_text(inside: str):
    with pytest.raises(UnsafeXml):
        read_envelope(f"<E:Envelope xmlns:E='x'><E:Body>{inside}</E:Body></E:Envelope>".encode())


def test_a_cr_between_elements_is_white_space_and_inside_information_refused():
    body = "<E:Body><SubmitResponse><information>{}</information></SubmitResponse></E:Body>"
    whole = f"<E:Envelope xmlns:E='x'>\r\n{body}</E:Envelope>"
    assert read_envelope(whole.format("a\nb").encode()).information == "a\nb"
    for inside in ("a\r\nb", "\r", "<![CDATA[a\rb]]>"):
        with pytest.raises(UnsafeXml):
            read_envelope(whole.format(inside).encode())


def test_records_are_taken_as_they_came():
    text = (
        "<PACKAGE><PACKAGEHEAD><RECORD>no</RECORD></PACKAGEHEAD><DATA a='>'>"
        "<RECORD sid='1'>王<![CDATA[</RECORD>]]>&#x738B;</RECORD> <X/><RECORD/>"
        "<r:RECORD xmlns:r='u'><RECORD/></r:RECORD>"
        "</DATA><OTHER><RECORD>no</RECORD></OTHER></PACKAGE>"
    )
    assert record_contents(text) == ["王<![CDATA[</RECORD>]]>&#x738B;".encode(), b"", b"<RECORD/>"]


@given(st.text(alphabet="<>!?/-[]&;#x13dD'\"= aCDAT\r\n王", max_size=60))
def test_whatever_passes_has_no_comment_instruction_or_cr(text: str):
    try:
        root = parse_information(text)
    except UnsafeXml:
        return
    assert all(isinstance(one.tag, str) for one in root.iter())
    assert "\r" not in "".join(root.itertext())
