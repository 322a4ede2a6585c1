"""A plain PyTorch loop that trains on images that are as expected."""

from __future__ import annotations

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import transforms
from torchvision.datasets import ImageFolder

import fastdup_checks


def files(part: Subset) -> list[tuple[str, str]]:
    """The files of one side of a random split, with their labels."""
    folder = part.dataset
    return [(folder.samples[i][0], folder.classes[folder.samples[i][1]]) for i in part.indices]


def main(images: str, config: str, epochs: int = 3) -> float:
    """Check, train, and give the accuracy on the images held out."""
    torch.manual_seed(0)
    to_tensor = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])
    folder = ImageFolder(images, to_tensor)
    train, valid = random_split(folder, [0.75, 0.25])

    fastdup_checks.require(config, images={"train": files(train), "valid": files(valid)})

    network = nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, len(folder.classes)),
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for _ in range(epochs):
        for pictures, labels in DataLoader(train, batch_size=16, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(pictures), labels).backward()
            optimizer.step()
    right = 0
    with torch.inference_mode():
        for pictures, labels in DataLoader(valid, batch_size=16):
            right += int((network(pictures).argmax(1) == labels).sum())
    return right / len(valid)


if __name__ == "__main__":
    print(f"accuracy {main(*sys.argv[1:3]):.1%}")
