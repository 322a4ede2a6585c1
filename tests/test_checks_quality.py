"""The checks on quality and balance count over the right images and say which class or rule it is."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from copies.pictures import photograph
from datasets import write_images
from PIL import Image, ImageEnhance, ImageOps
from test_statistics import scene

import fastdup_checks
from fastdup_checks.analysis import Analysis
from fastdup_checks.checks import CHECKS
from fastdup_checks.checks.labels import labels_told
from fastdup_checks.encoders.plan import DEFAULT, VectorPlan, model_key
from fastdup_checks.errors import DatasetError
from fastdup_checks.quality import RULES


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def archived(vectors: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, vectors)
    return out.getvalue()


def nearly(vector: np.ndarray, count: int) -> np.ndarray:
    """Vectors that are next to one and to each other."""
    near = vector + 1e-4 * np.random.default_rng(0).normal(size=(count, len(vector)))
    near[0] = vector
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    files = {
        f"{split}/{label}/{number}.png": encoded(scene(64, 1000 * len(split) + 10 * number + len(label)))
        for split in ("train", "test")
        for label, count in (("cat", 6), ("horse", 2 if split == "train" else 0), ("ox", 3))
        for number in range(count)
    }
    files["train/cat/blank.png"] = encoded(Image.new("RGB", (80, 60), "grey"))
    files["test/cat/night.png"] = encoded(scene(64, 99).point(lambda v: v * 0.05))
    files["test/cat/broken.png"] = b"no image"
    plan = fastdup_checks.run(write_images(folder / "images", files), work_dir=folder / "out")
    return plan.analysis


def measure(analysis, name, **params):
    return CHECKS[name].measure(analysis, CHECKS[name].params(**params))


@pytest.mark.parametrize("check", [check for check in CHECKS.values() if check.needs], ids=lambda check: check.name)
def test_a_dataset_without_what_a_check_needs_does_not_pass(tmp_path, check):
    images = {f"{n}.png": encoded(scene(64, n)) for n in range(2)}
    plain = fastdup_checks.run(write_images(tmp_path / "images", images), work_dir=tmp_path / "out").analysis
    with pytest.raises(DatasetError, match=f"{check.name} needs .*, and the dataset has none"):
        check.measure(plain, check.params())


def test_each_rule_is_a_check_that_counts_in_its_scope(analysis):
    everywhere = measure(analysis, "low_information")
    assert [finding.images for finding in everywhere.findings] == [("train/cat/blank.png",)]
    assert (everywhere.count, everywhere.population) == (1, len(analysis.images))
    assert measure(analysis, "low_information", split="test").count == 0
    assert measure(analysis, "dark", split="test").findings[0].note == "dark: 0.0471 against 0.25"
    assert measure(analysis, "dark", threshold=0.01).count == 0


def test_flawed_images_counts_an_image_once(analysis):
    found = measure(analysis, "flawed_images")
    assert {finding.images[0] for finding in found.findings} == {"train/cat/blank.png", "test/cat/night.png"}
    assert found.count == 2


def test_class_balance_is_the_smallest_by_the_largest_class(analysis):
    assert measure(analysis, "class_balance").value == pytest.approx(2 / 14)
    assert measure(analysis, "class_balance", split="test").value == 0
    assert measure(analysis, "class_balance", label="ox").value == pytest.approx(6 / 14)
    assert measure(analysis, "class_balance", label="ox", split="train").value == pytest.approx(3 / 7)
    assert measure(analysis, "class_balance", label="cat").value == 1
    assert measure(analysis, "class_balance").remark.startswith("horse has 2 images, cat 14; 1 unreadable image is ")
    assert measure(analysis, "class_balance", split="test").remark.startswith("horse has 0 images, cat 7")
    assert "has" not in measure(analysis, "class_balance", label="cat").remark


def test_a_class_without_a_readable_image_is_the_smallest_and_agrees_with_nothing(tmp_path):
    files = {"a/1.png": encoded(scene(64, 1)), "a/2.png": encoded(scene(64, 2)), "b/1.png": b"no image"}
    plain = fastdup_checks.run(write_images(tmp_path / "images", files), work_dir=tmp_path / "out").analysis
    assert np.isnan(measure(plain, "label_consistency").value)
    assert measure(plain, "label_consistency").remark.startswith("no two classes have readable images")
    found = measure(plain, "class_balance")
    assert (found.value, found.population) == (0, 2)
    assert [(f.images, f.note) for f in found.findings] == [((), "b has 0 images, the largest class 2")]


def test_labels_that_have_slipped_by_most_of_a_class_are_nothing_to_measure(tmp_path):
    def colours(shade, number):
        noise = np.random.default_rng(number).integers(0, 40, (64, 64, 3), dtype=np.uint8)
        return encoded(Image.fromarray(noise + np.array(shade, np.uint8)))

    shades = {"red": (180, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 180)}
    images = [colours(shade, 20 * place + n) for place, shade in enumerate(shades.values()) for n in range(20)]
    right = [name for name in shades for _ in range(20)]
    mixed = [right[(7 * row) % 60] for row in range(60)]
    for place, (labels, told) in enumerate(((right, True), (mixed, False))):
        files = {f"{label}/{row}.png": image for row, (label, image) in enumerate(zip(labels, images, strict=True))}
        folder = write_images(tmp_path / str(place), files)
        result = fastdup_checks.run(folder, work_dir=tmp_path / "out")
        found = measure(result.analysis, "label_consistency")
        assert np.isfinite(found.value) == labels_told(result.analysis) == told
        assert bool(result.label_suspects(0.0)) == told
        assert bool(measure(result.analysis, "label_consistency", threshold=0.0).findings) == told
        assert 'id="confusion"' not in result.gallery.read_text(encoding="utf-8")
        assert ("next to nothing" in found.remark) != told


def test_missing_class_names_the_class_and_the_split(analysis):
    found = measure(analysis, "missing_class")
    assert [finding.note for finding in found.findings] == ["horse has no images in test"]
    assert measure(analysis, "missing_class", split="train").count == 0


@pytest.mark.parametrize("name", ["class_balance", "missing_class"])
def test_images_are_not_gone_through_once_for_each_class(analysis, name):
    class Counted(tuple):
        __slots__ = ()
        rounds = 0

        def __iter__(self):
            Counted.rounds += 1
            return super().__iter__()

    one = analysis.images[0]
    labels = [*map(str, range(20)), *["many"] * 30]
    images = Counted(replace(one, path=f"{place}.png", label=label) for place, label in enumerate(labels))
    scan = replace(analysis.scan, images=images, broken=())
    dataset = replace(scan.dataset, records=images)
    found = measure(Analysis(replace(scan, dataset=dataset)), name)
    assert found.count >= 20
    assert all(finding.images == (f"{dict(finding.evidence)['label']}.png",) for finding in found.findings[:20])
    assert Counted.rounds < 10


@pytest.mark.parametrize("name", ["class_balance", "missing_class", "split_drift", "novelty_rate", "leak"])
def test_unreadable_images_are_said_not_to_be_counted(analysis, name):
    assert measure(analysis, name).remark.endswith("1 unreadable image is not counted")


def test_split_drift_compares_two_splits_and_gives_a_p_value(analysis):
    found = measure(analysis, "split_drift", between=("train", "test"))
    assert 0 <= found.value <= 1
    assert found.population == len(analysis.images)
    assert found.remark.startswith("p = ")
    with pytest.raises(DatasetError, match="the splits are: train, test"):
        measure(analysis, "split_drift", between=("train", "val"))


def test_a_split_that_cannot_be_read_is_not_alike(tmp_path):
    files = {f"train/{n}.png": encoded(scene(64, n)) for n in range(6)} | {"test/0.png": b"no image"}
    plain = fastdup_checks.run(write_images(tmp_path / "images", files), work_dir=tmp_path / "out").analysis
    assert plain.scan.dataset.splits == ("train", "test")
    for between in (None, ("train", "test")):
        found = measure(plain, "split_drift", between=between)
        assert np.isnan(found.value)
        assert found.remark == "1 unreadable image is not counted"


def test_what_a_third_split_holds_changes_no_drift(tmp_path):
    files = {f"train/{n}.png": encoded(scene(64, n)) for n in range(14)}
    files |= {f"test/{n}.png": encoded(scene(64, 50 + n).point(lambda v: v * 0.2)) for n in range(14)}
    copies = {f"pool/{n}.png": files[f"train/{n}.png"] for n in range(14)}
    found = []
    for name, images in (("two", files), ("three", files | copies)):
        scan = fastdup_checks.run(write_images(tmp_path / name, images), work_dir=tmp_path / "out").analysis.scan
        records = tuple(replace(record, split=record.path.split("/")[0]) for record in scan.dataset.records)
        splits = tuple(sorted({record.split for record in records}))
        scan = replace(scan, dataset=replace(scan.dataset, records=records, splits=splits), images=records)
        found.append(measure(Analysis(scan), "split_drift", between=("train", "test")))
    assert found[0].population == found[1].population == 28
    assert found[0].value == found[1].value > 0.5


def test_a_split_of_one_picture_is_not_alike(tmp_path):
    files = {f"train/{n}.png": encoded(scene(64, n)) for n in range(6)} | {"test/0.png": encoded(scene(64, 9))}
    plain = fastdup_checks.run(write_images(tmp_path / "images", files), work_dir=tmp_path / "out").analysis
    found = measure(plain, "split_drift")
    assert np.isnan(found.value)
    assert found.remark == "train and test have too few different images to be compared"


def test_nothing_is_called_free_of_leaks_or_new_where_one_side_cannot_be_read(tmp_path):
    files = {f"test/{n}.png": encoded(scene(64, n)) for n in range(3)} | {"train/0.png": b"no image"}
    plain = fastdup_checks.run(write_images(tmp_path / "images", files), work_dir=tmp_path / "out").analysis
    assert np.isnan(measure(plain, "leak").value)
    assert np.isnan(measure(plain, "novelty_rate", split="test", against="train").value)


@pytest.mark.parametrize("name", ["leak", "split_drift", "group_leak"])
@pytest.mark.parametrize(
    ("between", "said"),
    [
        (("train", "train"), "two different splits, and `between` names train, train"),
        (("train",), "two different splits, and `between` names train"),
        (("train", "tset"), "there is no split 'tset'"),
    ],
)
def test_splits_that_cannot_be_compared_do_not_pass(analysis, name, between, said):
    grouped = [replace(record, group="one") for record in analysis.scan.dataset.records]
    dataset = replace(analysis.scan.dataset, records=tuple(grouped))
    with pytest.raises(DatasetError, match=said):
        measure(Analysis(replace(analysis.scan, dataset=dataset)), name, between=between)


def test_novelty_is_measured_against_a_split_or_the_vectors_of_a_run(analysis, tmp_path):
    found = measure(analysis, "novelty_rate", split="test", against="train")
    assert "too few" in found.remark
    np.save(tmp_path / "embeddings.npy", nearly(analysis.scan.vectors[0], 200))
    found = measure(analysis, "novelty_rate", split="test", reference=tmp_path / "embeddings.npy")
    assert found.count == found.population - 1, "all but the image that the reference consists of"
    with pytest.raises(DatasetError, match="no embeddings.npy"):
        measure(analysis, "novelty_rate", split="test", reference=tmp_path / "nothing.npy")
    with pytest.raises(DatasetError, match="against itself"):
        measure(analysis, "novelty_rate", split="test", against="test")


def test_a_reference_that_holds_its_pictures_several_times_is_as_good_as_once(analysis, tmp_path):
    rng = np.random.default_rng(1)
    known = np.repeat(analysis.scan.vectors, 20, axis=0)
    known += 0.05 * rng.normal(size=known.shape).astype(np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    found = []
    for times in (1, 4):
        np.save(tmp_path / f"{times}.npy", np.tile(known, (times, 1)))
        found.append(measure(analysis, "novelty_rate", split="test", reference=tmp_path / f"{times}.npy"))
    assert found[0].count == 0
    assert found[0] == found[1]
    np.save(tmp_path / "one.npy", np.repeat(known[:1], 200, axis=0))
    found = measure(analysis, "novelty_rate", split="test", reference=tmp_path / "one.npy")
    assert found.remark.startswith("1 different image of the reference is too few")


def test_no_picture_is_new_at_a_p_value_of_nought(analysis):
    found = measure(analysis, "novelty_rate", split="test", against="train", p_value=0)
    assert found.count == 0
    assert "too few to call anything new" in found.remark


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file, _: file.write_bytes(b""), "no embeddings.npy"),
        (lambda file, vectors: file.write_bytes(archived(vectors)), "no embeddings.npy"),
        (lambda file, vectors: np.save(file, vectors[:, 1:]), "numbers an image"),
        (lambda file, vectors: np.save(file, vectors[0]), "numbers an image"),
        (lambda file, vectors: np.save(file, vectors.astype(complex)), "finite floating-point"),
        (lambda file, vectors: np.save(file, np.where(vectors > 0, np.nan, vectors)), "finite floating-point"),
    ],
)
def test_a_reference_that_holds_no_vectors_is_one_clear_error(analysis, tmp_path, damage, message):
    damage(tmp_path / "embeddings.npy", analysis.scan.vectors)
    with pytest.raises(DatasetError, match=message):
        measure(analysis, "novelty_rate", reference=tmp_path / "embeddings.npy")


def test_a_reference_needs_no_splits(analysis, tmp_path):
    records = tuple(replace(record, split=None) for record in analysis.scan.dataset.records)
    dataset = replace(analysis.scan.dataset, records=records, splits=())
    whole = replace(analysis.scan, dataset=dataset, images=tuple(replace(i, split=None) for i in analysis.scan.images))
    np.save(tmp_path / "embeddings.npy", nearly(analysis.scan.vectors[0], 200))
    found = measure(Analysis(whole), "novelty_rate", reference=tmp_path / "embeddings.npy")
    assert (found.count, found.population) == (len(analysis.images) - 1, len(analysis.images))
    assert found.population_name == "images"
    with pytest.raises(DatasetError, match="novelty_rate needs splits, and the dataset has none"):
        measure(Analysis(whole), "novelty_rate")
    with pytest.raises(DatasetError, match="there is no split 'test'; the splits are: none"):
        measure(Analysis(whole), "novelty_rate", reference=tmp_path / "embeddings.npy", split="test")


def told_of(key: str, runtime: str = "1.0", images: int = 0):
    """What report.json of a run says of its vectors, as far as that matters to who refers to them."""

    def change(report: dict) -> str:
        report["environment"]["encoder"] = key
        report["meta"]["packages"]["onnxruntime"] = runtime
        report["dataset"]["images"] += images
        return json.dumps(report)

    return change


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (json.dumps, False),
        (told_of("onnx-another"), True),
        (told_of(model_key(DEFAULT, "1.0")), False),
        (told_of(model_key(DEFAULT, "1.0"), "1.1"), True),
        (told_of("onnx-another", images=1), False),
        (told_of("own-vectors"), False),
        (lambda _: "[]", False),
        (lambda _: '{"environment": null}', False),
        (lambda _: "no JSON", False),
    ],
)
def test_a_reference_is_of_the_encoder_here_where_its_run_says_which(analysis, tmp_path, said, refused):
    out = analysis.scan.settings.cache.parent
    reference = tmp_path / "embeddings.npy"
    reference.write_bytes((out / "embeddings.npy").read_bytes())
    (tmp_path / "report.json").write_text(said(json.loads((out / "report.json").read_text())))
    expected = (
        pytest.raises(DatasetError, match="made by another encoder, as report.json") if refused else nullcontext()
    )
    with expected:
        assert measure(analysis, "novelty_rate", reference=reference).population == 10


def test_vectors_of_ones_own_are_compared_with_any_reference(analysis, tmp_path):
    out = analysis.scan.settings.cache.parent
    (tmp_path / "embeddings.npy").write_bytes((out / "embeddings.npy").read_bytes())
    (tmp_path / "report.json").write_text(told_of("onnx-another")(json.loads((out / "report.json").read_text())))
    plan = VectorPlan(out / "embeddings.npy", out / "files.txt")
    own = replace(analysis.scan, settings=replace(analysis.scan.settings, model=plan), encoder="own-1")
    assert measure(Analysis(own), "novelty_rate", reference=tmp_path / "embeddings.npy").population == 10


@pytest.mark.parametrize("known", [3, 4, 50, 98, 99, 100])
def test_a_reference_is_too_small_where_nothing_can_be_new(analysis, tmp_path, known):
    np.save(tmp_path / "embeddings.npy", nearly(analysis.scan.vectors[0], known))
    found = measure(analysis, "novelty_rate", split="test", reference=tmp_path / "embeddings.npy")
    assert np.isnan(found.value) == (known < 99)
    assert ("too few" in found.remark) == (found.count == 0)
    assert (found.count == 0) == (known < 99)


@pytest.mark.parametrize("p_value", [0, float("nan")])
def test_at_a_p_value_of_zero_there_is_nothing_to_measure(analysis, p_value):
    found = measure(analysis, "novelty_rate", p_value=p_value)
    assert found.count == 0
    assert np.isnan(found.value)
    assert "too few" in found.remark


@pytest.mark.parametrize(
    "name", ["split_drift", "novelty_rate", *RULES, "flawed_images", "class_balance", "missing_class"]
)
def test_the_documentation_says_population_unit_and_what_to_do(name):
    doc = CHECKS[name].doc
    assert "Population:" in doc
    assert "Unit:" in doc
    assert len(doc.split("\n\n")) >= 3
    assert CHECKS[name].summary.endswith(".")


@pytest.mark.parametrize(
    "edit",
    [lambda picture: ImageOps.posterize(picture, 1), lambda picture: ImageEnhance.Brightness(picture).enhance(0.25)],
)
def test_odd_copies_make_no_outliers_of_their_pictures(edit, tmp_path):
    pictures = [photograph(seed) for seed in range(60)]
    files = {f"{place:02d}.png": encoded(picture) for place, picture in enumerate(pictures)}
    files |= {f"{place:02d} b.png": encoded(edit(pictures[place])) for place in range(6)}
    found = fastdup_checks.run(write_images(tmp_path / "images", files), work_dir=tmp_path / "out").analysis
    assert len(found.clusters) == 6
    assert (found.outliers.score < 0.5).all()
