"""Patterns mean the files that people expect, however a system spells their names."""

from __future__ import annotations

import unicodedata

import pytest

from fastdup_checks.folder import open_folder
from fastdup_checks.globs import Globs


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("*.png", "a.png", True),
        ("*.png", "b/a.png", False),
        ("**/*.png", "a.png", True),
        ("**/*.png", "b/c/a.png", True),
        ("b/**", "b/c/a.png", True),
        ("./b/?.png", "b/a.png", True),
        ("b/?.png", "b/aa.png", False),
        ("a+(1).png", "a+(1).png", True),
        ("site[0-3]/*.png", "site2/a.png", True),
        ("site[0-3]/*.png", "site4/a.png", False),
        ("site[!0-3]/*.png", "site4/a.png", True),
        ("site[!0-3]/*.png", "site2/a.png", False),
        ("site[!0-3]a.png", "site/a.png", False),
        ("site[+-9]a.png", "site/a.png", False),
        ("[]x]/a.png", "]/a.png", True),
        ("[^a]/a.png", "b/a.png", False),
        ("[a&&b~]/a.png", "~/a.png", True),
        (r"[\d]/a.png", "7/a.png", False),
        ("[a--c]/a.png", "-/a.png", True),
        ("[z-a]/a.png", "[z-a]/a.png", True),
        ("[2024]/*.png", "[2024]/a.png", True),
        ("[a.png", "[a.png", True),
        ("**/*.{jpg,p?g}", "b/a.png", True),
        ("**/*.{jpg,p?g}", "b/a.gif", False),
        ("{train,val}/**", "val/c/a.png", True),
        ("{a,b}.png", "{a,b}.png", True),
        ("{a}.png", "{a}.png", True),
        ("a{b.png", "a{b.png", True),
    ],
)
def test_a_pattern_means_what_shells_mean_by_it(pattern, path, meant):
    assert Globs.of([pattern]).match(path) is meant
    assert not Globs.of([]).match(path)


@pytest.mark.parametrize("asked", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_an_accent_is_the_same_as_a_letter_of_its_own(tmp_path, asked, written):
    folder = tmp_path / unicodedata.normalize(written, "\u00e9t\u00e9")
    folder.mkdir()
    (folder / "1.png").write_bytes(b"")
    (tmp_path / "rest").mkdir()
    (tmp_path / "rest" / "2.png").write_bytes(b"")
    name = unicodedata.normalize(asked, "\u00e9t\u00e9")
    dataset = open_folder(tmp_path, splits={"train": [name], "test": ["rest"]}, labels="parent_folder")
    assert {(record.split, record.label) for record in dataset.records} == {("test", None), ("train", None)}
    with pytest.raises(Exception, match="no image in split 'train'"):
        open_folder(tmp_path, splits={"train": [name], "test": ["rest"]}, exclude=[name])
