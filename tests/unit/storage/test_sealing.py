"""Both ciphers as their standards say, told apart by the key that a value names."""

import pytest
from cryptography.exceptions import InvalidTag

from storage.ciphers import Algorithm, Key, aead_of
from storage.sealing import Sealer, header_of, kid_of

PLACE = "case/50010320261123000001X"


def test_sm4_gcm_is_that_of_rfc_8998():
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                          "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")  # fmt: skip
    more = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = bytes.fromhex("17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
                           "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
                           "83de3541e4c2b58177e065a9bf7b62ec")  # fmt: skip
    cipher = aead_of(Key(key, Algorithm.SM4))
    assert cipher.encrypt(nonce, plain, more) == sealed
    assert cipher.decrypt(nonce, sealed, more) == plain


@pytest.mark.parametrize("key", [Key(b"k" * 32), Key(b"k" * 16, Algorithm.SM4)], ids=["aes", "sm4"])
def test_whatever_is_altered_does_not_open(key):
    sealer = Sealer({"k1": key})
    sealed = sealer.seal("渝中区".encode(), PLACE)
    assert sealer.open(sealed, PLACE) == "渝中区".encode()
    assert sealer.seal(b"", PLACE) != sealer.seal(b"", PLACE)
    for place in range(3, len(sealed)):  # beyond the key id
        broken = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(InvalidTag):
            sealer.open(broken, PLACE)
    with pytest.raises(InvalidTag):
        sealer.open(sealed[:20], PLACE)
    with pytest.raises(InvalidTag):
        sealer.open(sealed, PLACE + "X")


def test_a_key_of_the_other_cipher_takes_over_and_old_values_stay_readable():
    aes, sm4 = Key(b"a" * 32), Key(b"s" * 16, Algorithm.SM4)
    before = Sealer({"a": aes}).seal(b"x", PLACE)
    both = Sealer({"s": sm4, "a": aes})
    assert both.open(before, PLACE) == b"x"
    anew = both.reseal(before, PLACE)
    assert (kid_of(before), kid_of(anew), both.kid) == ("a", "s", "s")
    assert anew.startswith(header_of("s"))
    assert Sealer({"s": sm4}).open(anew, PLACE) == b"x"
