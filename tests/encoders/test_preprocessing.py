from __future__ import annotations

import json

import numpy as np
import pytest
from datasets import picture
from graphs import embed_one, flattening
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fastdup_checks.decode import squash
from fastdup_checks.encoders import DEFAULT_MODEL, ModelPlan, Stated
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.encoders.preprocessing import GraphInput, resolve
from fastdup_checks.errors import ConfigError

IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def unit(values):
    values = np.asarray(values, np.float64).reshape(-1)
    return values / np.linalg.norm(values)


def colours(rgb, side=8):
    """(3, side, side) between 0 and 1."""
    return squash(rgb, side).transpose(2, 0, 1) / 255


def test_a_network_of_bytes_sees_what_squash_gives(tmp_path):
    """Training, export and scan share this one function."""
    encoder = OnnxEncoder(ModelPlan(flattening(tmp_path / "m.onnx")))
    assert np.allclose(embed_one(encoder, picture(1)), unit(squash(picture(1), 8)), atol=1e-6)


def test_the_bundled_network_sees_what_squash_gives():
    encoder = OnnxEncoder()
    pixels = encoder.prepare(picture(3, 200))
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, squash(picture(3, 200), encoder.side))
    assert encoder.square == encoder.side == 96


@pytest.mark.parametrize(
    ("shape", "stated"),
    [
        (("n", 64, 64, 3), Stated(channels="bgr")),
        (("n", 64, 64, 3), Stated(resize=80)),
        (("n", 64, 64, 3), Stated(filter="bilinear")),
        (("n", 3, 64, 64), Stated()),
    ],
)
def test_a_network_that_sees_anything_else_is_not_given_the_thumbnail(tmp_path, shape, stated):
    encoder = OnnxEncoder(ModelPlan(flattening(tmp_path / "m.onnx", shape), stated))
    assert encoder.square is None
    assert not np.array_equal(encoder.prepare(picture(3, 200)), squash(picture(3, 200), 64))


@pytest.mark.parametrize("kind", ["float", "half"])
def test_layout_and_size_are_read_from_the_graph(tmp_path, kind):
    encoder = OnnxEncoder(
        ModelPlan(flattening(tmp_path / "m.onnx", ("n", 3, 8, 8), kind), Stated(mean=(0,) * 3, std=(1,) * 3))
    )
    assert (encoder.preprocessing.layout, encoder.preprocessing.size) == ("nchw", (8, 8))
    assert np.allclose(embed_one(encoder, picture(1)), unit(colours(picture(1))), atol=2e-3)


def test_symbolic_dimensions_are_told_by_their_names(tmp_path):
    shape = ("batch_size", "num_channels", "height", "width")
    plan = ModelPlan(
        flattening(tmp_path / "m.onnx", shape, "float"), Stated(size=(8, 6), mean=(0.5,) * 3, std=(0.5,) * 3)
    )
    found = OnnxEncoder(plan).preprocessing
    assert (found.layout, found.size) == ("nchw", (8, 6))


def test_what_nothing_says_is_assumed_aloud(tmp_path, caplog):
    encoder = OnnxEncoder(ModelPlan(flattening(tmp_path / "m.onnx", ("n", "c", "h", "w"), "float")))
    assert caplog.messages[0].endswith(
        "m.onnx: channels first (nchw) and 224 x 224 pixels and mean and std of ImageNet assumed, since neither the "
        "configuration, nor preprocessor_config.json, nor the file says so"
    )
    wanted = (colours(picture(1), 224) - IMAGENET[0][:, None, None]) / IMAGENET[1][:, None, None]
    assert np.allclose(embed_one(encoder, picture(1)), unit(wanted), atol=1e-5)


@pytest.mark.parametrize(
    ("metadata", "scale", "mean", "std"),
    [
        ({"Image.NominalPixelRange": "NominalRange_0_255"}, 255, 0, 1),
        ({"Image.NominalPixelRange": "Normalized_1_1"}, 1, 0.5, 0.5),
        ({"mean": "[0.1, 0.2, 0.3]", "std": "0.5"}, 1, [0.1, 0.2, 0.3], 0.5),
    ],
)
def test_the_metadata_of_the_graph_says_the_scale(tmp_path, caplog, metadata, scale, mean, std):
    file = flattening(
        tmp_path / "m.onnx", ("n", 3, 8, 8), "float", metadata={**metadata, "Image.BitmapPixelFormat": "Bgr8"}
    )
    encoder = OnnxEncoder(ModelPlan(file))
    wanted = (scale * colours(picture(1))[::-1] - np.reshape(mean, (-1, 1, 1))) / std
    assert np.allclose(embed_one(encoder, picture(1)), unit(wanted), atol=1e-5)
    assert not caplog.messages


def test_a_processor_file_beside_the_model_says_the_rest(tmp_path):
    file = flattening(tmp_path / "m.onnx", ("n", 3, "height", "width"), "float")
    mean, std = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    values = {"size": {"height": 10, "width": 12}, "image_mean": mean, "image_std": std, "resample": 2}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(values))
    rgb = picture(1, 40)
    pixels = np.asarray(rgb.resize((12, 10), Image.Resampling.BILINEAR)) / 255
    wanted = ((pixels - mean) / std).transpose(2, 0, 1)
    assert np.allclose(embed_one(OnnxEncoder(ModelPlan(file)), rgb), unit(wanted), atol=1e-5)


def test_what_the_user_states_comes_first(tmp_path):
    file = flattening(tmp_path / "onnx" / "m.onnx", ("n", 3, "height", "width"), "float", metadata={"std": "3"})
    (tmp_path / "preprocessor_config.json").write_text('{"size": 10, "image_mean": 0.5, "image_std": 0.5}')
    found = OnnxEncoder(ModelPlan(file, Stated(size=(6, 6), mean=(0.0, 0.0, 0.0)))).preprocessing
    assert (found.size, found.resize, found.mean, found.std) == ((6, 6), (6, 6), (0.0, 0.0, 0.0), (0.5, 0.5, 0.5))


def test_a_centre_crop_keeps_proportions_and_cuts_the_rim(tmp_path):
    file = flattening(tmp_path / "m.onnx", ("n", 8, 8, 3))
    encoder = OnnxEncoder(ModelPlan(file, Stated(resize=10)))
    wide = picture(1, 60).resize((90, 30))
    pixels = np.asarray(wide.resize((30, 10), Image.Resampling.BICUBIC))[1:9, 11:19]
    assert np.allclose(embed_one(encoder, wide), unit(pixels), atol=1e-6)


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([None, 8, 9, 13]), st.tuples(*[st.integers(1, 8)] * 2))
def test_a_picture_of_any_shape_fills_the_input(width, height, resize, size):
    found, _ = resolve(GraphInput("x", "tensor(float)", ["n", 3, "h", "w"]), Stated(size=size, resize=resize))
    pixels = found.apply(Image.new("RGB", (width, height), (255, 0, 128)))
    assert pixels.shape == (3, *size)
    assert np.allclose(pixels, pixels[:, :1, :1], atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "kind", "stated", "message"),
    [
        (("n", 3), "float", Stated(), "wanted are pictures"),
        (("n", 1, 8, 8), "float", Stated(layout="nchw"), "not nchw with 3 channels"),
        ((4, 3, 8, 8), "float", Stated(), "batches of 4 only"),
        (("n", 3, 8, 8), "float", Stated(size=(9, 9)), "takes 8 x 8 pixels, and 9 x 9 are said of it"),
        (("n", 3, 8, 8), "float", Stated(resize=7), "too small to cut 8 x 8 out of"),
        (("n", 8, 8, 3), "uint8", Stated(mean=(0.5,) * 3), "mean, std and scale do not apply"),
    ],
)
def test_a_graph_that_cannot_take_pictures_is_one_clear_error(tmp_path, shape, kind, stated, message):
    with pytest.raises(ConfigError, match=f"m.onnx: this model cannot be used: .*{message}"):
        OnnxEncoder(ModelPlan(flattening(tmp_path / "m.onnx", shape, kind), stated))


def test_the_bundled_model_is_sealed_and_says_its_name_and_version():
    import onnxruntime

    from fastdup_checks.encoders.seal import is_sealed, is_whole

    data = DEFAULT_MODEL.read_bytes()
    assert is_sealed(data), "run: python -m fastdup_checks.encoders.seal fastdup_checks/models/default.onnx"
    assert is_whole(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert {"name", "version"} <= set(session.get_modelmeta().custom_metadata_map)
