"""Products of matrices use one core while something is computed, and as many as before afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from fastdup_checks.derived import derive
from fastdup_checks.one_core import one_core


def threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _two_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, user_api="blas"):
        if set(threads()) != {2}:
            pytest.skip("this library of linear algebra has no setting")
        yield


def test_one_thread_inside_and_as_many_as_before_outside():
    with one_core():
        assert set(threads()) == {1}
    assert set(threads()) == {2}


def test_the_last_one_out_takes_it_back():
    with one_core():
        with one_core():
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert set(threads()) == {2}


def test_an_error_takes_it_back():
    with pytest.raises(ValueError, match="no"), one_core():
        raise ValueError("no")
    assert set(threads()) == {2}


def test_what_is_derived_is_computed_on_one_core(tmp_path):
    found = derive(tmp_path, "threads-1", (), lambda: {"threads": np.array(threads())})
    assert set(found["threads"].tolist()) == {1}
    assert set(threads()) == {2}
