"""What the demo's comparison of both sides' books takes for late, and what stays a fault."""

from collections import Counter

from demo.verify import late_ones

HANDLING = "500103202611230000013"


def said(event: str, at: int, received: int, took_effect: bool, handling_no: str = HANDLING) -> dict:
    return {
        "handlingNo": handling_no,
        "event": event,
        "at": f"2026-11-23T02:00:{at:02d}+00:00",
        "receivedAt": f"2026-11-23T02:01:{received:02d}+00:00",
        "tookEffect": took_effect,
    }


def test_what_came_when_a_later_word_had_taken_effect_is_late():
    told = [said("APPROVED", 4, 10, True), said("REVIEWING", 3, 15, False)]
    assert late_ones(told, HANDLING) == Counter({"REVIEWING": 1})


def test_what_came_first_and_had_no_effect_is_not():
    """Acknowledged in its turn: that is the fault that the comparison is for."""
    assert late_ones([said("REVIEWING", 3, 10, False), said("APPROVED", 4, 15, True)], HANDLING) == Counter()


def test_a_word_behind_all_others_is_not():
    assert late_ones([said("APPROVED", 4, 10, True), said("RESULT_SENT", 5, 15, False)], HANDLING) == Counter()


def test_another_handlings_words_excuse_nothing():
    told = [said("APPROVED", 4, 10, True, "500103202611230000021"), said("REVIEWING", 3, 15, False)]
    assert late_ones(told, HANDLING) == Counter()
