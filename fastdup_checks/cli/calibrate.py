"""`fastdup-checks calibrate`: measure what the cosines of the encoder of a data.yml say of copies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, complain, progress_of, say, show_path

if TYPE_CHECKING:
    import argparse

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "calibrate",
        help="fit an encoder of your own to your images",
        description="Edit some of the images, and see how near the encoder puts them to their originals. Neighbours "
        "are only proposals, which the pixels must confirm: the number of neighbours that a run looks at is what it "
        "takes from the result, fastdup-calibration.json beside the data.yml. The probabilities in it are for those "
        "who use the vectors themselves.",
    )
    parser.add_argument("config", type=Path, metavar="data.yml", help="the configuration")
    add_scan_options(parser)
    parser.set_defaults(work=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    import numpy as np

    from fastdup_checks.config import load_plan
    from fastdup_checks.encoders.calibrate import calibrate
    from fastdup_checks.pipeline import analyse

    plan = load_plan(options.config)
    analysis = analyse(
        plan,
        cache_dir=options.cache_dir,
        threads=options.threads,
        progress=progress_of(options),
        calibrated=False,  # the one that is there may be damaged or of another model, and is about to be replaced
    )
    found = calibrate(analysis)
    for count, share in found.recall.items():
        print(f"{share:7.2%} of {found.edits} edits have their original among the {count} nearest images")
    print(f"a run looks at the {found.neighbours} nearest")
    for chance in (0.5, 0.9, 0.99):
        at = int(np.searchsorted(found.probability, chance))
        where = f"a cosine of {found.cosine[at]:.3f}" if at < len(found.cosine) else "no cosine"
        print(f"a chance of {chance:.0%} that a neighbour is a copy: from {where} on")
    try:
        say(f"kept in {show_path(found.write(plan.path.parent))}")
    except OSError as error:
        complain(f"{plan.path.parent}: cannot be written ({error.strerror or error})")
        return 2
    return 0
