from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from studio import verdict

from fastdup_checks.expectation import Bound
from fastdup_checks.findings import Finding
from fastdup_checks.report.charts import balance, bullet, histogram
from fastdup_checks.report.page import Distribution, Tally

values = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))


@example(np.array([5e-324, 0.0]))
@given(values)
def test_a_histogram_holds_every_value_and_stays_in_its_box(numbers: np.ndarray) -> None:
    drawn = histogram(Distribution("x", numbers))
    assert drawn is not None
    assert sum(int(text.rpartition(" ")[2]) for *_, text in drawn.bars) == len(numbers) == drawn.count
    for x, width, height, _ in drawn.bars:
        assert 0 <= x <= x + width <= 100.01
        assert 0 < height <= 100


def test_values_that_are_not_finite_are_left_out() -> None:
    drawn = histogram(Distribution("x", np.array([1.0, np.nan, np.inf, 2.0])))
    assert drawn is not None
    assert drawn.count == 2
    assert histogram(Distribution("x", np.array([np.nan]))) is None
    assert histogram(Distribution("x", np.array([]))) is None


def test_the_threshold_is_drawn_where_it_lies() -> None:
    drawn = histogram(Distribution("x", np.array([0.0, 10.0]), 2.5))
    assert drawn is not None
    assert drawn.threshold == 25


def test_the_axis_reaches_as_far_as_a_threshold_beyond_the_values() -> None:
    drawn = histogram(Distribution("x", np.array([0.0, 10.0]), 20))
    assert drawn is not None
    assert (drawn.low, drawn.high, drawn.threshold, drawn.threshold_text) == ("0", "20", 100, "20")
    assert drawn.summary.startswith("x: 2 values from 0 to 10")
    assert all(x < 100 for x, *_ in drawn.bars)


def test_classes_come_by_size_and_their_parts_add_up() -> None:
    drawn = balance(
        [Tally("train", "cat", 3), Tally("test", "cat", 1), Tally("train", "dog", 8), Tally("train", None, 5)]
    )
    assert drawn is not None
    assert [(label, images) for label, images, _ in drawn.rows] == [("dog", 8), ("cat", 4)]
    assert drawn.rows[1][2] == ((0, 37.5, 0, 3), (37.5, 12.5, 1, 1))
    assert drawn.splits == ("train", "test")


def test_many_classes_are_summed_up() -> None:
    drawn = balance([Tally(None, f"c{i:03}", 1) for i in range(100)])
    assert drawn is not None
    assert drawn.rest == f"and {100 - len(drawn.rows)} more classes with {100 - len(drawn.rows)} images"


def test_without_labels_there_is_no_balance() -> None:
    assert balance([Tally("train", None, 3)]) is None


@pytest.mark.parametrize(("value", "limit"), [(0.02, 0.01), (0.0, 0.01), (5.0, 0.0)])
def test_a_bullet_keeps_value_and_bound_in_proportion(value: float, limit: float) -> None:
    drawn = bullet(verdict("x", [], value=value, bound=Bound("at_most", limit)))
    assert drawn is not None
    assert max(drawn.value, drawn.bound) < 100
    assert drawn.value * limit == pytest.approx(drawn.bound * value, abs=1e-3)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_there_is_no_bullet_where_there_is_nothing_to_compare(value: float) -> None:
    assert bullet(verdict("x", [Finding(("a",), 1, "")], value=value, bound=Bound("at_most", 0))) is None
