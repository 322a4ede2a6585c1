"""The training objective: labels within each set, copies against the rest of the batch, and spread."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor


def label_loss(
    logits: Tensor, labels: Tensor, sets: Tensor, spans: list[tuple[int, int]], smoothing: float = 0.1
) -> Tensor:
    """Cross-entropy of each row over the classes of its own set; rows with label -1 do not count.

    Args:
        logits: n x C over the classes of all sets.
        labels: n, class numbers in 0..C-1 or -1.
        sets: n, the set each row came from.
        spans: first and past-the-end class of each set.
        smoothing: share of the target spread over the row's set.
    """
    total, count = logits.new_zeros(()), 0
    for k, (low, high) in enumerate(spans):
        rows = torch.nonzero((sets == k) & (labels >= 0)).flatten()
        if len(rows):
            own = logits[rows, low:high].float()
            total = total + F.cross_entropy(own, labels[rows] - low, label_smoothing=smoothing, reduction="sum")
            count += len(rows)
    return total / max(count, 1)


def copy_losses(mild: Tensor, strong: Tensor, temperature: float = 0.07) -> tuple[Tensor, Tensor]:
    """InfoNCE between the two views of a picture and the KoLeo spread term (SSCD, Pizzi et al., 2022).

    Args:
        mild: n x D, one view of each picture.
        strong: k x D with k <= n; row i is a second view of picture i. Pictures without one only stand against these.
        temperature: of the softmax over cosines.
    """
    n, k = len(mild), len(strong)
    z = F.normalize(torch.cat([mild, strong]).float(), dim=1)
    twin = torch.cat([torch.arange(n, n + k), torch.arange(k)]).to(z.device)
    rows = torch.cat([torch.arange(k), torch.arange(n, n + k)]).to(z.device)
    similarity = (z[rows] @ z.T).scatter(1, rows[:, None], -1e4)
    nce = F.cross_entropy(similarity / temperature, twin)
    nearest = similarity.detach().scatter(1, twin[:, None], -1e4).argmax(1)
    spread = -torch.log((z[rows] - z[nearest]).norm(dim=1) + 1e-4).mean()
    return nce, spread
