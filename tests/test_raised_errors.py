from __future__ import annotations

import pickle

import pytest
from datasets import write_project

import fastdup_checks
from fastdup_checks.errors import ConfigError, DatasetError, ExpectationFailed, MissingExtra, Problem


@pytest.mark.parametrize(
    "error",
    [
        ConfigError([Problem("data.yml", 3, "no such check"), Problem("data.yml", 0, "empty")]),
        DatasetError("images: no such folder"),
        MissingExtra("video", "frames of videos"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_whole_out_of_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_a_failed_expectation_comes_whole_out_of_another_process(tmp_path):
    config = write_project(tmp_path, "broken_images")
    with pytest.raises(ExpectationFailed) as raised:
        fastdup_checks.require(config)
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)
    assert again.report == raised.value.report
    assert [v.message for v in again.verdicts] == [v.message for v in raised.value.verdicts]
