"""The definition of an item's form (事项表单): fields, persons, situations, fee, in the order in which they are shown.

One definition per item, versioned with the catalogue that holds it. Ages are full years (周岁), money is fen.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from domain.model import Frozen
from domain.terms import ApplicantType, Payer

MAX_FEN = 10**13
"""A hundred thousand million yuan: beyond it an amount is a slip of the finger."""

Key = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{1,39}$")]
Label = Annotated[str, Field(min_length=1, max_length=16)]
Hint = Annotated[str, Field(max_length=80)]


class _Part(Frozen):
    """Read from files that people edit: an unknown member is a slip, not something newer."""

    model_config = ConfigDict(extra="forbid")


class FieldKind(StrEnum):
    """What a field holds (栏目类型), and so how it is typed, checked and shown."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NAME = "name"
    CHOICE = "choice"
    CHOICES = "choices"  # several of them
    FLAG = "flag"
    DATE = "date"
    REGION = "region"  # GB/T 2260, 6 digits
    MONEY = "money"  # fen
    COUNT = "count"
    PHONE = "phone"
    RESIDENT_ID = "resident_id"  # 居民身份证
    CREDIT_CODE = "credit_code"  # 统一社会信用代码
    ACCOUNT = "account"  # 银行账号

    @property
    def is_number(self) -> bool:
        """Whether it is compared as a number."""
        return self in (FieldKind.MONEY, FieldKind.COUNT)

    @property
    def is_text(self) -> bool:
        """Whether it is free text."""
        return self in (FieldKind.TEXT, FieldKind.LONG_TEXT)

    @property
    def chooses(self) -> bool:
        """Whether it is picked from a list."""
        return self in (FieldKind.CHOICE, FieldKind.CHOICES)


class Tense(StrEnum):
    """On which side of the day of application a date must lie (时间方向); the day itself is on both."""

    PAST = "past"
    FUTURE = "future"


class When(_Part):
    """Under what circumstances something is asked: in one of these situations, and where a field has one of `values`.

    A flag's values are `true` and `false`. What is not asked must not be answered.
    """

    situations: tuple[Key, ...] = ()
    field: Key | None = None
    values: tuple[str, ...] = ()


class FormField(_Part):
    """One field (栏目). `most` of a text: characters; of a number: its bound; `at_most`, `not_before`: other fields.

    `declared`: a flag that must be true, a declaration. `days_ago_least`, `days_ago_most`: how many days a date must
    lie back at least and may at most.
    """

    key: Key
    label: Label
    kind: FieldKind
    required: bool = True
    hint: Hint = ""
    choices: tuple[Annotated[str, Field(min_length=1, max_length=30)], ...] = ()
    pattern: str = Field(default="", max_length=120, description="of a text, as JSON Schema; `hint` says it in words")
    least: int | None = Field(default=None, ge=0)
    most: int | None = Field(default=None, ge=1, le=MAX_FEN)
    at_most: Key | None = None
    not_before: Key | None = None
    tense: Tense | None = None
    declared: bool = False
    days_ago_least: int | None = Field(default=None, ge=0, le=40_000)
    days_ago_most: int | None = Field(default=None, ge=0, le=40_000)
    when: When | None = None


class AgeRule(_Part):
    """Full years on the day of application (周岁). `men`, `women`: least ages that differ; `basis`: the law."""

    least: int | None = Field(default=None, ge=0, le=120)
    most: int | None = Field(default=None, ge=0, le=120)
    men: int | None = Field(default=None, ge=0, le=120)
    women: int | None = Field(default=None, ge=0, le=120)
    basis: Hint = ""


class Identity(StrEnum):
    """Whether a person of a party shows a document (证件)."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"  # a newborn: date of birth and sex are asked instead


class Party(_Part):
    """Other people or firms of a matter (相关人): spouse, child, shareholder. `least` and `most`: how many.

    `of_other_sex`: than the applicant. `when_applicant_under`: asked only for younger applicants, and then required.
    `may_be_applicant`: the applicant may be named here too.
    """

    key: Key
    label: Label
    hint: Hint = ""
    least: int = Field(default=1, ge=0, le=50)
    most: int = Field(default=1, ge=1, le=50)
    types: tuple[ApplicantType, ...] = (ApplicantType.PERSONAL,)
    identity: Identity = Identity.REQUIRED
    phone: bool = False
    in_person: bool = False
    ages: AgeRule | None = None
    of_other_sex: bool = False
    may_be_applicant: bool = False
    when_applicant_under: int | None = Field(default=None, ge=1, le=120)
    when: When | None = None
    fields: tuple[FormField, ...] = ()


class ApplicantRule(_Part):
    """One thing that the item asks of the applicant. `in_person`: comes to the window; no agent, no courier at the
    door. `basis`: the law.

    """

    in_person: bool = False
    ages: AgeRule | None = None
    basis: Hint = ""
    when: When | None = None


class Situation(_Part):
    """A situation (情形) that chooses materials. `materials`: numbers of the item's list that are asked for in it;
    `needs`: those of them that must be there here though the list leaves them free; `fee_fen`: where it has its own.
    """

    key: Key
    label: Label
    hint: Hint = ""
    materials: tuple[int, ...] = Field(min_length=1)
    needs: tuple[int, ...] = ()
    fee_fen: int | None = Field(default=None, ge=0, le=10**8)


class Section(_Part):
    """A part of the page (分区): its fields, then the persons of `party`."""

    title: Label
    hint: Hint = ""
    fields: tuple[FormField, ...] = ()
    party: Key | None = None


class FeeRule(_Part):
    """The fee (收费): who may pay it and by what rule; how much is the item's fee or the situation's."""

    payers: tuple[Payer, ...] = Field(default=(Payer.APPLICANT,), min_length=1)
    basis: Hint = ""


class ResultMoney(_Part):
    """The result is a sum (金额结果): what it is called, and its bound in fen."""

    label: Label
    most_fen: int = Field(default=10**11, ge=1, le=MAX_FEN)


class FormDefinition(_Part):
    """The form of one item. `obligatory`: a case can't be registered without it, because its rules are the law's."""

    item_code: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]{2,39}$")
    note: Hint = ""
    obligatory: bool = False
    applicant: tuple[ApplicantRule, ...] = ()
    situation_label: Label = "办理情形"
    situations: tuple[Situation, ...] = ()
    sections: tuple[Section, ...] = ()
    parties: tuple[Party, ...] = ()
    fee: FeeRule | None = None
    result_money: ResultMoney | None = None

    @property
    def fields(self) -> tuple[FormField, ...]:
        """The fields of all sections, in order; those of persons are with their party."""
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def asks_age(self) -> bool:
        """Whether the applicant's age counts, so that it is asked where his document does not say it."""
        return any(rule.ages is not None for rule in self.applicant)

    @property
    def asks_sex(self) -> bool:
        """The same of the applicant's sex."""
        ages = [rule.ages for rule in self.applicant if rule.ages is not None]
        return any(rule.men is not None or rule.women is not None for rule in ages)

    def situation(self, key: str | None) -> Situation | None:
        """The situation with this key, or None."""
        return next((s for s in self.situations if s.key == key), None)

    def party(self, key: str | None) -> Party | None:
        """The party with this key, or None."""
        return next((p for p in self.parties if p.key == key), None)
