"""Hand-written tests ask of the dataset what data.yml cannot say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]


def test_findings_are_at_hand_and_shown_where_an_assertion_fails(
    project: pytest.Pytester,
    run: Run,
    xdist_args: tuple[str, ...],
) -> None:
    project.makepyfile(
        test_data="""
        import pytest

        def test_leaks(fastdup_scan):
            assert fastdup_scan.leaks("train", "test") == []

        @pytest.mark.parametrize("split, rate", [("train", 0.2), ("test", 0.0)])
        def test_rate(fastdup, split, rate):
            assert split in fastdup.splits
            assert fastdup.measure("duplicate_rate", split=split) <= rate

        @pytest.mark.parametrize("label", ["cat", "dog"])
        def test_class(fastdup, label):
            assert fastdup.measure("duplicate_rate", split="train", label=label) <= 0.1

        def test_classes(fastdup):
            assert fastdup.classes == ("cat", "dog")

        def test_verdicts(fastdup_scan):
            assert [v.expectation.id for v in fastdup_scan.verdicts.failed] == ["broken_images", "leak-train-test"]
        """,
    )
    result = run("test_data.py", "-k", "not data.yml", *xdist_args)
    result.assert_outcomes(passed=5, failed=2, deselected=0 if xdist_args == ("-n2",) else 5)
    result.stdout.fnmatch_lines(
        [
            "E *0.25 (1 of 4 images of cat in train) <= 0.1",
            "E *1.0000  train/cat/0.png  train/cat/again.png  identical",
        ],
    )
    result.stdout.fnmatch_lines(
        ["E *1 found == *", "E *Pair(a='train/dog/1.png', b='test/dog/leak.png', kind='exact'*"],
    )


def test_a_misspelt_check_is_answered_with_a_guess(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(test_data="def test(fastdup): fastdup.measure('duplicate_rat')")
    run("test_data.py").stdout.fnmatch_lines(["E *unknown check 'duplicate_rat'; did you mean 'duplicate_rate'?"])


def test_a_misspelt_value_does_not_pass(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        test_data="""
        import pytest

        @pytest.mark.parametrize("check, params", [
            ("leak", {"kind": "exactly"}),
            ("leak", {"between": ("train", "train")}),
            ("leak", {"between": ("train",)}),
            ("near_duplicate_rate", {"threshold": 98}),
            ("near_duplicate_rate", {"threshold": 0.01}),
            ("novelty_rate", {"p_value": 0}),
            ("novelty_rate", {"p_value": None}),
            ("dark", {"threshold": -4}),
            ("dark", {"threshold": float("nan")}),
            ("dark", {"threshold": True}),
            ("dark", {"split": {"train"}}),
        ])
        def test_measures(fastdup, check, params):
            with pytest.raises(ValueError, match=f"^{check}.{next(iter(params))}"):
                fastdup.measure(check, **params)

        @pytest.mark.parametrize("between, kind", [((), "exactly"), (("train",), "any"), (("train", "train"), "any")])
        def test_leaks(fastdup_scan, between, kind):
            with pytest.raises(ValueError, match="wanted|between two"):
                fastdup_scan.leaks(*between, kind=kind)

        def test_what_is_right(fastdup):
            assert fastdup.measure("leak", between=["train", "test"], kind="exact", threshold=0.9).count == 1
            assert fastdup.measure("leak", between=None).count == 1
        """,
    )
    run("test_data.py", "-k", "not data.yml").assert_outcomes(passed=15, deselected=5)


def test_values_may_be_written_as_in_the_file(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        test_data="""
        import os
        from pathlib import Path

        import numpy as np
        import pytest

        def test_numbers(fastdup):
            for share in ("98%", "0.98", 0.98, np.float64(0.98)):
                assert fastdup.measure("near_duplicate_rate", threshold=share).population == 14
            assert fastdup.measure("dark", threshold=1).count == 0

        @pytest.mark.parametrize("kind", [str, Path])
        def test_paths_are_relative_to_the_file(fastdup, fastdup_scan, kind, monkeypatch, tmp_path):
            np.save("known.npy", fastdup_scan.embeddings)
            monkeypatch.chdir(tmp_path)
            assert fastdup.measure("novelty_rate", reference=kind("known.npy")).population == 7
        """,
    )
    run("test_data.py", "-k", "not data.yml").assert_outcomes(passed=3, deselected=5)


def test_what_is_measured_is_a_number_in_an_assertion(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        test_data="""
        def test_equal(fastdup):
            assert fastdup.measure("leak", between=["train", "test"], kind="exact") == 1

        def test_unequal(fastdup):
            assert fastdup.measure("leak") == 0

        def test_less(fastdup):
            assert fastdup.measure("duplicate_rate", split="test") < 0.1
        """
    )
    result = run("test_data.py", "-k", "test_data")
    result.assert_outcomes(passed=2, failed=1, deselected=5)
    result.stdout.fnmatch_lines(["E *assert 1 (1 of * images in test, against train) == 0"])


def test_a_fixture_names_the_file_where_no_option_does(project: pytest.Pytester, run: Run) -> None:
    project.makeconftest(
        "import pytest\n\n@pytest.fixture(scope='session')\ndef fastdup_config():\n    return 'data.yml'",
    )
    project.makepyfile(test_data="def test(fastdup_scan): assert len(fastdup_scan.broken) == 1")
    run("test_data.py", config=None).assert_outcomes(passed=1)


@pytest.mark.parametrize("value", ["None", "7", "['data.yml']", "''"])
def test_a_fixture_that_names_no_file_is_one_clear_error(project: pytest.Pytester, run: Run, value: str) -> None:
    project.makeconftest(
        f"import pytest\n\n@pytest.fixture(scope='session')\ndef fastdup_config():\n    return {value}",
    )
    project.makepyfile(test_data="def test(fastdup_scan): pass")
    result = run("test_data.py", config=None)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"the fixture fastdup_config gives {value}; wanted is the path of a data.yml".replace("[", "[[]")]
    )
    assert "Traceback" not in result.stdout.str()
    assert "Error:" not in result.stdout.str()


def test_without_any_file_the_fixture_says_what_to_do(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(test_data="def test(fastdup_scan): pass")
    result = run("test_data.py", config=None)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no dataset to speak of: run pytest --fastdup-config=data.yml, *"])


def test_fixtures_are_listed_with_their_help(run: Run) -> None:
    run("--fixtures", config=None).stdout.fnmatch_lines(["fastdup_scan*session scope*", "*The scanned dataset*"])
