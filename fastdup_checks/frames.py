"""Videos -> images of their frames, and the table that says which video each came from."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.errors import DatasetError, MissingExtra
from fastdup_checks.records import printable, valid_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream
    from PIL.Image import Image

__all__ = ("TABLE", "VIDEO_SUFFIXES", "DamagedVideo", "Extracted", "Frame", "extract_frames")

VIDEO_SUFFIXES = frozenset(
    (".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".webm", ".wmv")
)
"""Names that are taken for videos, in lower case."""

TABLE = "frames.csv"
"""The table beside the frames: path, video, second."""

_QUALITY = 95
_TICK = 1e-3
"""Seconds by which a frame may come before its time: times are fractions that a float does not always hold."""
_CLOCK = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")
_UPRIGHT = {90: "ROTATE_90", 180: "ROTATE_180", 270: "ROTATE_270"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One image that was written."""

    path: str
    """Relative to the folder of the frames, with slashes."""
    video: str
    """Relative to the folder of the videos, with slashes."""
    second: float
    """Since the start of the video, to the millisecond; frames within one are one."""


@dataclass(frozen=True, slots=True)
class DamagedVideo:
    """A video that could not be read to its end; the frames before that are kept."""

    video: str
    reason: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of a folder of videos."""

    frames: tuple[Frame, ...]
    damaged: tuple[DamagedVideo, ...]
    videos: int


def extract_frames(
    videos: Path,
    out: Path,
    *,
    every: float | None = 1.0,
    progress: Callable[[str], None] | None = None,
) -> Extracted:
    """Write frames of all videos as JPEG files, in the folders that the videos lie in, and the table of them.

    `walk/clip.mp4` gives `walk/clip.mp4-00012.000.jpg` for the frame 12 seconds after its start, so that splits and
    labels that are folders stay what they are. Frames are shown upright.

    Args:
        videos: a folder, searched with all folders in it, or one video.
        out: a new or empty folder.
        every: seconds from one frame to the next, the first one at the start; None takes the key frames.
        progress: told the name of each video before it is read.

    Raises:
        MissingExtra: if PyAV is not installed.
        DatasetError: if there are no videos, or `out` holds something.
    """
    try:
        import av  # noqa: F401 - asked for before anything is written
    except ImportError:
        raise MissingExtra("video", "reading videos") from None
    if every is not None and not every > 0:
        raise ValueError(f"every is {every}; a number of seconds above 0 is wanted")
    root, names = _find(videos)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{printable(str(out))}: frames go into a new or an empty folder, and this is neither")
    frames: list[Frame] = []
    damaged: list[DamagedVideo] = []
    for name in names:
        if progress is not None:
            progress(name)
        try:
            for second, picture in _read(root / name, every):
                frame = Frame(f"{name}-{second:09.3f}.jpg", name, second)
                target = out / frame.path
                target.parent.mkdir(parents=True, exist_ok=True)
                picture.save(target, "JPEG", quality=_QUALITY)
                frames.append(frame)
        except _Damaged as error:
            damaged.append(DamagedVideo(name, str(error)))
    out.mkdir(parents=True, exist_ok=True)
    _write_table(out / TABLE, frames)
    return Extracted(tuple(frames), tuple(damaged), len(names))


class _Damaged(Exception):  # noqa: N818 - a state of the data, not an error of the program
    """A video ends before its end; the message is the reason."""


def _find(videos: Path) -> tuple[Path, Sequence[str]]:
    """The folder that the videos lie below, and their names in it."""
    if videos.is_file():
        return videos.parent, [videos.name]
    if not videos.is_dir():
        raise DatasetError(f"{printable(str(videos))}: there is no such folder or video")
    names = sorted(
        path.relative_to(videos).as_posix()
        for path in videos.rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
    )
    if not names:
        known = " ".join(sorted(VIDEO_SUFFIXES))
        raise DatasetError(f"{printable(str(videos))}: there are no videos in it ({known})")
    return videos, names


def _read(path: Path, every: float | None) -> Iterator[tuple[float, Image]]:
    """Seconds since the start and pictures of the wanted frames.

    Raises:
        _Damaged: where the video cannot be read, or not to its end.
    """
    import av
    from PIL import Image

    end = start = last = 0.0
    taken = 0
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                raise _Damaged("there is no video stream in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            if every is None:
                stream.codec_context.skip_frame = "NONKEY"
            promised = _promised_seconds(container, stream)
            for packet in container.demux(stream):
                for frame in packet.decode():
                    time = frame.time if frame.time is not None else end
                    start = start if taken else time
                    seconds = round(time - start, 3)
                    if taken and (seconds <= last or (every is not None and seconds < taken * every - _TICK)):
                        continue
                    last = seconds
                    taken = taken + 1 if every is None else int((seconds + _TICK) / every) + 1
                    turn = _UPRIGHT.get(round(frame.rotation) % 360)
                    picture = frame.to_image()
                    yield seconds, picture.transpose(Image.Transpose[turn]) if turn else picture
                if packet.pts is not None and packet.time_base is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    except (av.FFmpegError, OSError, ValueError) as error:
        text = " ".join((getattr(error, "strerror", None) or str(error)).split())
        raise _Damaged(f"damaged after {end - start:.1f} seconds: {text}" if taken else text) from None
    if not taken:
        raise _Damaged("there are no frames in it")
    if promised is not None and promised - (end - start) > max(1.0, 0.02 * promised):
        raise _Damaged(f"truncated: it ends after {end - start:.1f} of {promised:.1f} seconds")


def _promised_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the pictures of a video should last by what its head says, where it says so."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    clock = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
    if clock:
        hours, minutes, seconds = map(float, clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    # The whole file may last longer than its pictures, by its sound.
    return container.duration / 1e6 if container.duration is not None and len(container.streams) == 1 else None


def _write_table(path: Path, frames: Sequence[Frame]) -> None:
    from fastdup_checks.report.files import replacing, write_rows

    text = io.StringIO(newline="")
    rows = [(valid_text(frame.path), valid_text(frame.video), f"{frame.second:.3f}") for frame in frames]
    write_rows(text, ("path", "video", "second"), rows, names=[path for path, *_ in rows])
    with replacing(path) as file:
        file.write(text.getvalue().encode())
