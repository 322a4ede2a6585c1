"""Keras 3, on any backend: a dataset over lists of files that were checked."""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

import keras
import numpy as np

import fastdup_checks


class Files(keras.utils.PyDataset):
    """Batches of pictures and class numbers."""

    def __init__(self, files: list[Path], classes: list[str], batch: int = 16) -> None:
        super().__init__()
        self.files = files
        self.classes = classes
        self.batch = batch

    def __len__(self) -> int:
        return math.ceil(len(self.files) / self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        some = self.files[index * self.batch : (index + 1) * self.batch]
        pictures = [keras.utils.img_to_array(keras.utils.load_img(file, target_size=(64, 64))) for file in some]
        return np.stack(pictures) / 255, np.array([self.classes.index(file.parent.name) for file in some])


def main(images: str, config: str, epochs: int = 3) -> float:
    """Check, train, and give the accuracy on the images held out."""
    keras.utils.set_random_seed(0)
    files = sorted(file for file in Path(images).glob("*/*") if file.is_file())
    random.Random(0).shuffle(files)
    held_out = len(files) // 4
    sides = {"train": files[held_out:], "valid": files[:held_out]}

    fastdup_checks.require(
        config, images={name: [(file, file.parent.name) for file in some] for name, some in sides.items()}
    )

    classes = sorted({file.parent.name for file in files})
    model = keras.Sequential(
        [
            keras.layers.Input((64, 64, 3)),
            keras.layers.Conv2D(16, 5, strides=2, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(len(classes), activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(Files(sides["train"], classes), epochs=epochs, verbose=0)
    return float(model.evaluate(Files(sides["valid"], classes), verbose=0, return_dict=True)["accuracy"])


if __name__ == "__main__":
    print(f"accuracy {main(*sys.argv[1:3]):.1%}")
