"""Models on the Hugging Face Hub: `hf:user/repo` in the place of a file's name."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.errors import InputError, MissingExtraError, OutputError, UsageError
from painterly.interop.pretrained import MODEL, save_pretrained
from painterly.models.card import ModelCard
from painterly.networks.build import Network

__all__ = ["HubName", "fetch", "parse_hub_name", "push_to_hub"]

_NAME: Final = re.compile(r"hf:(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^/@\s]+))?(/(?P<file>[^@\s]+))?")

_ABSENT: Final = "cannot be reached, and is not in the cache: try again with a network, or name a file"


@dataclass(frozen=True)
class HubName:
    """A file on the hub.

    Attributes:
        repository: Whose, and which: "user/repo".
        revision: A branch, tag or commit; None for the newest of the main branch.
        file: The file in it.
    """

    repository: str
    revision: str | None = None
    file: str = MODEL


def parse_hub_name(name: str) -> HubName:
    """Read `hf:user/repo`, `hf:user/repo@revision`, `hf:user/repo/file.safetensors` or both.

    Raises:
        UsageError: It is none of these.

    Example:
        >>> parse_hub_name("hf:someone/great-wave@v2")
        HubName(repository='someone/great-wave', revision='v2', file='model.safetensors')
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(f"'{name}' is not hf:user/repo, hf:user/repo@revision or hf:user/repo/file.safetensors")
    file = match["file"] or MODEL
    if ".." in Path(file).parts:
        raise UsageError(f"'{name}' names a file outside of its repository")
    return HubName(match["repository"], match["revision"], file)


def fetch(name: str) -> Path:
    """The file that a name means: downloaded once, and kept in huggingface_hub's cache.

    Without a network, or with HF_HUB_OFFLINE=1, what is in the cache is used.

    Args:
        name: See `parse_hub_name`.

    Raises:
        UsageError: It is not such a name.
        InputError: There is no such repository, revision or file, or it can neither be reached nor is in the cache.
        MissingExtraError: huggingface_hub is not installed.
    """
    wanted = parse_hub_name(name)
    try:
        import huggingface_hub as hub
        from huggingface_hub import constants, errors
    except ImportError as error:
        raise MissingExtraError(name, "hub") from error
    about: dict[str, Any] = {"repo_id": wanted.repository, "filename": wanted.file, "revision": wanted.revision}
    try:
        if not (isinstance(hub.try_to_load_from_cache(**about), str) or constants.HF_HUB_OFFLINE):
            hub.get_hf_file_metadata(hub.hf_hub_url(**about))  # fails at once where the next would try for a minute
        return Path(hub.hf_hub_download(**about))
    except errors.LocalEntryNotFoundError as error:
        raise InputError(f"{name} {_ABSENT}") from error
    except errors.EntryNotFoundError as error:
        raise InputError(
            f"{name}: the repository has no {wanted.file}; name another with {_with_file(wanted)}"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise InputError(f"{name}: the repository has no revision {wanted.revision}") from error
    except errors.GatedRepoError as error:
        raise InputError(f"{name} asks for consent: give it on its page, and log in with  hf auth login") from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(f"there is no {name} on the hub, or it is private: log in with  hf auth login") from error
    except (errors.HfHubHTTPError, errors.HFValidationError) as error:
        raise InputError(f"{name} cannot be fetched ({_first_line(error)})") from error
    except _transport_error(errors) as error:
        raise InputError(f"{name} {_ABSENT} ({_first_line(error)})") from error
    except OSError as error:
        raise InputError(f"{name} cannot be fetched or kept in the cache ({error.strerror or error})") from error


def push_to_hub(
    network: Network,
    card: ModelCard,
    repository: str,
    *,
    licence: str = "",
    private: bool = False,
    message: str = "",
    revision: str | None = None,
) -> str:
    """Upload a model, its card and a page about it; the repository is made if there is none.

    Args:
        network: The network.
        card: Its card.
        repository: "user/repo", or "hf:user/repo".
        licence: The hub's name of the licence, such as "mit"; see `painterly.interop.pretrained.save_pretrained`.
        private: Whether a new repository is private.
        message: Of the commit.
        revision: The branch; by default main.

    Returns:
        The address of the commit.

    Raises:
        UsageError: It is not a repository's name.
        OutputError: The hub cannot be reached or refuses, for instance because nobody is logged in.
        MissingExtraError: huggingface_hub is not installed.
    """
    wanted = parse_hub_name("hf:" + repository.removeprefix("hf:"))
    if wanted != HubName(wanted.repository):
        raise UsageError(f"'{repository}' must be user/repo, without a file; a revision is an argument of its own")
    try:
        from huggingface_hub import HfApi, errors
    except ImportError as error:
        raise MissingExtraError("uploading to the hub", "hub") from error
    api = HfApi()
    with tempfile.TemporaryDirectory(prefix="painterly-") as folder:
        save_pretrained(network, card, folder, licence=licence, repository=wanted.repository)
        try:
            api.create_repo(wanted.repository, private=private, exist_ok=True)
            if revision is not None:
                api.create_branch(wanted.repository, branch=revision, exist_ok=True)
            title = message or f"Upload {card.title or 'a network'} with painterly"
            done = api.upload_folder(
                repo_id=wanted.repository, folder_path=folder, commit_message=title, revision=revision
            )
        except (errors.HFValidationError, _transport_error(errors), OSError) as error:
            raise OutputError(
                f"{repository} was not uploaded ({_first_line(error)}); are you logged in (hf auth login)?"
            ) from error
    return str(done.commit_url)


def _transport_error(errors: Any) -> type[Exception]:
    """What the hub's library raises when a server cannot be reached: of requests, httpx or httpx2, by its version."""
    base: type[Exception] = errors.HfHubHTTPError.__mro__[1]
    return base


def _with_file(wanted: HubName) -> str:
    revision = f"@{wanted.revision}" if wanted.revision else ""
    return f"hf:{wanted.repository}{revision}/FILE"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
