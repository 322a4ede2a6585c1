"""The state of a training run: what is learned, its moving average, and where both are kept."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from network import Encoder
from torch import Tensor, nn

if TYPE_CHECKING:
    from pathlib import Path


class Model(nn.Module):
    """The encoder and one linear classifier over the classes of all sets."""

    def __init__(self, n_classes: int, dim: int, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder = Encoder(depths=depths, dim=dim)
        self.classify = nn.Linear(self.encoder.features, max(n_classes, 1))


class Run:
    """Model, average and optimizer; ``step`` counts updates and ``seen`` views."""

    def __init__(self, model: Model, folder: Path, lr: float, weight_decay: float, follow: float) -> None:
        self.model = model
        self.average = copy.deepcopy(model)
        self.file = folder / "last.pt"
        self.follow = follow
        self.params = list(model.parameters())
        groups = [
            {"params": [p for p in self.params if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in self.params if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=lr)
        self.step = self.seen = 0

    def resume(self, device: str) -> None:
        """Go on from the last checkpoint, if there is one."""
        if self.file.exists():
            state = torch.load(self.file, map_location=device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seen = state["step"], state["seen"]

    def save(self) -> None:
        """Write a checkpoint whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seen": self.seen,
            "dim": self.model.encoder.project.out_features,
            "depths": self.model.encoder.depths,
        }
        part = self.file.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.file)

    def update(self, loss: Tensor, rate: float, workers: int) -> float:
        """One step of the optimizer on gradients averaged over the workers; returns their norm."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        if workers > 1:
            gradients = [p.grad for p in self.params if p.grad is not None]
            flat = torch.cat([g.flatten() for g in gradients])
            dist.all_reduce(flat)
            for gradient, mean in zip(gradients, (flat / workers).split([g.numel() for g in gradients]), strict=True):
                gradient.copy_(mean.view_as(gradient))
        norm = nn.utils.clip_grad_norm_(self.params, 3.0)
        self.optimizer.step()
        self.step += 1
        return norm.item()

    @torch.no_grad()
    def follow_model(self) -> None:
        """Move the average towards the model; faster while the run is young."""
        keep = min(self.follow, self.step / (self.step + 10))
        for mean, value in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)
