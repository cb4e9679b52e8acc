"""Why a request is refused, with the status that HTTP has for it. Imports nothing heavy."""

from __future__ import annotations

from painterly.errors import InputError, MissingExtraError, OutputError, PainterlyError

__all__ = ["RefusedError", "status_of"]


class RefusedError(PainterlyError):
    """A request that is not done.

    Args:
        status: HTTP's.
        sentence: Why, and what to do about it.
        retry_after: Seconds after which to come again.
    """

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.retry_after = status, retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the response."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def status_of(error: PainterlyError) -> int:
    """The status for an error of painterly's."""
    if isinstance(error, RefusedError):
        return error.status
    if isinstance(error, MissingExtraError):
        return 501
    if isinstance(error, OutputError):
        return 409
    return 415 if isinstance(error, InputError) and "is not a picture" in str(error) else 400
