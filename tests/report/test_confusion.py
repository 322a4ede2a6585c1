"""The page shows which classes are confused, with two of them and with a thousand."""

from __future__ import annotations

import numpy as np
import pytest
from studio import Studio

from fastdup_checks.labels import LabelSuspects
from fastdup_checks.report.confusion import find_confusion
from fastdup_checks.report.gallery import render_gallery


def suspects(mistaken: np.ndarray) -> LabelSuspects:
    wrong = mistaken / 4.0
    np.fill_diagonal(wrong, 0)
    given, looks = (place.astype(np.int32) for place in np.nonzero(mistaken))
    images = mistaken[given, looks].astype(np.int32)
    return LabelSuspects(
        np.zeros(0, np.float32), np.zeros(0, np.int32), given, looks, images, wrong[given, looks], np.ones(())
    )


def test_the_pair_that_is_confused_most_stands_first() -> None:
    found = find_confusion(["cat", "dog", "fox"], suspects(np.array([[8, 2, 0], [5, 15, 0], [0, 1, 9]])))
    assert found is not None
    assert [(p.label, p.looks, p.images, p.share, p.wrong) for p in found.pairs] == [
        ("dog", "cat", 5, 0.25, 1.25),
        ("cat", "dog", 2, 0.2, 0.5),
        ("fox", "dog", 1, 0.1, 0.25),
    ]
    assert found.classes == ("cat", "dog", "fox")
    assert found.counts == ((8, 2, 0, 0), (5, 15, 0, 0), (0, 1, 9, 0))
    assert [found.shade(0, column) for column in range(3)] == ["own", "h2", "h0"]
    assert found.shade(1, 0) == "h3"
    assert found.shade(2, 1) == "h1"


def test_classes_that_are_never_confused_need_no_matrix() -> None:
    assert find_confusion(["a", "b"], suspects(np.diag([4, 5]))) is None


@pytest.mark.parametrize("count", [2, 13, 1000])
def test_any_number_of_classes_makes_a_small_matrix_that_counts_every_image(count: int) -> None:
    rng = np.random.default_rng(0)
    mistaken = rng.poisson(0.1, (count, count)) + 20 * np.eye(count, dtype=int)
    mistaken[1, 0] = 30
    found = find_confusion([f"class {n}" for n in range(count)], suspects(mistaken))
    assert found is not None
    assert (found.pairs[0].label, found.pairs[0].looks) == ("class 1", "class 0")
    assert len(found.pairs) <= 12
    assert {"class 0", "class 1"} <= set(found.classes)
    assert len(found.classes) == min(count, 12)
    for name, counts in zip(found.classes, found.counts, strict=True):
        assert sum(counts) == mistaken[int(name.split()[1])].sum()


def test_hostile_names_are_escaped(studio: Studio) -> None:
    studio.image("train/a/1.jpg", 1)
    confusion = find_confusion(["<b>", "a\nb\udcff"], suspects(np.array([[3, 1], [0, 4]])))
    html = render_gallery(studio.page(confusion=confusion))
    html.encode("utf-8")
    assert "Confused classes" in html
    assert "&lt;b&gt;" in html
    assert "<b></td>" not in html
    assert "Confused classes" not in render_gallery(studio.page())
