"""Maps work over shards on all cores. Another engine (a cluster, say) has the same one method."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

__all__ = ("Engine", "ThreadEngine", "available_cores")

Shard = TypeVar("Shard")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs one function over many shards."""

    def map(self, work: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
        """The results in the order of the shards, without running far ahead of the caller."""
        ...


class ThreadEngine:
    """Threads of this process: decoding, hashing and inference all release the interpreter lock."""

    def __init__(self, threads: int | None = None) -> None:
        """Use so many threads, by default one for each core this process may run on."""
        self.threads = threads or available_cores()

    def map(self, work: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
        """The results in the order of the shards; at most four shards a thread are in flight, so memory stays flat."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="fastdup-checks")
        waiting: deque[Future[Result]] = deque()
        try:
            for shard in shards:
                waiting.append(pool.submit(work, shard))
                if len(waiting) >= 4 * self.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
