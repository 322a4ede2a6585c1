from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.findings import Measurement
from fastdup_checks.verdict import format_bound, format_value, headline, judge, skipped


def expectation(bound, unit="share", severity="error"):
    return Expectation("x", "x", bound, unit, None, severity=severity)


@given(st.integers(0, 400), st.integers(1, 400))
def test_a_bound_holds_exactly_at_itself(count, population):
    value = count / population
    assert Bound("at_most", value).holds(value)
    assert Bound("at_least", value).holds(value)
    assert not Bound("at_most", math.nextafter(value, -1)).holds(value)
    assert not Bound("at_least", math.nextafter(value, math.inf)).holds(value)


def test_a_bound_of_zero_is_met_by_zero():
    verdict = judge(expectation(Bound("at_most", 0), "images"), Measurement(0, "images", 0, 10, "images"))
    assert verdict.outcome == "passed"


@pytest.mark.parametrize("direction", ["at_most", "at_least"])
def test_nothing_measured_keeps_to_no_bound(direction):
    verdict = judge(expectation(Bound(direction, 0.5)), Measurement(math.nan, "share", 0, 0, "images"))
    assert verdict.failed
    assert "nothing to measure" in verdict.message


def test_a_warning_does_not_fail():
    verdict = judge(expectation(Bound("at_most", 0), severity="warn"), Measurement(0.5, "share", 1, 2, "images"))
    assert verdict.outcome == "warned"
    assert not verdict.failed


def test_a_known_failure_does_not_fail_until_it_is_none():
    known = replace(expectation(Bound("at_most", 0)), xfail="ticket 7")
    verdict = judge(known, Measurement(0.5, "share", 1, 2, "images"))
    assert (verdict.outcome, verdict.failed) == ("xfailed", False)
    assert verdict.message == "x: 50%, above the 0% allowed (1 of 2 images); known to fail (ticket 7)"
    verdict = judge(known, Measurement(0, "share", 0, 2, "images"))
    assert verdict.failed
    assert "remove its xfail (ticket 7)" in verdict.message
    assert judge(replace(known, severity="warn"), Measurement(0, "share", 0, 2, "images")).outcome == "warned"


def test_the_message_says_value_bound_numerator_and_denominator():
    verdict = judge(expectation(Bound("at_most", 0.01)), Measurement(0.025, "share", 5, 200, "images in train"))
    assert verdict.message == "x: 2.5%, above the 1% allowed (5 of 200 images in train)"


@given(st.integers(1, 10**7))
def test_a_share_never_prints_as_a_bound_that_it_is_not(population):
    assert format_value(1 / population, "share") != "0%"
    assert format_value(1 - 1 / (population + 1), "share") != "100%"


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10_000), st.sampled_from(["share", "statistic"]))
def test_no_value_prints_as_the_bound_beside_it_that_it_is_not(count, population, bound, unit):
    value, bound = min(count / population, 1.0), bound / 10_000
    assert (format_value(value, unit, beside=bound) == format_value(bound, unit)) == (value == bound)


@given(st.floats(0, 1), st.integers(-3, 3), st.integers(5, 9), st.sampled_from(["share", "statistic"]))
def test_a_value_is_printed_on_the_side_of_the_bound_on_which_it_is(bound, steps, digits, unit):
    bound = round(bound, digits)
    value = min(max(bound + steps * 10**-8, 0), 1)
    said = [text.split()[0].rstrip("%") for text in (format_value(value, unit, beside=bound), said_bound(bound, unit))]
    assert (float(said[0]) < float(said[1]), said[0] == said[1]) == (value < bound, value == bound)


def said_bound(bound, unit):
    return format_bound(Bound("at_most", bound), unit)


def test_a_bound_that_is_missed_by_one_image_of_many_is_said_to_be_missed():
    verdict = judge(expectation(Bound("at_most", 0.01)), Measurement(1001 / 100_000, "share", 1001, 100_000, "images"))
    assert verdict.message == "x: 1.001%, above the 1% allowed (1001 of 100000 images)"


def test_nothing_measured_is_not_called_above_or_below():
    expectation = Expectation("x", "duplicate_rate", Bound("at_most", 0), "share", None)
    verdict = judge(expectation, Measurement(math.nan, "share", 0, 0, "images"))
    assert verdict.failed
    assert verdict.message == "x: nothing to measure, with 0% allowed (among 0 images)"


def test_the_headline_hides_no_warning_and_nothing_skipped():
    def verdicts(*bounds, severity="error"):
        measurement = Measurement(1, "images", 1, 10, "images")
        return [judge(expectation(Bound("at_most", b), "images", severity), measurement) for b in bounds]

    assert headline(verdicts(1, 2)) == "all 2 expectations passed"
    assert headline(verdicts(1)) == "1 expectation passed"
    assert headline(verdicts(0, 1, 2)) == "1 of 3 expectations failed"
    left = skipped(replace(expectation(Bound("at_most", 0)), skip="later"))
    assert (
        headline([*verdicts(1, 2), *verdicts(0, severity="warn"), left]) == "2 expectations passed, 1 warned, 1 skipped"
    )


def test_the_headline_of_a_run_without_bounds_speaks_of_no_expectation():
    measurement = Measurement(1, "images", 1, 10, "images")
    assert headline([judge(expectation(None), measurement)] * 3) == "3 measured, nothing expected"


def test_a_measurement_is_compared_as_its_value_is():
    half, none = Measurement(0.5, "share", 1, 2, "images"), Measurement(0, "images", 0, 2, "images")
    assert half == 0.5
    assert none == 0
    assert none != 1
    assert half < 0.6
    assert half > 0.4
    assert not half < 0.5
    assert hash(none) == hash(0)
    assert half == replace(half)
    assert half != replace(half, remark="1 unreadable image is not counted")
    assert half != "0.5"
    unknown = Measurement(math.nan, "share", 0, 0, "images")
    assert not unknown < 1
    assert not unknown > 0
    assert unknown != 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("images", "1 image"),
        ("labelled images of classes in train", "1 labelled image of classes in train"),
        ("groups of copies of 12 images", "1 group of copies of 12 images"),
        ("classes of the images in train", "1 class of the images in train"),
        ("images of pairs", "1 image of pairs"),
    ],
)
def test_a_population_of_one_is_no_plural(name, said):
    verdict = judge(expectation(Bound("at_most", 0)), Measurement(0, "share", 0, 1, name))
    assert verdict.message == f"x: 0%, within the 0% allowed (0 of {said})"
