"""One small tree of errors; each leaf says who acts next.

KuayuError
├── BadInput               the caller mends the request             (HTTP 4xx, a sentence in Chinese)
│   ├── NotFound           the thing does not exist for this caller
│   └── Conflict           the thing has moved on
├── PartnerError           something with a partner network
│   ├── PartnerUnavailable we try again, later                      (retry, breaker)
│   │   └── PartnerResting the breaker is open: nothing was sent    (retry when a probe is due)
│   ├── AnswerLost         we repeat the command, then query        (retry)
│   ├── PartnerRefused     a person decides                         (no retry, a task)
│   └── PartnerUntrusted   nobody acts on it; security event        (retry as a lost answer)
├── LicenceOfficeAway      we try again for a moment, then a clerk looks himself
├── CarrierUnavailable     we try again, later
├── CarrierRefused         a person decides                         (no retry, a task)
├── ServiceUnavailable     we try again, later                      (HTTP 503)
├── ChannelUnavailable     we try again, later                      (messages to applicants)
├── ChannelRefused         on paper instead                         (no retry)
└── Misconfigured          the operator mends the settings
"""


class KuayuError(Exception):
    """Base. `sentence` is what a person reads, in Simplified Chinese; never personal data.

    `code`: a stable word for programs and logs, "" for none. `field`: the member of the request that is at fault.
    """

    def __init__(self, sentence: str, *, code: str = "", field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.field = field


class BadInput(KuayuError):
    """The caller mends the request; nothing was changed."""


class NotFound(BadInput):
    """Does not exist, or not for this caller: the same answer, so that it says nothing about what exists."""


class Conflict(BadInput):
    """The thing has moved on since the caller looked."""


class PartnerError(KuayuError):
    """Something with a partner network. `code`: the network's own, else one of ours (`TIMEOUT`, `NO_QUERY` …).

    `retry_after_s`: seconds to wait, where the partner asked for it; None: it did not.
    """

    def __init__(self, sentence: str, *, code: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(sentence, code=code)
        self.retry_after_s = retry_after_s


class PartnerUnavailable(PartnerError):
    """Not reachable, busy or slow: tried again until the case's own deadline."""


class PartnerResting(PartnerUnavailable):
    """The circuit breaker is open: nothing was sent. `retry_after_s`: seconds until the next attempt may be made."""


class AnswerLost(PartnerError):
    """The effect is unknown: the same command is sent again under the same key; lost again, the status is queried."""


class PartnerUntrusted(AnswerLost):
    """An answer that is not signed as agreed; counts as lost and leaves a security event."""


class PartnerRefused(PartnerError):
    """The partner said no for good: a person decides."""


class CarrierUnavailable(KuayuError):
    """The carrier's program is not reachable, busy or unreadable: tried again (a booking has its own key)."""


class CarrierRefused(KuayuError):
    """The carrier said no for good; `code` is its own word or the HTTP status. A person decides."""


class ServiceUnavailable(KuayuError):
    """A program that we lean on, the store of documents or the virus scanner, is away or slow: tried again, later."""


class ChannelUnavailable(KuayuError):
    """The provider is not reachable, busy or unreadable: tried again under the same id."""


class ChannelRefused(KuayuError):
    """The provider said no for good; `code` is its own word or the HTTP status."""


class LicenceOfficeAway(KuayuError):
    """The licence office is not reachable, busy, unreadable or not believed; `code`: why."""


class Misconfigured(KuayuError):
    """A setting is missing or wrong; the sentence names the variable. The operator mends it."""
