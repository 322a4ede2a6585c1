"""The training examples, on a dataset that is fine and on one that leaks."""

from __future__ import annotations

import importlib
import io
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from datasets import write_images
from PIL import Image

from fastdup_checks.errors import ExpectationFailed

EXAMPLES = Path(__file__).parents[1] / "examples" / "training"
PROGRAMS = {
    "pytorch_loop": ("torchvision", {}),
    "fastai_tune": ("fastai", {"pretrained": False}),
    "lightning_fit": ("lightning", {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}),
    "keras_fit": ("keras", {}),
}
CLASSES = ("cat", "dog", "owl")


def scene(seed: int) -> bytes:
    """A picture with enough in it that no other is like it, whichever way it is turned."""
    small = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize((96, 96), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Images by class beside the data.yml of the examples, and the working directory."""
    write_images(
        tmp_path / "images",
        {f"{label}/{i}.png": scene(100 * c + i) for c, label in enumerate(CLASSES) for i in range(8)},
    )
    shutil.copy(EXAMPLES / "data.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    return tmp_path / "images"


def _want(library):
    """Skip where a library is not there, except where it has to be."""
    if not os.environ.get("FASTDUP_CHECKS_SKIP_NOTHING"):
        pytest.importorskip(library)


@pytest.fixture(params=PROGRAMS)
def train(request, monkeypatch):
    """One of the programs."""
    library, options = PROGRAMS[request.param]
    if library == "keras" and "KERAS_BACKEND" not in os.environ:
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        _want("torch")
    _want(library)
    module = importlib.import_module(request.param)
    yield lambda: module.main("images", "data.yml", 1, **options)
    sys.modules.pop(request.param)


@pytest.mark.filterwarnings("default")
def test_a_dataset_as_expected_is_trained_on(folder, train):
    assert 0 <= train() <= 1


@pytest.mark.filterwarnings("default")
def test_copies_on_both_sides_of_a_random_split_stop_the_training(folder, train):
    # Eight copies of each of three pictures: whatever is drawn, some picture is on both sides.
    for label in CLASSES:
        for i in range(8):
            (folder / label / f"{i}.png").write_bytes(scene(CLASSES.index(label)))
    with pytest.raises(ExpectationFailed, match="leak-train-valid: "):
        train()
