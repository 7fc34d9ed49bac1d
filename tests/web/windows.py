"""The window of a hall in a browser: an office that serves alone, a played card reader, and a person who types."""

import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from fastapi import FastAPI

from domain.terms import Role
from domain.units import FIRST_UNIT
from sandbox import reader
from storage.people.passwords import hashed
from storage.people.users import put_user
from tests.contract.serving import served
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.office import open_office

COLLEAGUE = "clerk2"
KEY_S, DECISION_S = 0.28, 1.35
"""Of the keystroke-level model: a key of a practised typist, and a moment of looking and deciding."""


@dataclass
class Store:
    """What the played reader needs of the sandbox."""

    kept: dict = field(default_factory=dict)

    def get(self, kind, key):
        return self.kept.get((kind, key))

    def put(self, kind, key, value):
        self.kept[kind, key] = value


@dataclass
class Engine:
    store: Store = field(default_factory=Store)


@dataclass
class Window:
    """The served office with its reader."""

    office: object
    base: str
    laid: Store

    @contextmanager
    def desk(self, chromium, name="clerk", **more):
        with desk_of(chromium, self.base, **more) as opened:
            opened.log_in(name, "/window")
            yield opened


@contextmanager
def opened_window(folder):
    """An office on a database of its own, over real HTTP, with a colleague and a card reader."""
    engine = Engine()
    played = FastAPI()
    played.include_router(reader.setup(engine))
    with served(played) as agent, patch.dict("os.environ", {"READER_AGENT_URL": agent}):
        office = open_office(folder)
        with office.database.write() as session:
            put_user(session, COLLEAGUE, Role.CLERK, hashed("demo"), FIRST_UNIT[Role.CLERK])
        with served_alone(office.app) as base:
            yield Window(office, base, engine.store)
        office.database.close()


class Typist:
    """Only keys, each counted; Chinese counts as the keys of its pinyin, four for a character and one to choose."""

    def __init__(self, page):
        self.page = page
        self.keys = []
        self.decisions = 0

    def press(self, key):
        self.keys.append(key)
        self.page.keyboard.press(key)

    def type(self, text):
        for char in text:
            if unicodedata.name(char, "").startswith("CJK"):
                self.keys += ["ime"] * 3
                self.page.keyboard.insert_text(char)
            else:
                self.press(char)

    def decide(self):
        self.decisions += 1

    def seconds(self, measured_s):
        return len(self.keys) * KEY_S + self.decisions * DECISION_S + measured_s
