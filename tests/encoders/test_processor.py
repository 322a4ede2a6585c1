from __future__ import annotations

import json

import pytest

from fastdup_checks.encoders import Stated
from fastdup_checks.encoders.processor import read_processor
from fastdup_checks.errors import ScanError

HALF = (0.5, 0.5, 0.5)

KNOWN = {
    "ViT": (
        {"do_normalize": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": 224},
        Stated(size=(224, 224), resize="squash", mean=HALF, std=HALF, scale=1 / 255),
    ),
    "DINOv2": (
        {
            "crop_size": {"height": 224, "width": 224},
            "do_center_crop": True,
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
            "resample": 3,
            "rescale_factor": 0.00392156862745098,
            "size": {"shortest_edge": 256},
        },
        Stated(size=(224, 224), resize=256, filter="bicubic", mean=HALF, std=HALF, scale=0.00392156862745098),
    ),
    "CLIP of old": (
        {"crop_size": 224, "do_center_crop": True, "size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        Stated(size=(224, 224), resize=224, mean=HALF, std=HALF, scale=1 / 255),
    ),
    "DeiT": (
        {"crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "size": {"height": 256, "width": 256}},
        Stated(size=(224, 224), resize=(256, 256), scale=1 / 255),
    ),
    "ConvNeXt": (
        {"crop_pct": 0.875, "size": {"shortest_edge": 224}},
        Stated(size=(224, 224), resize=256, scale=1 / 255),
    ),
    "ConvNeXt of 384": (
        {"crop_pct": 0.875, "size": {"shortest_edge": 384}},
        Stated(size=(384, 384), resize="squash", scale=1 / 255),
    ),
    "MobileViT": (
        {
            "do_flip_channel_order": True,
            "do_normalize": False,
            "size": {"shortest_edge": 288},
            "crop_size": {"height": 256, "width": 256},
            "do_center_crop": True,
        },
        Stated(size=(256, 256), resize=288, channels="bgr", mean=(0.0,) * 3, std=(1.0,) * 3, scale=1 / 255),
    ),
    "no crop": (
        {"do_center_crop": False, "crop_size": 9, "size": {"shortest_edge": 30}, "do_rescale": False},
        Stated(size=(30, 30), resize="squash", scale=1.0),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_reads_the_files_of_known_models(tmp_path, name):
    values, wanted = KNOWN[name]
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({"image_processor_type": "X", **values}))
    assert read_processor(file) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        '{"size": {"longest_edge": 3}}',
        '{"size": "big"}',
        '{"size": true}',
        '{"image_mean": [1]}',
        '{"resample": 9}',
        '{"do_pad": true}',
    ],
)
def test_what_it_does_not_understand_it_refuses(tmp_path, text):
    file = tmp_path / "preprocessor_config.json"
    file.write_text(text)
    with pytest.raises(ScanError, match=r"preprocessor_config\.json: not understood"):
        read_processor(file)


def test_a_size_that_the_user_states_is_not_read(tmp_path):
    file = tmp_path / "preprocessor_config.json"
    file.write_text('{"size": {"longest_edge": 3}, "image_mean": 0.5}')
    assert read_processor(file, sizes=False).mean == HALF
