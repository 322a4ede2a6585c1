from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from graphs import embed_one
from PIL import Image

from fastdup_checks.encoders import DEFAULT_MODEL, ModelPlan
from fastdup_checks.encoders.background import background_of
from fastdup_checks.encoders.network import OnnxEncoder

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_encoder"


@pytest.fixture
def example(monkeypatch):
    """Imports a module of the example, which is a folder of scripts and no package."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield importlib.import_module
    for name in [n for n, m in sys.modules.items() if str(EXAMPLE) in str(getattr(m, "__file__", ""))]:
        del sys.modules[name]


@pytest.fixture
def pictures(tmp_path):
    """Two classes of 12 pictures: warm ones with upright stripes, cold ones with level stripes."""
    rng = np.random.default_rng(0)
    for name, tint in (("warm", (200, 90, 40)), ("cold", (40, 90, 200))):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for i in range(12):
            stripes = np.sin(np.arange(90) / rng.uniform(2, 6))[:, None] * np.ones((90, 90))
            stripes = stripes.T if name == "warm" else stripes
            pixels = np.clip(np.array(tint) + 50 * stripes[..., None] + rng.normal(0, 9, (90, 90, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    return tmp_path / "pictures"


def test_packing_hands_over_the_pixels_that_a_scan_does(example, pictures):
    packed = example("prepare").load_square(pictures / "warm" / "0.png", 64)
    with Image.open(pictures / "warm" / "0.png") as image:
        expected = image.resize((64, 64), Image.Resampling.BICUBIC, reducing_gap=2.0)
    assert np.array_equal(packed, np.asarray(expected))


def test_packing_skips_what_cannot_be_read_and_names_classes_after_folders(example, pictures, tmp_path):
    (pictures / "cold" / "broken.png").write_bytes(b"no picture")
    prepare = example("prepare")
    prepare.pack(tmp_path / "packed", pictures, 16, prepare.by_folder(pictures, ["train"]), workers=1)
    assert np.load(tmp_path / "packed" / "images.npy").shape == (24, 16, 16, 3)
    assert np.load(tmp_path / "packed" / "labels.npy").tolist() == [0] * 12 + [1] * 12


def test_a_folder_of_pointers_is_told(example, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.jpg").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(SystemExit, match="none of 1 files is a readable image"):
        example("prepare").pack(tmp_path / "packed", tmp_path / "pictures", 16, None, workers=1)


def test_classes_of_a_table_are_found_by_file_name_and_rare_ones_are_none(example, tmp_path):
    table = tmp_path / "styles.csv"
    table.write_text("id,kind,colour\n1,Hat,red\n2.png,Hat,blue\n3,Sock,red\n", encoding="utf-8")
    name = example("prepare").by_table(table, "id", "kind", 2)
    assert [name(Path(f"x/{n}.png")) for n in (1, 2, 3, 4)] == ["Hat", "Hat", "", ""]


@pytest.fixture
def on_white():
    """A dark ring around white, on white; the same without ground; and nothing but ground."""
    ring = np.full((3, 40, 40, 3), 255, np.uint8)
    ring[0, 10:30, 10:30] = 30
    ring[0, 15:25, 15:25] = 255
    ring[1] = 30
    return ring


def test_what_is_on_white_is_cut_out_with_the_white_inside_it(example, on_white):
    cover = example("cutout").cover(on_white)
    assert cover[0, 11:29, 11:29].all()
    assert cover[0].sum() == 18 * 18
    assert cover[1:].all()


def test_what_was_cut_out_is_put_onto_other_pictures(example, on_white, tmp_path):
    pytest.importorskip("torch")
    dataset, sets = example("dataset"), []
    green = np.zeros((1, 40, 40, 3), np.uint8) + np.array([0, 200, 0], np.uint8)
    for name, images in (("goods", on_white[:1]), ("grounds", green)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "images.npy", images)
        np.save(tmp_path / name / "labels.npy", np.zeros(1, np.int64))
        (tmp_path / name / "classes.json").write_text('["one"]')
        sets.append(tmp_path / name)
    np.save(sets[0] / "cover.npy", example("cutout").cover(on_white[:1]))
    mixture = dataset.Mixture([dataset.PackedSet.open(folder) for folder in sets], [1, 1], 40)
    pictures, _, origin = mixture.draw(200, np.random.default_rng(0))
    corners, middles = pictures[origin == 0, :, 0, 0], pictures[origin == 0, :, 12, 12]
    assert (middles * 255).round().unique().tolist() == [30]
    on_green = (corners[:, 0] == 0).float().mean().item()
    assert 0.15 < on_green < 0.5
    assert pictures[origin == 1, 0].max().item() == 0


def test_average_precision_of_a_perfect_ranking_is_one_and_misses_lower_it(example):
    measure = example("evaluate").average_precision
    assert measure(np.array([0.9, 0.8, 0.1]), np.array([True, True, False]), 2) == (1.0, 1.0)
    assert measure(np.array([0.9, 0.8, 0.1]), np.array([False, True, True]), 2) == (
        pytest.approx((1 / 2 + 2 / 3) / 2),
        0,
    )


def test_a_vector_of_the_shipped_encoder_does_not_depend_on_its_batch(example):
    session = example("evaluate").session(DEFAULT_MODEL)
    side = session.get_inputs()[0].shape[1]
    batch = np.random.default_rng(0).integers(0, 256, (5, side, side, 3), np.uint8)
    together = session.run(None, {"image": batch})[0]
    assert all(
        np.array_equal(session.run(None, {"image": p[None]})[0][0], v) for p, v in zip(batch, together, strict=True)
    )


@pytest.mark.parametrize("side", [64, 80])
def test_an_exported_graph_gives_what_the_network_and_the_whitening_give(example, side):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    torch.manual_seed(0)
    encoder = example("network").Encoder().eval()
    pictures = np.random.default_rng(0).integers(0, 256, (3, side, side, 3), np.uint8)
    with torch.no_grad():
        summary = encoder.summary(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255).numpy()
    matrix = np.random.default_rng(1).normal(size=(16, summary.shape[1]))
    whitening = example("head").Whitening(summary.mean(0).astype(np.float64), matrix)
    graph = example("export").build(encoder, whitening, side, half=False)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = (summary - whitening.mean) @ matrix.T
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(session.run(None, {"image": pictures})[0], wanted, atol=1e-3)


def test_training_is_continued_exported_and_started_from_with_more_and_fewer_blocks(example, pictures, tmp_path):
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")

    def command(script, *arguments):
        subprocess.run(
            [sys.executable, EXAMPLE / script, *map(str, arguments)], check=True, capture_output=True, text=True
        )

    run, model = tmp_path / "run", tmp_path / "mine.onnx"
    small = ["--out", run, "--data", pictures, "--batch", 8, "--sizes", "32:1", "--report", 1, "--device", "cpu"]
    command("train.py", *small, "--views", 32)
    command("train.py", *small, "--views", 64)
    assert torch.load(run / "last.pt", weights_only=True)["step"] == 4
    export = ["--sets", run / "data", "--side", 32, "--dim", 16, "--precision", "float32"]
    command("export.py", run, model, *export)
    assert background_of(ModelPlan(model), 16) is None  # one's own pictures are not all kinds of pictures
    command("export.py", run, tmp_path / "general.onnx", *export, "--background")
    assert background_of(ModelPlan(tmp_path / "general.onnx"), 16) is not None
    command("export.py", run, tmp_path / "small.onnx", *export[:-1], "int8")
    assert (tmp_path / "small.onnx").stat().st_size < 0.6 * model.stat().st_size

    deeper = tmp_path / "deeper"
    few = ["--out", deeper, "--data", pictures, "--start", model, "--depths", 2, 3, 6, "--batch", 32, "--sizes", "32:1"]
    command("train.py", *few, "--views", 64, "--device", "cpu")
    assert torch.load(deeper / "last.pt", weights_only=True)["depths"] == (2, 3, 6)

    shown = Image.open(pictures / "warm" / "0.png")
    vector = embed_one(OnnxEncoder(ModelPlan(model)), shown)
    assert vector.shape == (16,)
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector @ embed_one(OnnxEncoder(ModelPlan(tmp_path / "small.onnx")), shown) > 0.98

    encoder = example("network").Encoder(depths=(2, 3, 6)).train()
    x = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    example("start").start_from(model, encoder, x)
    trained = example("export").load(run)
    with torch.no_grad():
        features, copies = trained(x)
        again, copies_again = encoder.eval()(x)
    assert torch.allclose(features, again, atol=1e-4)
    assert torch.allclose(copies, copies_again, atol=1e-4)

    fewer = example("network").Encoder(depths=(1, 2, 4))
    example("start").start_from(model, fewer, x)
    trained.body = torch.nn.Sequential(*(layer for at, layer in enumerate(trained.body) if at not in {7, 13}))
    with torch.no_grad():
        assert torch.allclose(trained(x)[0], fewer.eval()(x)[0], atol=1e-4)

    rounded = example("start").convolutions(onnx.load(tmp_path / "small.onnx"))
    exact = example("start").convolutions(onnx.load(model))
    for (weight, bias), (near, bias_near) in zip(exact, rounded, strict=True):
        assert torch.allclose(weight, near, atol=float(weight.abs().max()) / 100)
        assert torch.allclose(bias, bias_near, atol=1e-3)
