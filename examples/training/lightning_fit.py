"""Lightning: the data module checks its files before anything is loaded."""

from __future__ import annotations

import sys

import lightning
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import transforms
from torchvision.datasets import ImageFolder

import fastdup_checks


class Images(lightning.LightningDataModule):
    """A folder of images with a folder for each class."""

    def __init__(self, images: str, config: str) -> None:
        super().__init__()
        self.config = config
        to_tensor = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])
        self.folder = ImageFolder(images, to_tensor)
        seeded = torch.Generator().manual_seed(0)  # every process draws the same split
        self.train, self.valid = random_split(self.folder, [0.75, 0.25], generator=seeded)

    def prepare_data(self) -> None:
        """Check the files; Lightning calls this in one process only."""
        fastdup_checks.require(self.config, images={"train": self._files(self.train), "valid": self._files(self.valid)})

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.valid, batch_size=16)

    def _files(self, part: Subset) -> list[tuple[str, str]]:
        samples = [self.folder.samples[i] for i in part.indices]
        return [(path, self.folder.classes[label]) for path, label in samples]


class Classifier(lightning.LightningModule):
    """A small network."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes)
        )

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        pictures, labels = batch
        return nn.functional.cross_entropy(self.network(pictures), labels)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> None:
        pictures, labels = batch
        self.log("accuracy", (self.network(pictures).argmax(1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def main(images: str, config: str, epochs: int = 3, **trainer: object) -> float:
    """Check, train, and give the accuracy on the images held out."""
    data = Images(images, config)
    fit = lightning.Trainer(max_epochs=epochs, accelerator="cpu", **trainer)
    fit.fit(Classifier(len(data.folder.classes)), datamodule=data)
    return float(fit.callback_metrics["accuracy"])


if __name__ == "__main__":
    print(f"accuracy {main(*sys.argv[1:3]):.1%}")
