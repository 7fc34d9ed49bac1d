"""Measured on the process: a callback that comes packed is refused without being unfolded."""

from tests.unit.exchange.resident import ALLOWED, MB, added, packed
from tests.unit.exchange.sichuan_callbacks import callback, content, open_sichuan_office


def test_a_packed_callback_is_not_even_unfolded(tmp_path):
    office = open_sichuan_office(tmp_path)
    bomb = callback(packed(200 * MB, bytes(MB)), **{"Content-Encoding": "gzip"})
    assert added(lambda: office.send(bomb)) < ALLOWED
    assert office.send(callback(content()))[0] == 200
    office.database.close()
