"""Who reissues a paper that was lost on its way."""

import pytest

from domain.terms import MaterialForm
from logistics.reissue import reissue_of

F = MaterialForm


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("居民身份证", "公安机关派出所"),
        ("居民户口簿", "户籍地派出所"),
        ("申请人及配偶的结婚证", "婚姻登记机关"),
        ("户口迁移证", "原签发的公安机关"),
        ("毕业证书", "原发证学校"),
        ("住院医疗费用发票", "原开票单位"),
        ("一份别处没有的证明", "原签发机关"),
    ],
)
def test_an_original_comes_from_its_issuer(name, issuer):
    found = reissue_of(name, F.ORIGINAL)
    assert (found.issuer, found.needed) == (issuer, True)
    assert found.how


@pytest.mark.parametrize("form", [F.COPY, F.FORM, F.ELECTRONIC])
def test_what_the_hall_can_print_again_needs_no_reissue(form):
    found = reissue_of("居民身份证", form)
    assert (found.issuer, found.needed) == ("窗口", False)
