"""Errors that a person can act on.

Every message is one sentence that names the file or option at fault and, where there is one, the remedy. Commands
print it without a traceback; from Python it is an ordinary exception.
"""

__all__ = [
    "InputError",
    "Interrupted",
    "MissingExtraError",
    "OutputError",
    "PainterlyError",
    "TrainingError",
    "UsageError",
]


class PainterlyError(Exception):
    """Base of every error that painterly raises on purpose."""


class UsageError(PainterlyError):
    """An option or argument that cannot be meant; commands exit with status 2."""


class InputError(PainterlyError):
    """A picture, model or folder that cannot be read or is not what it claims to be."""


class OutputError(PainterlyError):
    """A result that cannot be written; nothing that existed before is touched."""


class TrainingError(PainterlyError):
    """Training that cannot go on, for instance because a loss is no longer finite."""


class Interrupted(PainterlyError):
    """Somebody asked to stop; what was done so far is kept."""


class MissingExtraError(PainterlyError):
    """An optional dependency that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional dependency: install it with  pip install 'painterly[{extra}]'")
