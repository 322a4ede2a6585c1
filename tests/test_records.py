from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.folder import FolderReader
from fastdup_checks.records import Dataset, Record, printable, valid_text, valid_texts


@given(st.text())
def test_valid_text_stays_as_it_is(text):
    assert valid_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("a\udcffb", "a\\xffb"), ("a\ud800b", "a\\ud800b"), ("\ud800\udcff", "\\ud800\\udcff")]
)
def test_what_is_no_text_is_spelt_out(text, shown):
    assert valid_text(text) == shown


@given(st.lists(st.text(st.characters(codec=None))))
def test_many_texts_are_spelt_like_each_of_them(texts):
    assert valid_texts(texts) == [valid_text(text) for text in texts]


@given(st.text(st.characters(codec=None)))
def test_whatever_is_shown_is_on_one_line_and_can_be_written(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown


def test_classes_that_only_spelling_tells_apart_are_remarked_on(tmp_path):
    def remarks(*labels):
        records = tuple(Record(f"{number}.png", label=label) for number, label in enumerate(labels))
        return Dataset(tmp_path, FolderReader(tmp_path), records, labelled=True).remarks

    assert remarks("cat", "dog", "cats", None) == ()
    assert remarks("T-Shirt", "t shirt ", "dog", "dog", "Dog") == (
        "classes 'Dog' and 'dog' differ in case, spaces or dashes only: are they one?",
        "classes 'T-Shirt' and 't shirt ' differ in case, spaces or dashes only: are they one?",
    )
