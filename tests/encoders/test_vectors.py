from __future__ import annotations

import re

import numpy as np
import pytest
from datasets import BROKEN, CLEAN, DATASET, write_images

import fastdup_checks
from fastdup_checks.errors import DatasetError
from fastdup_checks.records import printable

NAMES = sorted(CLEAN)
RANDOM = np.random.default_rng(0).normal(size=(len(NAMES), 5))


@pytest.fixture
def check(tmp_path):
    """Check CLEAN with vectors of one's own; what is not given is right."""

    def check(vectors=RANDOM, names=NAMES, images=CLEAN, work="report"):
        write_images(tmp_path / "images", images)
        if isinstance(vectors, np.ndarray):
            np.save(tmp_path / "v.npy", vectors)
        else:
            (tmp_path / "v.npy").write_bytes(vectors)
        text = names if isinstance(names, bytes) else "".join(f"{name}\n" for name in names).encode()
        (tmp_path / "v.txt").write_bytes(text)
        config = tmp_path / "data.yml"
        config.write_text(
            f"{DATASET}embeddings: {{npy: v.npy, files: v.txt}}\n"
            "expectations: [broken_images, {leak: {between: [train, test]}}]\n"
        )
        return fastdup_checks.check(config, work_dir=tmp_path / work)

    return check


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def vectors_of(verdicts):
    return verdicts.result.analysis.scan.vectors


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_rows_belong_to_the_images_they_name_in_any_order(check, kind):
    order = np.random.default_rng(1).permutation(len(NAMES))
    found = vectors_of(check(RANDOM.astype(kind)[order], [NAMES[at] for at in order]))
    assert np.allclose(found, unit(RANDOM), atol=1e-3)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(NAMES).encode(),
        "\r\n".join(NAMES).encode(),
        b"\xef\xbb\xbf" + "".join(f"./{n}\n" for n in NAMES).encode(),
        "\n".join(NAMES).replace("/", "\\").encode(),
    ],
)
def test_paths_may_be_written_as_other_programs_write_them(check, text):
    assert np.allclose(vectors_of(check(names=text)), unit(RANDOM), atol=1e-6)


def test_the_tables_of_a_run_serve_as_vectors(check, tmp_path):
    images = {**CLEAN, "train/cat/new\nline.png": 77, "train/cat/ünï.png": 78}
    first = fastdup_checks.run(write_images(tmp_path / "images", images), work_dir=tmp_path / "run")
    names = (tmp_path / "run" / "files.txt").read_bytes()
    again = check(np.load(tmp_path / "run" / "embeddings.npy"), names, images)
    assert np.allclose(vectors_of(again), first.analysis.scan.vectors, atol=1e-6)


def test_rows_of_other_files_and_broken_images_do_not_matter(check):
    vectors = np.vstack([RANDOM, [[np.nan] * 5]])
    found = check(vectors, [*NAMES, "elsewhere.png"], {**CLEAN, "train/cat/broken.png": BROKEN})
    assert vectors_of(found).shape == (len(NAMES), 5)
    assert [b.path for b in found.result.broken] == ["train/cat/broken.png"]


def test_huge_and_tiny_numbers_keep_their_direction(check):
    scale = np.where(np.arange(len(NAMES)) % 2, 1e200, 1e-200)[:, np.newaxis]
    assert np.allclose(vectors_of(check(RANDOM * scale)), unit(RANDOM), atol=1e-6)


def test_other_vectors_are_judged_anew_and_images_are_not_decoded_again(check):
    one = check()
    other = check(RANDOM[::-1].copy())
    assert one.result.analysis.fingerprint != other.result.analysis.fingerprint
    assert other.result.analysis.scan.measured == 0
    assert np.allclose(vectors_of(other), unit(RANDOM)[::-1], atol=1e-6)


def spoilt(row, value):
    vectors = RANDOM.copy()
    vectors[row] = value
    return vectors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": RANDOM[:-1]}, r"v\.txt: 12 paths, and 11 vectors in .*v\.npy"),
        ({"vectors": RANDOM[0]}, r"v\.npy: wanted is one row of floating-point numbers .* not float64 \[5\]"),
        ({"vectors": RANDOM[:, :0]}, r"not float64 \[12, 0\]"),
        ({"vectors": (RANDOM * 9).astype(int)}, r"not int64 \[12, 5\]"),
        ({"vectors": RANDOM.astype(complex)}, "not complex128"),
        ({"vectors": RANDOM.astype(object)}, r"v\.npy: not a readable \.npy file of numbers"),
        ({"vectors": b""}, r"v\.npy: not a readable \.npy file"),
        ({"vectors": b"PK\x03\x04 nonsense"}, r"v\.npy: not a readable \.npy file"),
        ({"names": [*NAMES[:-1], NAMES[0]]}, f"1 path has two vectors: line 12: {NAMES[0]} .first on line 1"),
        ({"names": [*NAMES[:-1], "gone.png"]}, f"1 image has no vector: {NAMES[-1]}; make their vectors, or"),
        ({"names": [f"x/{n}" for n in NAMES]}, f"none of its 12 paths is an image .* like {NAMES[0]}"),
        ({"vectors": spoilt(3, np.nan)}, rf"1 vector points nowhere: row 3 .*{NAMES[3]}: not finite"),
        ({"vectors": spoilt((3, 1), np.inf)}, rf"row 3 .*{NAMES[3]}: not finite"),
        ({"vectors": spoilt(slice(0, 11), 0.0)}, r"11 vectors point nowhere: row 0 .*all zero; .*, and 1 more"),
    ],
)
def test_faults_are_one_clear_error_and_nothing_is_left_out_in_silence(check, changes, message):
    with pytest.raises(DatasetError) as error:
        check(**changes)
    assert re.search(message, str(error.value)), str(error.value)
    assert printable(str(error.value)) == str(error.value)
