from __future__ import annotations

import re

import jsonschema
import numpy as np
import pytest
import yaml
from datasets import CLEAN, DATASET, write_images
from graphs import flattening

from fastdup_checks.config import load_plan
from fastdup_checks.encoders import DEFAULT, HubFile, ModelPlan, Stated, VectorPlan
from fastdup_checks.errors import ConfigError
from fastdup_checks.schema import make_schema

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def load(tmp_path):
    flattening(tmp_path / "models" / "mine.onnx")
    np.save(tmp_path / "v.npy", np.ones((1, 2)))
    (tmp_path / "v.txt").write_text("a.png\n")

    def load(text):
        file = tmp_path / "data.yml"
        file.write_text(f"{DATASET}expectations: [broken_images]\n{text}\n")
        return load_plan(file)

    return load


@pytest.fixture
def problems(load):
    def problems(text):
        with pytest.raises(ConfigError) as error:
            load(text)
        return [(p.line, p.message) for p in error.value.problems]

    return problems


GOOD = {
    "": None,
    "model: default": DEFAULT,
    "model: models/mine.onnx": "models/mine.onnx",
    "model: {file: models/mine.onnx, size: 224}": Stated(size=(224, 224)),
    """model:
      file: models/mine.onnx
      size: [192, 256]
      resize: 256
      filter: bilinear
      layout: nhwc
      channels: bgr
      scale: 1
      mean: [103.9, 116.8, 123.7]
      std: 1
      output: features
      pooling: mean""": Stated(
        size=(192, 256),
        resize=256,
        filter="bilinear",
        layout="nhwc",
        channels="bgr",
        scale=1.0,
        mean=(103.9, 116.8, 123.7),
        std=(1.0, 1.0, 1.0),
        output="features",
        pooling="mean",
    ),
    f"model: {{hub: some-one/a.model, file: onnx/model.onnx, revision: '{COMMIT}', resize: squash}}": ModelPlan(
        HubFile("some-one/a.model", "onnx/model.onnx", COMMIT), Stated(resize="squash")
    ),
    f"model: hf://some-one/a.model@{COMMIT}/onnx/model.onnx": ModelPlan(
        HubFile("some-one/a.model", "onnx/model.onnx", COMMIT)
    ),
    "embeddings: {npy: v.npy, files: v.txt}": "vectors",
}


@pytest.mark.parametrize("text", GOOD)
def test_reads_what_the_schema_allows(load, tmp_path, text):
    wanted = GOOD[text]
    if isinstance(wanted, Stated):
        wanted = ModelPlan(tmp_path / "models/mine.onnx", wanted)
    elif wanted == "vectors":
        wanted = VectorPlan(tmp_path / "v.npy", tmp_path / "v.txt")
    elif isinstance(wanted, str):
        wanted = ModelPlan(tmp_path / wanted)
    assert load(text).model == wanted
    jsonschema.validate(yaml.safe_load(f"{DATASET}\n{text}"), make_schema())


BAD = {
    "model: defualt": "no such file .*defualt; did you mean 'default'",
    "model: gone.onnx": "no such file .*gone.onnx; 'default' is the bundled encoder",
    "model: [a]": "model must be a mapping",
    "model: {size: 3}": "the key 'file' is missing",
    "model: {file: gone.onnx}": "model.file: no such file",
    "model: {file: models/mine.onnx, fil: 3}": "unknown key 'fil' in model; did you mean 'file'",
    "model: {file: models/mine.onnx, size: [1, 2, 3]}": r"one number or \[height, width\]",
    "model: {file: models/mine.onnx, size: 0}": "whole number of pixels",
    "model: {file: models/mine.onnx, size: 2.5}": "whole number of pixels",
    "model: {file: models/mine.onnx, resize: squish}": "model.resize, where it is not 'squash', must be a number",
    "model: {file: models/mine.onnx, layout: hwc}": "'hwc' is not known; did you mean 'nhwc'",
    "model: {file: models/mine.onnx, std: 0}": "larger than 0",
    "model: {file: models/mine.onnx, mean: [1, 2]}": "one number, or three",
    "model: {file: models/mine.onnx, pooling: max}": "known: cls, mean",
    "model: {file: models/mine.onnx, revision: abc}": "there is no 'hub: OWNER/NAME'",
    "model: {hub: a/b, file: m.onnx}": "the revision is missing; pin a commit, all 40 digits",
    "model: {hub: a/b, file: m.onnx, revision: main}": "'main' may move; pin a commit.*huggingface.co/a/b/commits/main",
    f"model: {{hub: ab, file: m.onnx, revision: '{COMMIT}'}}": "'ab' is not a repository; write OWNER/NAME",
    f"model: {{hub: a/b, file: ../m.onnx, revision: '{COMMIT}'}}": "not a path within the repository",
    "model: hf://a/b/m.onnx": "the revision is missing",
    "model: hf://a/b@v1.0/m.onnx": "'v1.0' may move",
    "model: hf://a": "write hf://OWNER/NAME@COMMIT/FILE",
    "embeddings: v.npy": "embeddings must be a mapping",
    "embeddings: {npy: v.npy}": "the key 'files' is missing: their paths, one a line",
    "embeddings: {npy: gone.npy, files: v.txt}": "embeddings.npy: no such file",
    "embeddings: {npy: v.npy, files: v.txt, fils: 1}": "unknown key 'fils'",
    "embeddings: {npy: v.npy, files: v.txt}\nmodel: default": "there is a model as well",
}


@pytest.mark.parametrize("text", BAD)
def test_refuses_with_line_and_reason(problems, text):
    ((line, message),) = problems(text)
    assert line == 7
    assert re.search(BAD[text], message), message


def test_tells_all_problems_of_a_model_at_once(problems):
    found = problems("model:\n  hub: ab\n  file: /m.onnx\n  revision: main\n  size: big\n  outptu: x\n  pooling: max")
    assert sorted(line for line, _ in found) == [8, 9, 10, 11, 12, 13]


def test_the_model_of_a_run_is_refused_the_same_way(tmp_path):
    import fastdup_checks

    root = write_images(tmp_path / "images", CLEAN)
    with pytest.raises(ConfigError, match="gone.onnx"):
        fastdup_checks.run(root, work_dir=tmp_path / "out", model="gone.onnx")
