"""`fastdup-checks frames`: videos as images of their frames, which the other commands take."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from fastdup_checks.ci import harmless
from fastdup_checks.cli.terminal import complain, folder, say, show_path
from fastdup_checks.records import printable

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "frames",
        help="write frames of videos as images",
        description="Write frames of all videos of a folder as JPEG files, in the same folders, and frames.csv, which "
        "says the video and the second of each: name it as `groups` of the dataset, and group_leak lets no video be in "
        "two splits. Needs the extra [video]. Exit status 1 where a video cannot be read to its end.",
    )
    parser.add_argument("videos", type=folder, metavar="VIDEOS", help="a folder, or one video")
    parser.add_argument("--out", type=folder, metavar="DIR", default=Path("frames"), help="default: frames")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--every", type=_seconds, metavar="SECONDS", default=1.0, help="from one frame to the next (default: 1)"
    )
    which.add_argument("--keyframes", action="store_true", help="the key frames instead")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.set_defaults(work=_frames)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _frames(options: argparse.Namespace) -> int:
    from fastdup_checks.draft import quoted
    from fastdup_checks.frames import TABLE, extract_frames

    def tell(video: str) -> None:
        print(harmless(printable(video)), file=sys.stderr)

    try:
        done = extract_frames(
            options.videos,
            options.out,
            every=None if options.keyframes else options.every,
            progress=None if options.quiet else tell,
        )
    except KeyboardInterrupt:
        complain(f"interrupted; {show_path(options.out)} holds the frames so far: empty it before the next run")
        return 130
    for video in done.damaged:
        complain(f"{video.video}: {video.reason}")
    frames = f"{len(done.frames)} frame{'s' * (len(done.frames) != 1)}"
    say(f"{frames} of {done.videos} video{'s' * (done.videos != 1)}: {show_path(options.out)}")
    if done.damaged:
        print(f"not read to the end: {len(done.damaged)} of them")
    if done.frames:
        groups = f"{{csv: {quoted(show_path(options.out / TABLE))}, group: video}}"
        say(f"for data.yml: dataset: {{root: {quoted(show_path(options.out))}, groups: {groups}}}")
    return 1 if done.damaged else 0
