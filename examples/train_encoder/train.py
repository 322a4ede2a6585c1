"""Train an encoder; stop it at any time and run the same command again to go on.

``train.py --out RUN --sets PACK/places:0.6 PACK/mini:0.3 ... --views 600000`` trains on sets written by ``prepare.py``.
``train.py --out RUN --data FOLDER --start MODEL.onnx --lr 3e-4`` goes on from an exported encoder on your own pictures;
with ``--views 0`` it only reads that back, to be exported in another way.

The learning rate warms up, stays, and falls to zero over the last ``--cooldown`` share of the views. Small views first
and larger ones later (``--sizes``) learn more in the same time. ``--views``, ``--sizes`` and ``--cooldown`` may change
when a run is continued. ``--workers`` processes of one thread each average their gradients: on shared cores that is
faster than one process of several threads.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from augment import view
from dataset import Mixture, PackedSet
from losses import copy_losses, label_loss
from network import DEPTHS
from prepare import by_folder, pack
from run import Model, Run
from start import start_from
from torch import Tensor


def learning_rate(done: float, step: int, peak: float, cooldown: float) -> float:
    """Warm-up over 200 steps, constant, then linear to zero over the last ``cooldown`` share."""
    return peak * min(1.0, (step + 1) / 200) * min(1.0, max(0.0, (1 - done) / cooldown) + 1e-3)


def side_at(done: float, sizes: list[str]) -> int:
    """Side of the views at ``done`` of the run; ``sizes`` holds "side:until" by rising share of the run."""
    pairs = [s.split(":") for s in sizes]
    return next((int(side) for side, until in pairs if done < float(until)), int(pairs[-1][0]))


def losses(
    model: Model, views: Tensor, labels: Tensor, sets: Tensor, spans: list[tuple[int, int]]
) -> tuple[Tensor, Tensor, Tensor]:
    """Label loss (strong views count half), copy loss and spread.

    ``views`` holds a mild one of each picture, then strong ones of the first pictures.
    """
    features, z = model.encoder(views)
    n, k = len(labels), len(views) - len(labels)
    logits = model.classify(features)
    nce, spread = copy_losses(z[:n], z[n:])
    strong = label_loss(logits[n:], labels[:k], sets[:k], spans)
    return label_loss(logits[:n], labels, sets, spans) + 0.5 * strong, nce, spread


def mixture_of(a: argparse.Namespace) -> Mixture:
    """The sets named on the command line, and the folder of one's own, which is packed at the first run."""
    named = [s.rsplit(":", 1) for s in a.sets]
    if a.data:
        if not (a.out / "data" / "classes.json").exists():
            labelled = sum(p.is_dir() for p in a.data.iterdir()) > 1
            class_of = by_folder(a.data, ["train", "val", "test"]) if labelled else None
            pack(a.out / "data", a.data, a.pack_size, class_of, 1)
        named.append([str(a.out / "data"), "1"])
    return Mixture([PackedSet.open(Path(folder)) for folder, _ in named], [float(w) for _, w in named], a.pack_size)


def work(rank: int, a: argparse.Namespace) -> None:
    """One worker: draw, augment, step; the first keeps the moving average, prints and saves."""
    if a.device == "cpu":
        torch.set_num_threads(1 if a.workers > 1 else a.threads)
    if a.workers > 1:
        meeting = f"file://{a.out.resolve()}/rendezvous"
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=a.workers)
    torch.manual_seed(a.seed)
    mixture = mixture_of(a)
    model = Model(mixture.n_classes, a.dim, tuple(a.depths))
    if a.start:
        start_from(a.start, model.encoder, mixture.draw(256, np.random.default_rng(a.seed))[0])
    model.to(a.device).to(memory_format=torch.channels_last)
    run = Run(model, a.out, a.lr, a.weight_decay, a.average)
    run.resume(a.device)
    if rank == 0 and not run.step:
        run.save()
    begun, first, sums = time.time(), run.seen, np.zeros(4)
    while run.seen < a.views:
        done = run.seen / a.views
        rng = np.random.default_rng((a.seed, run.step, rank))
        g = torch.Generator().manual_seed(int(rng.integers(2**62)))
        pictures, labels, sets = mixture.draw(a.batch, rng)
        size = side_at(done, a.sizes)
        strong = pictures[: max(2, round(a.batch * a.strong))]
        views = torch.cat([view(pictures, size, False, g), view(strong, size, True, g)]).to(a.device)
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16):
            label, nce, spread = losses(model, views, labels.to(a.device), sets.to(a.device), mixture.spans)
        loss = label + a.copy_weight * nce + a.spread_weight * spread
        norm = run.update(loss, learning_rate(done, run.step, a.lr, a.cooldown), a.workers)
        run.seen += len(views) * a.workers
        sums += [label.item(), nce.item(), spread.item(), norm]
        if rank == 0:
            run.follow_model()
            if run.step % a.report == 0 or run.seen >= a.views:
                speed = (run.seen - first) / (time.time() - begun)
                text = "label {:.3f} nce {:.3f} spread {:.3f} norm {:.2f}".format(*(sums / a.report))
                print(f"step {run.step} views {run.seen} {speed:.0f}/s {text} size {size}", flush=True)
                sums[:] = 0
                run.save()


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=[], metavar="FOLDER:WEIGHT")
    parser.add_argument("--data", type=Path, help="a folder of your own pictures; folders in it are classes")
    parser.add_argument("--start", type=Path, help="an encoder that export.py wrote, to go on from")
    parser.add_argument("--views", type=int, default=600_000)
    parser.add_argument("--batch", type=int, default=64, help="pictures per worker and step; each gives a mild view")
    parser.add_argument("--strong", type=float, default=1.0, help="share of the pictures that also give a strong view")
    parser.add_argument("--sizes", nargs="+", default=["32:0.8", "48:1"], metavar="SIDE:UNTIL")
    parser.add_argument("--pack-size", type=int, default=72)
    parser.add_argument("--cooldown", type=float, default=0.35)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--copy-weight", type=float, default=0.5)
    parser.add_argument("--spread-weight", type=float, default=0.1)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--depths", type=int, nargs=3, default=DEPTHS, help="blocks of each stage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", type=int, default=50)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bf16", action="store_true")
    a = parser.parse_args()
    if not a.sets and not a.data:
        parser.error("give --sets or --data")
    a.out.mkdir(parents=True, exist_ok=True)
    (a.out / "rendezvous").unlink(missing_ok=True)
    if a.workers > 1:
        torch.multiprocessing.spawn(work, (a,), a.workers)
    else:
        work(0, a)


if __name__ == "__main__":
    main()
