"""The background of an encoder travels in its file, and is told when it is damaged or of another."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import flattening
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.encoders.background import KEY, Background, background_of
from fastdup_checks.encoders.plan import DEFAULT, HubFile, ModelPlan, VectorPlan
from fastdup_checks.encoders.seal import seal
from fastdup_checks.errors import ScanError

VECTORS = np.random.default_rng(0).normal(size=(50, 7)) * np.arange(1, 8)


def file_with(tmp_path, text):
    return ModelPlan(flattening(tmp_path / "m.onnx", metadata={"name": "m", KEY: text, "version": "2"}))


def test_a_background_is_read_back_from_a_sealed_file(tmp_path):
    background = Background.measure(VECTORS)
    plan = file_with(tmp_path, background.to_text())
    plan.source.write_bytes(seal(plan.source.read_bytes()))
    found = background_of(plan, 7)
    np.testing.assert_allclose(found.mean, VECTORS.mean(0), rtol=1e-6)
    np.testing.assert_allclose(found.covariance, np.cov(VECTORS.T), rtol=1e-6)


def test_the_bundled_encoder_has_one():
    found = background_of(DEFAULT, 256)
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-9
    assert np.trace(found.covariance) + found.mean @ found.mean == pytest.approx(1, abs=1e-3)  # vectors of length 1


def test_encoders_without_one_have_none(tmp_path):
    assert background_of(ModelPlan(flattening(tmp_path / "m.onnx", metadata={"name": "m"})), 7) is None
    assert background_of(ModelPlan(HubFile("a/b", "m.onnx", "1" * 40)), 7) is None
    assert background_of(VectorPlan(tmp_path / "v.npy", tmp_path / "files.txt"), 7) is None
    (tmp_path / "text.onnx").write_text("no model at all")
    assert background_of(ModelPlan(tmp_path / "text.onnx"), 7) is None


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!", Background(np.full(2, np.nan), np.eye(2)).to_text()])
def test_a_damaged_one_is_one_clear_error(tmp_path, text):
    with pytest.raises(ScanError, match=f"m.onnx: its {KEY} cannot be read .* export the model again"):
        background_of(file_with(tmp_path, text), 7)


def test_one_of_other_vectors_is_one_clear_error(tmp_path):
    with pytest.raises(ScanError, match="is of vectors of length 7, not 8"):
        background_of(file_with(tmp_path, Background.measure(VECTORS).to_text()), 8)


@given(st.binary(max_size=200))
def test_whatever_bytes_a_file_holds_it_has_none(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("any") / "m.onnx"
    file.write_bytes(data)
    assert background_of(ModelPlan(file), 7) is None
