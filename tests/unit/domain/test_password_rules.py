"""A password that guessers try first is refused, however it is dressed up; the sentence says why, not what."""

import pytest

from domain.password_rules import (
    MAX_LENGTH,
    MIN_LENGTH,
    PUBLIC,
    PasswordRefused,
    check_password,
    is_public,
    normal,
)


def why(password, username="wangmin"):
    with pytest.raises(PasswordRefused) as refused:
        check_password(password, username)
    assert (refused.value.code, refused.value.field) == ("PASSWORD", "password")
    assert not password or password not in refused.value.sentence
    return refused.value.sentence


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "tN7-hq2-Lw9-pz4",
        "blue-kettle-41-moon",
        "紫色长颈鹿爱吃煎饼果子哦",
        "G7mq2tbx9wkd",
        "#7;q!)(=?%$&z",
        "a-long-password",
        "xqzvk7wmtrh2",
    ],
)
def test_what_nobody_guesses_is_taken(password):
    check_password(password, "wangmin")


@pytest.mark.parametrize("password", ["", "demo", "1234567890", "abc", "G7mq2tbx9wk", "紫色长颈鹿"])
def test_a_short_one_is_told_how_long_it_is(password):
    said = why(password)
    assert f"至少{MIN_LENGTH}个字符" in said
    assert f"现在是{len(password)}个" in said


@pytest.mark.parametrize(
    "password", ["123456789012", "20261123202611", "13800000001138", "１２３４５６７８９０１２", "987654321987"]
)
def test_digits_alone_are_none(password):
    assert "不能只有数字" in why(password)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("password2026", "常见词"),
        ("Password2026!", "年份"),
        ("P@ssw0rd1234", "常见词"),
        ("p.a.s.s.w.o.r.d", "常见词"),
        ("ｐａｓｓｗｏｒｄ１２３４５", "常见词"),
        ("drowssap123!", "常见词"),
        ("Kuayu@2026!!", "常见词"),
        ("k.u.a.y.u.d.e.m.o.2.0.2.6", "常见词"),
        ("demodemodemo", "常见词"),
        ("kuayu-yuzhong-2026", "常见词"),
        ("渝中区政务服务大厅2026年", "常见词"),
        ("Woaini5201314", "常见词"),
        ("qwertyuiop12", "键盘"),
        ("1qaz2wsx3edc4rfv", "键盘"),
        ("1qaz@WSX3edc$RFV", "键盘"),
        ("!@#$%^&*()_+", "键盘"),
        ("zxcvbnm,./asdf", "键盘"),
        ("abcdefghijklmnop", "连续"),
        ("aaaaaaaaaaaa", "重复"),
        ("xK9#xK9#xK9#", "重复"),
        ("hahahahahaha", "重复"),
        ("13800000001a", "电话"),
        ("11010519491231002X", "证件"),
        ("wangmin20261123", "用户名"),
        ("W4ngm1n!2026!", "用户名"),
        ("wang.min.wang.min", "用户名"),
        ("nimgnaw-2026-11", "用户名"),
    ],
)
def test_what_is_known_counts_as_one_character(password, said):
    assert said in why(password, "wang.min" if "." in password and "wang" in password else "wangmin")


def test_a_name_is_known_of_its_owner_only():
    check_password("zhaoliqun19850312", "clerk")
    assert "您的用户名" in why("zhaoliqun19850312", "zhaoliqun")


def test_a_short_part_of_a_name_is_no_word():
    check_password("li-seven-grey-herons", "li")


@pytest.mark.parametrize("password", ["nine blue\u200bkettles", "nine blue kettles\n", "nine\x00blue kettles"])
def test_what_cannot_be_seen_is_refused(password):
    assert "看不见" in why(password)


def test_one_that_the_login_would_not_take_is_refused():
    long = "".join(chr(0x4E00 + 37 * number) for number in range(MAX_LENGTH))
    check_password(long, "wangmin")
    assert f"最多{MAX_LENGTH}个字符" in why(long + "春")
    assert f"最多{MAX_LENGTH}个字符" in why("e\u0301" * (MAX_LENGTH // 2 + 1)), "as it is typed, not as it is kept"


def test_forms_of_one_character_are_one_password():
    assert normal("ｎｉｎｅ　ｂｌｕｅ") == "nine blue"


@pytest.mark.parametrize("password", [*PUBLIC, "ｄｅｍｏ"])
def test_what_we_have_printed_is_public(password):
    assert is_public(password)


@pytest.mark.parametrize("password", ["Demo", "demo ", "", "demodemo"])
def test_what_we_have_not_printed_is_not(password):
    assert not is_public(password)


def test_the_words_are_each_there_once_and_lower_case():
    from importlib import resources

    lines = resources.files("domain").joinpath("guessable.txt").read_text("utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    assert len(words) > 150
    assert sorted(set(words)) == sorted(words)
    assert [word for word in words if word != word.lower() or word != word.strip()] == []
