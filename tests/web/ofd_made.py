"""An OFD made for tests: one page with two lines of text, a picture and a line (GB/T 33190), and a second page."""

import io
import zipfile

from PIL import Image

_NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'

_ENTRY = f"""<?xml version="1.0" encoding="UTF-8"?>
<ofd:OFD {_NS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>
<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>%s</ofd:DocBody></ofd:OFD>"""

_DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<ofd:Document {_NS}><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID>
<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>
<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>
<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>
<ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages></ofd:Document>"""

_RESOURCES = f"""<?xml version="1.0" encoding="UTF-8"?>
<ofd:Res {_NS} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="SimSun" FamilyName="SimSun"/></ofd:Fonts>
<ofd:MultiMedias><ofd:MultiMedia ID="4" Type="Image" Format="PNG"><ofd:MediaFile>stamp.png</ofd:MediaFile>
</ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"""

_PAGE = f"""<?xml version="1.0" encoding="UTF-8"?>
<ofd:Page {_NS}><ofd:Content><ofd:Layer ID="5">
<ofd:TextObject ID="6" Boundary="20 20 170 12" Font="3" Size="8"><ofd:FillColor Value="200 0 0"/>
<ofd:TextCode X="0" Y="9" DeltaX="g 3 8">婚姻登记</ofd:TextCode></ofd:TextObject>
<ofd:TextObject ID="7" Boundary="20 40 170 8" Font="3" Size="5">
<ofd:TextCode X="0" Y="6">&lt;查档&gt; 证明</ofd:TextCode>
</ofd:TextObject>
<ofd:ImageObject ID="8" ResourceID="4" Boundary="140 240 40 40" CTM="40 0 0 40 0 0"/>
<ofd:PathObject ID="9" Boundary="20 60 170 1" LineWidth="0.5"><ofd:StrokeColor Value="0 0 0"/>
<ofd:AbbreviatedData>M 0 0 L 170 0</ofd:AbbreviatedData></ofd:PathObject>%s
</ofd:Layer></ofd:Content></ofd:Page>"""


def ofd(*, sealed: bool = False, more: str = "") -> bytes:
    """The bytes of the OFD. `sealed`: it says that it bears signatures. `more`: objects on the first page."""
    stamp = io.BytesIO()
    Image.new("RGB", (20, 20), (200, 30, 30)).save(stamp, "PNG")
    files = {
        "OFD.xml": _ENTRY % ("<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>" if sealed else ""),
        "Doc_0/Document.xml": _DOCUMENT,
        "Doc_0/PublicRes.xml": _RESOURCES,
        "Doc_0/Pages/Page_0/Content.xml": _PAGE % more,
        "Doc_0/Pages/Page_1/Content.xml": _PAGE % "",
        "Doc_0/Res/stamp.png": stamp.getvalue(),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
