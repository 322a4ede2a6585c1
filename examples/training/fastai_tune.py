"""fastai: DataBlock -> checks -> fine_tune."""

from __future__ import annotations

import sys
from pathlib import Path

from fastai.vision.all import (
    CategoryBlock,
    DataBlock,
    ImageBlock,
    RandomSplitter,
    Resize,
    accuracy,
    get_image_files,
    parent_label,
    resnet18,
    vision_learner,
)

import fastdup_checks


def main(images: str, config: str, epochs: int = 1, *, pretrained: bool = True) -> float:
    """Check, fine-tune, and give the accuracy on the images held out."""
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_items=get_image_files,
        splitter=RandomSplitter(0.25, seed=7),
        get_y=parent_label,
        item_tfms=Resize(64),
    )
    dls = block.dataloaders(Path(images), bs=4, num_workers=0)

    sides = {"train": dls.train_ds.items, "valid": dls.valid_ds.items}
    fastdup_checks.require(
        config, images={name: [(path, parent_label(path)) for path in items] for name, items in sides.items()}
    )

    learn = vision_learner(dls, resnet18, metrics=accuracy, pretrained=pretrained)
    learn.fine_tune(epochs)
    return float(learn.validate()[1])


if __name__ == "__main__":
    print(f"accuracy {main(*sys.argv[1:3]):.1%}")
