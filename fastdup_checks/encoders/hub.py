"""Models from the Hugging Face Hub, through `huggingface_hub` and its cache."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fastdup_checks.encoders.plan import external_files, processor_places, read_model
from fastdup_checks.errors import MissingExtra, ScanError

if TYPE_CHECKING:
    from fastdup_checks.encoders.plan import HubFile

__all__ = ("fetch",)


def fetch(source: HubFile) -> Path:
    """Get the file, the weights it keeps beside itself, and its processor file where the repository has one.

    What is in the cache of `huggingface_hub` is used without asking the network. The environment variables of that
    library apply: HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN.

    Raises:
        MissingExtra: if `huggingface_hub` is not installed.
        ScanError: if something cannot be had.
    """
    folder = PurePosixPath(source.file).parent
    for place in processor_places(Path(source.file)):
        if _get(source, place.as_posix(), needed=False):
            break
    file = _get(source, source.file)
    assert file is not None
    for name in external_files(read_model(file)):
        _get(source, (folder / name).as_posix())
    return file


def _get(source: HubFile, name: str, *, needed: bool = True) -> Path | None:
    """One file of the repository; None where it has none of that name and can do without."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when the library is imported
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as error:
        raise MissingExtra("hub", "a model from the Hugging Face Hub") from error
    repository, revision = source.repository, source.revision
    known = huggingface_hub.try_to_load_from_cache(repository, name, revision=revision)
    if isinstance(known, str):
        return Path(known)
    if known is not None and not needed:  # the cache remembers that there is no such file
        return None
    try:
        return Path(huggingface_hub.hf_hub_download(repository, name, revision=revision))
    except (OSError, ValueError, errors.EntryNotFoundError) as error:
        away = isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled)
        if isinstance(error, errors.EntryNotFoundError) and not away and not needed:
            return None
        raise ScanError(f"{repository}/{name} at {revision[:8]}: {_reason(error, away=away)}") from error


def _reason(error: Exception, *, away: bool) -> str:
    from huggingface_hub import errors

    if away:
        return f"the Hub cannot be reached, and the file is not in the cache ({_cause(error)})"
    if isinstance(error, errors.EntryNotFoundError):
        return "the repository has no such file at that commit"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the repository has no such commit"
    if isinstance(error, errors.GatedRepoError):
        return "access must be granted on the page of the repository first, and HF_TOKEN set"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "no such repository; or it is private, and HF_TOKEN is not set"
    return f"cannot be fetched ({_cause(error)})"


def _cause(error: BaseException) -> str:
    """The innermost reason, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200] or type(error).__name__
