from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from datasets import CLEAN, picture, write_images
from graphs import embed_one, flattening, save, tensor, tokens
from onnx import TensorProto, helper

from fastdup_checks.decode import squash
from fastdup_checks.encoders import DEFAULT_MODEL, ModelPlan, Stated
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.encoders.plan import model_key
from fastdup_checks.encoders.seal import is_whole, seal
from fastdup_checks.errors import ConfigError, ScanError
from fastdup_checks.folder import open_folder
from fastdup_checks.limits import Limits
from fastdup_checks.scan import Settings, scan

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def unit(values):
    return np.asarray(values) / np.linalg.norm(values)


def embed(file, rgb=None, **stated):
    return embed_one(OnnxEncoder(ModelPlan(file, Stated(**PLAIN, **stated))), rgb or picture(1))


def patches(side=8, patch=4):
    """(patches, 3) mean colours."""
    pixels = squash(picture(1), side).astype(np.float64) / 255
    return pixels.reshape(side // patch, patch, side // patch, patch, 3).mean((1, 3)).reshape(-1, 3)


@pytest.mark.parametrize(
    ("made", "stated", "wanted"),
    [
        ({"cls": True}, {}, lambda: [1, 1, 1]),
        ({"cls": True}, {"pooling": "mean"}, lambda: np.vstack([[1, 1, 1], patches()]).mean(0)),
        ({"cls": False}, {}, lambda: patches().mean(0)),
        ({"cls": False}, {"pooling": "cls"}, lambda: patches()[0]),
        ({"outputs": ("last_hidden_state", "pooler_output")}, {}, lambda: [1, 0, 0]),
        ({"outputs": ("last_hidden_state", "pooler_output")}, {"output": "last_hidden_state"}, lambda: [1, 1, 1]),
    ],
)
def test_tokens_become_one_vector(tmp_path, made, stated, wanted):
    found = embed(tokens(tmp_path / "vit.onnx", **made), **stated)
    assert np.allclose(found, unit(wanted()), atol=1e-5)
    assert found.dtype == np.float32


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_a_map_becomes_its_mean_over_the_places(tmp_path, layout):
    shape = ["n", 3, 8, 8] if layout == "nchw" else ["n", 8, 8, 3]
    nodes = [helper.make_node("Identity", ["x"], ["map"])]
    file = save(tmp_path / "m.onnx", nodes, [("x", "float", shape)], [("map", "float", shape)])
    assert np.allclose(embed(file), unit(patches().mean(0)), atol=1e-5)


def two_outputs(file):
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["a"]),
        helper.make_node("Identity", ["a"], ["b"]),
    ]
    outputs = [(name, "float", ["n", 3, 1, 1]) for name in "ab"]
    return save(file, nodes, [("x", "float", ["n", 3, 8, 8])], outputs)


def test_an_output_that_must_be_named_is_asked_for(tmp_path):
    file = two_outputs(tmp_path / "m.onnx")
    with pytest.raises(ConfigError, match="it has the outputs a, b; write which one to use"):
        embed(file)
    with pytest.raises(ConfigError, match="it has no output 'c'; known: a, b"):
        embed(file, output="c")
    assert len(embed(file, output="b")) == 3


def test_a_model_with_a_second_input_is_refused(tmp_path):
    nodes = [helper.make_node("Add", ["x", "y"], ["z"])]
    kind = ("float", ["n", 3, 8, 8])
    file = save(tmp_path / "m.onnx", nodes, [("x", *kind), ("y", *kind)], [("z", *kind)])
    with pytest.raises(ConfigError, match="it has the inputs x, y; wanted is one"):
        embed(file)


def test_a_model_whose_output_is_no_number_is_refused(tmp_path):
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Div", ["mean", "zero"], ["map"]),
    ]
    shape = ["n", 3, 1, 1]
    file = save(
        tmp_path / "m.onnx",
        nodes,
        [("x", "float", ["n", 3, 8, 8])],
        [("map", "float", shape)],
        [tensor("zero", np.zeros(1))],
    )
    with pytest.raises(
        ConfigError, match=r"m\.onnx: this model cannot be used: its output holds numbers that are not fin"
    ):
        embed(file)


def test_a_model_that_fails_on_pictures_is_refused(tmp_path):
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["y"])]
    file = save(
        tmp_path / "m.onnx",
        nodes,
        [("x", "float", ["n", 3, "h", "w"])],
        [("y", "float", ["n", "d"])],
        [tensor("shape", np.array([1, 7]))],
    )
    with pytest.raises(ConfigError, match="this model cannot be used: the model fails on a picture"):
        embed(file, size=(8, 8))


def test_a_damaged_sealed_file_is_told_before_it_runs(tmp_path):
    file = flattening(tmp_path / "m.onnx")
    whole = seal(file.read_bytes())
    assert is_whole(whole)
    assert seal(whole) == whole
    file.write_bytes(whole)
    onnx.checker.check_model(onnx.load(file))
    assert np.array_equal(
        embed_one(OnnxEncoder(ModelPlan(file)), picture(1)), embed_one(OnnxEncoder(ModelPlan(file)), picture(1))
    )
    spoilt = bytearray(whole)
    spoilt[20] ^= 1
    file.write_bytes(spoilt)
    with pytest.raises(ScanError, match=r"m\.onnx: damaged: the file is not what its digest says"):
        OnnxEncoder(ModelPlan(file))


def external(file):
    """A network with its weights in a file beside it."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [3], np.array([1, 2, 3], np.float32).tobytes(), raw=True)
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Mul", ["flat", "w"], ["y"]),
    ]
    save(file, nodes, [("x", "float", ["n", 3, 8, 8])], [("y", "float", ["n", 3])], [weight])
    model = onnx.load(file)
    onnx.save(model, file, save_as_external_data=True, location="m.onnx_data", size_threshold=0)
    return file


def test_the_key_changes_with_everything_that_changes_a_vector(tmp_path):
    file = external(tmp_path / "m.onnx")
    vector = embed(file)
    keys = [model_key(ModelPlan(file))]

    def changed():
        keys.append(model_key(ModelPlan(file)))
        return keys[-1] not in keys[:-1]

    weights = tmp_path / "m.onnx_data"
    weights.write_bytes(np.array([3, 2, 1], np.float32).tobytes())
    assert changed()
    assert not np.allclose(embed(file), vector)
    (tmp_path / "preprocessor_config.json").write_text('{"image_mean": 0.5}')
    assert changed()
    (tmp_path / "preprocessor_config.json").write_text('{"image_mean": 0.4}')
    assert changed()
    file.write_bytes(seal(file.read_bytes()))
    assert changed()
    said = (Stated(size=(8, 8)), Stated(pooling="mean"), Stated(output="y"), Stated(mean=(0.0, 0.0, 0.0)))
    keys += [model_key(ModelPlan(file, stated)) for stated in said]
    assert len(set(keys)) == len(keys)
    shutil.copytree(tmp_path, tmp_path / "copy")
    assert model_key(ModelPlan(tmp_path / "copy" / "m.onnx")) == keys[4]


def test_threads_of_one_encoder_do_not_disturb_each_other():
    encoder = OnnxEncoder()
    pictures = [picture(seed, 30 + seed) for seed in range(40)]
    alone = [embed_one(encoder, p) for p in pictures]
    with ThreadPoolExecutor(4) as pool:
        assert all(map(np.array_equal, alone, pool.map(lambda p: embed_one(encoder, p), pictures)))


def mixing(file):
    """A network in which a picture's vector depends on the others of its batch."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["x", "mean"], ["rest"]),
        helper.make_node("Add", ["x", "rest"], ["sum"]),
        helper.make_node("Flatten", ["sum"], ["y"]),
    ]
    return save(file, nodes, [("x", "float", ["n", 3, 8, 8])], [("y", "float", ["n", "d"])])


@pytest.mark.parametrize("model", ["default", "tokens", "mixing", "flattening"])
@pytest.mark.parametrize("count", [1, 7, 8, 21])
def test_a_picture_has_the_same_vector_whatever_is_embedded_with_it(tmp_path, model, count):
    makers = {"tokens": tokens, "mixing": mixing, "flattening": flattening}
    file = makers[model](tmp_path / "m.onnx") if model in makers else DEFAULT_MODEL
    encoder = OnnxEncoder(ModelPlan(file, Stated() if model in {"default", "flattening"} else Stated(**PLAIN)))
    pictures = [picture(seed, 40 + seed) for seed in range(count)]
    together = encoder.embed([encoder.prepare(p) for p in pictures])
    assert np.array_equal(together, [embed_one(encoder, p) for p in pictures])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_bundled_network_works_in_batches():
    """Its speed rests on that: a picture in a batch costs half of one alone."""
    assert OnnxEncoder()._batch == 8


def test_a_large_input_sees_more_of_a_large_jpeg_and_the_measurements_stay(tmp_path):
    """A JPEG is decoded at a reduced scale, but not below what the encoder takes."""
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8)
    root = tmp_path / "images"
    root.mkdir()
    from PIL import Image

    large = Image.fromarray(noise).resize((1300, 1300), Image.Resampling.BICUBIC)
    large.save(root / "a.jpg", quality=95)
    found = {}
    for side in (64, 640):
        file = flattening(tmp_path / f"{side}.onnx", ("n", side, side, 3))
        settings = Settings(tmp_path / f"cache{side}", Limits(), ModelPlan(file))
        found[side] = scan(open_folder(root), settings)
    wanted = unit(squash(large, 640).astype(np.float64).reshape(-1))
    assert float(found[640].vectors[0] @ wanted) > 0.9999
    assert found[64].statistics.tobytes() == found[640].statistics.tobytes()
    assert found[64].pixels == found[640].pixels


def test_another_model_embeds_again_and_the_first_is_still_known(tmp_path):
    root = write_images(tmp_path / "images", CLEAN)
    models = [ModelPlan(flattening(tmp_path / "m.onnx")), ModelPlan(DEFAULT_MODEL)]
    for measured in (len(CLEAN), 0):
        for model in models:
            assert scan(open_folder(root), Settings(tmp_path / "cache", Limits(), model)).measured == measured
