from __future__ import annotations

import json

import numpy as np
import pytest
from datasets import CLEAN, DATASET, write_images
from graphs import flattening
from hypothesis import given
from hypothesis import strategies as st

import fastdup_checks
from fastdup_checks.cli import main
from fastdup_checks.copies import NEAREST
from fastdup_checks.encoders.calibrate import rising
from fastdup_checks.encoders.calibration import FILE
from fastdup_checks.errors import ConfigError

IMAGES = {**{f"{split}/cat/{n}.png": n + s for s, split in ((0, "train"), (50, "test")) for n in range(15)}}


@pytest.fixture
def config(tmp_path):
    write_images(tmp_path / "images", IMAGES)
    flattening(tmp_path / "m.onnx")
    file = tmp_path / "data.yml"
    file.write_text(f"{DATASET}expectations: [near_duplicate_rate]\nmodel: m.onnx\n")
    return file


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1))
def test_a_rising_fit_never_falls_and_keeps_the_mean(pairs):
    values, truth = np.array([v for v, _ in pairs], float), np.array([t for _, t in pairs])
    cosine, probability = rising(values, truth)
    assert (np.diff(cosine) >= 0).all()
    assert (np.diff(probability) >= 0).all()
    assert np.interp(values, cosine, probability).mean() == pytest.approx(truth.mean(), abs=1e-3)


def test_a_run_takes_the_number_of_neighbours_from_the_calibration(config, capsys):
    assert main(["calibrate", str(config), "-q"]) == 0
    out = capsys.readouterr().out
    assert f"of {8 * len(IMAGES)} edits have their original among the {NEAREST} nearest images" in out
    assert f"kept in {config.parent / FILE}" in out
    stored = json.loads((config.parent / FILE).read_text())
    assert stored["recall"][str(4 * NEAREST)] == 1  # there are no more images
    assert stored["neighbours"] in {NEAREST, 2 * NEAREST, 4 * NEAREST}
    (config.parent / FILE).write_text(json.dumps({**stored, "neighbours": 7}))
    assert fastdup_checks.check(config).result.analysis.scan.settings.neighbours == 7


def test_a_calibration_of_another_model_or_a_damaged_one_is_refused(config):
    assert main(["calibrate", str(config), "-q"]) == 0
    flattening(config.parent / "m.onnx", ("n", 9, 9, 3))
    with pytest.raises(ConfigError, match=f"{FILE}: made for another model; run"):
        fastdup_checks.check(config)
    (config.parent / FILE).write_text("{}")
    with pytest.raises(ConfigError, match=f"{FILE}: not a calibration"):
        fastdup_checks.check(config)


@pytest.mark.parametrize("old", ["{}", '{"model": "other"}', "no JSON"])
def test_a_calibration_that_is_refused_is_made_anew_by_the_command(config, old):
    (config.parent / FILE).write_text(old)
    assert main(["calibrate", str(config), "-q"]) == 0
    assert fastdup_checks.check(config).result.analysis.scan.settings.neighbours is not None


def test_few_images_or_own_vectors_cannot_be_calibrated(config, capsys):
    write_images(config.parent / "few", CLEAN)
    config.write_text(config.read_text().replace("root: images", "root: few"))
    assert main(["calibrate", str(config), "-q"]) == 2
    assert "at least 20 different images" in capsys.readouterr().err
    np.save(config.parent / "v.npy", np.eye(len(CLEAN)))
    (config.parent / "v.txt").write_text("".join(f"{name}\n" for name in CLEAN))
    config.write_text(config.read_text().replace("model: m.onnx", "embeddings: {npy: v.npy, files: v.txt}"))
    assert main(["calibrate", str(config), "-q"]) == 3
    assert "would need the encoder that made these vectors" in capsys.readouterr().err
