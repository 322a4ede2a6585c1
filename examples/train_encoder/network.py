"""The encoder: a small residual CNN behind a patch stem, made for one CPU core."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

MEAN, STD = (0.48, 0.45, 0.41), (0.27, 0.26, 0.28)
WIDTHS, DEPTHS = (64, 128, 256), (1, 3, 5)


class Pointwise(nn.Conv2d):
    """A 1x1 convolution as one matrix product, which trains faster on a CPU."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what the convolution returns, channels last."""
        return F.linear(x.permute(0, 2, 3, 1), self.weight.flatten(1)).permute(0, 3, 1, 2)


class Patches(nn.Conv2d):
    """A convolution whose stride is its side, as one matrix product of patches."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what the convolution returns, channels last."""
        k, (n, c, h, w) = self.kernel_size[0], x.shape
        cut = x.permute(0, 2, 3, 1).reshape(n, h // k, k, w // k, k, c).transpose(2, 3)
        flat = self.weight.permute(0, 2, 3, 1).flatten(1)
        return F.linear(cut.reshape(n, h // k, w // k, -1), flat).permute(0, 3, 1, 2)


def _conv(i: int, o: int, k: int = 3, s: int = 1, act: bool = True) -> nn.Sequential:
    kind = Pointwise if k == 1 else Patches if k == s else nn.Conv2d
    layers: list[nn.Module] = [kind(i, o, k, s, k // 2 if k > s else 0, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Gate(nn.Module):
    """Weighs each channel by what the whole picture holds (squeeze and excitation, Hu et al., 2018).

    Weights lie between 0 and 2 and start at 1, so that a gate changes nothing until it learns.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.excite = nn.Conv2d(channels // 4, channels, 1)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with its channels weighed."""
        return x * (2 * torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True))))))


class Residual(nn.Module):
    """1x1, 3x3, 1x1 bottleneck with a skip; the last normalisation starts at zero (Goyal et al., 2017)."""

    def __init__(self, channels: int, inner: int, gated: bool) -> None:
        super().__init__()
        last = _conv(inner, channels, 1, act=False)
        gate = [Gate(inner)] if gated else []
        self.branch = nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner), *gate, last)
        nn.init.zeros_(last[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return relu(x + branch(x))."""
        return F.relu(x + self.branch(x), inplace=True)


class Encoder(nn.Module):
    """Pictures (n x 3 x S x S in [0, 1], S a multiple of 32) to features (n x F) and a copy vector (n x D)."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS, depths: tuple[int, ...] = DEPTHS, dim: int = 128) -> None:
        super().__init__()
        self.depths = depths
        layers: list[nn.Module] = [
            Patches(3, widths[0], 4, 4, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        ]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            if stage:
                layers.append(_conv(widths[stage - 1], width, 2, 2))
            layers += [Residual(width, width // 2, stage == len(widths) - 1) for _ in range(depth)]
        self.features = 2 * widths[-1]
        self.reduction = 4 * 2 ** (len(widths) - 1)
        self.body = nn.Sequential(*layers, _conv(widths[-1], self.features, 1))
        self.project = nn.Linear(self.features, dim)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the pooled features and the vector that the copy loss trains."""
        pooled = self.body((x - self.mean) / self.std).mean((2, 3))
        return pooled, self.project(pooled)

    def summary(self, x: Tensor) -> Tensor:
        """What the whitening sees, n x (5 F + D): the features pooled in four ways, and the unit copy vector.

        Mean, cubic mean (GeM, Radenovic et al., 2018), maximum, and the means of the upper and the lower half; roots of
        them, because features are skewed.
        """
        grid = self.body((x - self.mean) / self.std)
        pooled = grid.mean((2, 3))
        powers = (grid * grid * grid).mean((2, 3)) ** (1 / 3)
        halves = F.adaptive_avg_pool2d(grid, (2, 1)).flatten(1)
        peaks = grid.amax((2, 3))
        roots = torch.cat([pooled, powers, peaks, halves], 1).sqrt()
        return torch.cat([roots, F.normalize(self.project(pooled), dim=1)], 1)

    def weights(self, copy_weight: float) -> Tensor:
        """Weights of the parts of the summary: maxima and halves count half, the copy vector ``copy_weight``."""
        parts = [(2 * self.features, 1.0), (3 * self.features, 0.5), (self.project.out_features, copy_weight)]
        return torch.cat([torch.full((n,), w) for n, w in parts])
