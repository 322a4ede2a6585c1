"""The folder of a cache: marked, so that neither version control nor backups take it in."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("make_cache",)

_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of fastdup-checks; safe to delete.\n"


def make_cache(directory: Path) -> None:
    """Make and mark the directory; one that is there already may hold files of the user's own, and stays as it is.

    It appears with its marks or not at all: a run that is killed leaves no folder that is taken for the user's.

    Raises:
        OSError: if it cannot be made.
    """
    if directory.is_dir():
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    made = directory.with_name(f"{directory.name}-{uuid.uuid4().hex}")
    try:
        made.mkdir()
        (made / ".gitignore").write_text("*\n", encoding="utf-8")
        (made / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")
        made.rename(directory)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        if not directory.is_dir():  # else another run was faster
            raise
