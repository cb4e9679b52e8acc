"""All that one server has: its processes, its jobs, its temporary folder, and whether it is open."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from starlette.requests import HTTPConnection

from painterly.server.jobs import Jobs
from painterly.server.metrics import Metrics
from painterly.server.pool import Pool
from painterly.server.refusal import RefusedError
from painterly.server.settings import ServerSettings

__all__ = ["Service", "service_of"]


class Service:
    """What the routes of one application share.

    Args:
        settings: Limits and the like.

    Attributes:
        settings: The same.
        folder: Where files of requests and jobs are, for nobody else to read; removed in the end.
        metrics: Counters.
        pool: What paints.
        jobs: Clips and new styles.
        uploads: How many requests with files are being read, wait or are worked on.
        stopping: Set once no new work is taken.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._temporary = tempfile.TemporaryDirectory(prefix="painterly-server-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)  # which mkdtemp makes with mode 0700
        self.metrics = Metrics()
        self.pool = Pool(settings, self.folder, self.metrics.watch)
        self.jobs = Jobs(settings, self.folder / "jobs")
        self.uploads = 0
        self.stopping = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start what works, unless that was done: an application that is mounted in another hears nothing of its start,
        and so does it with the first request.
        """
        if self._ending is None and not self.stopping.is_set():
            self.pool.start()
            self.jobs.start()
            self._ending = asyncio.create_task(self._end())

    def stop(self) -> None:
        """Take no new work from now on; what was begun is finished within the grace period."""
        self.stopping.set()

    async def close(self) -> None:
        """Stop, wait until all has ended, and remove all files."""
        self.stop()
        if self._ending is not None:
            await self._ending
        await asyncio.to_thread(self._temporary.cleanup)

    async def _end(self) -> None:
        await self.stopping.wait()
        await self.jobs.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.pool.idle(), self.settings.grace_seconds)
        await self.pool.close()

    def check_open(self) -> None:
        """Refuse new work once the server is stopping.

        Raises:
            RefusedError: It is.
        """
        if self.stopping.is_set():
            raise RefusedError(503, "the server is stopping; try again later", 5)

    @contextlib.asynccontextmanager
    async def uploading(self) -> AsyncIterator[None]:
        """Count a request that is being read and worked on.

        Raises:
            RefusedError: There are too many.
        """
        if self.uploads >= 2 * self.settings.queue + 2:  # as many wait as are read
            seconds = self.pool.queue.seconds_until_room()
            raise RefusedError(
                429, f"{self.uploads} requests are being read already; try again in {seconds} s", seconds
            )
        self.uploads += 1
        try:
            yield
        finally:
            self.uploads -= 1

    def request_folder(self) -> Path:
        """A new folder for the files of one request."""
        folder = self.folder / "requests" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder

    @contextlib.contextmanager
    def files(self) -> Iterator[Path]:
        """A folder for the files of one request, which is removed unless all went well and somebody else does it."""
        folder = self.request_folder()
        try:
            yield folder
        except BaseException:
            self.pool.discard(folder)
            raise


def service_of(connection: HTTPConnection) -> Service:
    """The service of the application that a request came to, started."""
    service: Service = connection.app.state.service
    service.start()
    return service
