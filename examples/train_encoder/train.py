"""Train an encoder on packed sets; stop it at any time and run the same command again to go on.

``train.py --out RUN --sets PACK/places:0.6 PACK/mini:0.3 ... --views 1500000``. The learning rate warms up, stays, and falls
to zero over the last ``--cooldown`` share of the views; small pictures first and larger ones later (``--sizes``) learn more in
the same time. ``--views`` and ``--sizes`` may be changed when a run is continued. ``--workers`` processes of one thread each average their gradients: on shared cores that is faster
than one process of several threads.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from augment import view
from dataset import Mixture, PackedSet
from losses import copy_losses, label_loss
from network import Encoder
from torch import Tensor, nn


def learning_rate(done: float, step: int, peak: float, cooldown: float) -> float:
    """Warm-up over 200 steps, constant, then linear to zero over the last ``cooldown`` share."""
    return peak * min(1.0, (step + 1) / 200) * min(1.0, max(0.0, (1 - done) / cooldown) + 1e-3)


def side_at(done: float, sizes: list[str]) -> int:
    """Side of the views at ``done`` of the run; ``sizes`` holds "side:until" by rising share of the run."""
    pairs = [s.split(":") for s in sizes]
    return next((int(side) for side, until in pairs if done < float(until)), int(pairs[-1][0]))


class Model(nn.Module):
    """The encoder and one linear classifier over the classes of all sets."""

    def __init__(self, n_classes: int, dim: int) -> None:
        super().__init__()
        self.encoder = Encoder(dim=dim)
        self.classify = nn.Linear(self.encoder.features, n_classes)


def _average_gradients(params: list[nn.Parameter], world: int) -> None:
    if world > 1:
        flat = torch.cat([p.grad.flatten() for p in params if p.grad is not None])
        dist.all_reduce(flat)
        flat /= world
        at = 0
        for p in params:
            if p.grad is not None:
                p.grad.copy_(flat[at : at + p.grad.numel()].view_as(p.grad))
                at += p.grad.numel()


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for a, b in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)


def _losses(
    model: Model, x: Tensor, labels: Tensor, which: Tensor, spans: list[tuple[int, int]]
) -> tuple[Tensor, Tensor, Tensor]:
    features, z = model.encoder(x)
    half = len(x) // 2
    logits = model.classify(features)
    mild = label_loss(logits[:half], labels, which, spans)
    strong = label_loss(logits[half:], labels, which, spans)
    nce, spread = copy_losses(z)
    return mild + 0.5 * strong, nce, spread


def _save(path: Path, state: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def work(rank: int, a: argparse.Namespace) -> None:
    """One worker: draw, augment, step; rank 0 keeps the moving average, prints and saves."""
    if a.device == "cpu":
        torch.set_num_threads(1 if a.workers > 1 else a.threads)
    if a.workers > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{a.out.resolve()}/rendezvous", rank=rank, world_size=a.workers
        )
    torch.manual_seed(a.seed)
    named = [s.rsplit(":", 1) for s in a.sets]
    mixture = Mixture([PackedSet.open(Path(folder)) for folder, _ in named], [float(w) for _, w in named], a.pack_size)
    model = Model(mixture.n_classes, a.dim).to(a.device).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    params = list(model.parameters())
    decayed = [p for p in params if p.ndim > 1]
    groups = [
        {"params": decayed, "weight_decay": a.weight_decay},
        {"params": [p for p in params if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=a.lr)
    step = seen = 0
    last = a.out / "last.pt"
    if last.exists():
        state = torch.load(last, map_location=a.device, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, seen = state["step"], state["seen"]
    start, first, sums = time.time(), seen, np.zeros(4)
    while seen < a.views:
        done = seen / a.views
        rate = learning_rate(done, step, a.lr, a.cooldown)
        for group in optimizer.param_groups:
            group["lr"] = rate
        rng = np.random.default_rng((a.seed, step, rank))
        g = torch.Generator().manual_seed(int(rng.integers(2**62)))
        pictures, labels, which = mixture.draw(a.batch, rng)
        size = side_at(done, a.sizes)
        views = torch.cat([view(pictures, size, False, g), view(pictures, size, True, g)]).to(a.device)
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16):
            label, nce, spread = _losses(model, views, labels.to(a.device), which.to(a.device), mixture.spans)
        optimizer.zero_grad()
        (label + a.copy_weight * nce + a.spread_weight * spread).backward()
        _average_gradients(params, a.workers)
        norm = nn.utils.clip_grad_norm_(params, 3.0)
        optimizer.step()
        step += 1
        seen += 2 * a.batch * a.workers
        sums += [label.item(), nce.item(), spread.item(), norm.item()]
        if rank == 0:
            _follow(average, model, min(a.average, step / (step + 10)))
            if step % a.report == 0 or seen >= a.views:
                took = time.time() - start
                text = "label {:.3f} nce {:.3f} spread {:.3f} norm {:.2f}".format(*(sums / a.report))
                print(
                    f"{step} {seen} views {took:.0f} s {(seen - first) / took:.0f}/s {text} size {size} lr {rate:.5f}",
                    flush=True,
                )
                sums[:] = 0
                state = {
                    "model": model.state_dict(),
                    "average": average.state_dict(),
                    "optimizer": optimizer.state_dict(),
                }
                _save(last, {**state, "step": step, "seen": seen, "classes": mixture.n_classes, "dim": a.dim})


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", required=True, metavar="FOLDER:WEIGHT")
    parser.add_argument("--views", type=int, default=1_500_000)
    parser.add_argument("--batch", type=int, default=64, help="pictures per worker and step; each gives two views")
    parser.add_argument("--sizes", nargs="+", default=["32:0.45", "48:0.8", "64:1"], metavar="SIDE:UNTIL")
    parser.add_argument("--pack-size", type=int, default=72)
    parser.add_argument("--cooldown", type=float, default=0.3)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--copy-weight", type=float, default=0.5)
    parser.add_argument("--spread-weight", type=float, default=0.1)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", type=int, default=50)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bf16", action="store_true")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    (a.out / "rendezvous").unlink(missing_ok=True)
    if a.workers > 1:
        torch.multiprocessing.spawn(work, (a,), a.workers)
    else:
        work(0, a)


if __name__ == "__main__":
    main()
