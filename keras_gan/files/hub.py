"""The Hugging Face hub: models that are read by `hf:OWNER/NAME`, and folders that are uploaded.

Its client huggingface_hub, the extra `hub`, keeps what it has downloaded, so that it is read
without a network too.
"""

import contextlib
import os
import pathlib
import re
import shlex
import types
from collections.abc import Iterator, Sequence

from keras_gan.errors import ConfigError, HubError, counted, missing_extra, reason_of
from keras_gan.files.atomic import check_path
from keras_gan.files.run_folder import HUB, is_on_hub, is_run_folder, require_run

NAME = re.compile(r"[\w.-]+/[\w.-]+")
FILES = ("*.keras", "config.json")  # those of a repository that are downloaded
REFUSED = 401, 403, 404
LOG_IN = "run hf auth login, or set HF_TOKEN to a token that may"


def local_path(source: str | os.PathLike) -> pathlib.Path:
    """Returns the path of a run or of a file, which is downloaded for `hf:OWNER/NAME`.

    Args:
        source: A path, `hf:OWNER/NAME`, or `hf:OWNER/NAME@REVISION` with a branch, tag or commit.

    Returns:
        The path; for a repository its folder if it holds a run, or else its only `.keras` file.

    Raises:
        ConfigError: For what isn't a path or a name, or without the extra `hub`.
        HubError: If the repository can't be read, or holds neither.
    """
    if not is_on_hub(source):
        return check_path(source)
    repository, at, revision = source.removeprefix(HUB).partition("@")
    check_repository(repository)
    if at and not revision:
        raise ConfigError(f"expected a branch, tag or commit after the @, got {source}; add it.")
    client = import_client()
    with hub_errors(f"could not read {source}"):
        folder = client.snapshot_download(
            repository, revision=revision or None, allow_patterns=FILES, endpoint=endpoint()
        )
    return find_model(pathlib.Path(folder), source)


def find_weights(source: str | os.PathLike, out: str | os.PathLike) -> pathlib.Path:
    """Returns the run or the `.keras` file whose weights a new run starts with.

    Args:
        source: As in `local_path`.
        out: Folder of the new run.

    Raises:
        ConfigError: If there is no such folder or file, or it is that of the new run.
        HubError: If the repository can't be read.
        RunError: If the folder isn't a run.
    """
    path = local_path(source)
    if path.resolve() == pathlib.Path(out).resolve():
        raise ConfigError(
            f"expected another run to start from than {path} itself (--from, --out); the "
            "same command without --from resumes a run."
        )
    if not path.exists():
        raise ConfigError(
            f"expected a run folder or a .keras file at {path}, to start with its weights "
            "(--from), found nothing there."
        )
    if path.is_dir():
        require_run(path)
    return path


def find_model(folder: pathlib.Path, source: str) -> pathlib.Path:
    """Returns a downloaded folder if it holds a run, or else its only `.keras` file."""
    if is_run_folder(folder):
        return folder
    files = list(folder.glob("*.keras"))
    if len(files) == 1:
        return files[0]
    raise HubError(
        f"expected what keras-gan publish writes, or one .keras file, in {source}, got "
        f"{counted(len(files), '.keras file')}; choose another repository."
    )


def check_upload(repository: str) -> None:
    """Raises `ConfigError` for an invalid name, or without the extra `hub` or a token."""
    check_repository(repository)
    if import_client().get_token() is None:
        raise ConfigError(
            f"expected a token of the Hugging Face hub to upload to {repository}, got none; "
            f"{LOG_IN} write."
        )


def check_repository(repository: str) -> None:
    """Raises `ConfigError` for what isn't the name of a repository."""
    if not NAME.fullmatch(repository):
        raise ConfigError(
            f"expected a repository of the Hugging Face hub as OWNER/NAME, got {repository!r}."
        )


def upload(folder: str | os.PathLike, repository: str, private: bool = False) -> str:
    """Uploads the files of a folder as one commit; the hub keeps earlier versions.

    Args:
        folder: The folder.
        repository: `OWNER/NAME` of a model repository; it is created if it doesn't exist.
        private: Whether only you can see a repository that is created.

    Returns:
        The address of the repository.

    Raises:
        ConfigError: As `check_upload` does.
        HubError: If the hub can't be reached or refuses.
    """
    folder = check_path(folder)
    check_upload(repository)
    api = import_client().HfApi(endpoint=endpoint())
    command = shlex.join(["hf", "upload", repository, str(folder)])
    later = f"{folder} is complete; to upload it later: {command}"
    with hub_errors(f"could not upload to {repository}", later):
        api.create_repo(repository, private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=repository, folder_path=folder, commit_message="Publish with keras-gan"
        )
    return f"{api.endpoint}/{repository}"


def endpoint() -> str | None:
    """Returns the hub's address; set late too, as Keras imports the client before a notebook."""
    return os.environ.get("HF_ENDPOINT")


def import_client() -> types.ModuleType:
    """Imports huggingface_hub; raises `ConfigError`, with the extra's name, without it."""
    try:
        import huggingface_hub
    except ImportError as error:
        purpose = "to use the Hugging Face hub"
        raise ConfigError(missing_extra("hub", purpose, error)) from error
    return huggingface_hub


@contextlib.contextmanager
def hub_errors(what: str, advice: str = "") -> Iterator[None]:
    """Raises the client's errors as `HubError`, with what to do about them.

    Args:
        what: What failed.
        advice: Sentence on what to do besides.
    """
    try:
        yield
    except Exception as error:  # the client and what it sends files with raise many kinds
        causes = causes_of(error)
        told = [cause.server_message for cause in causes if getattr(cause, "server_message", None)]
        reason = (told or [reason_of(causes[-1])])[0].strip().rstrip(".")
        raise HubError(f"{what}: {reason}. {remedy(causes)} {advice}".rstrip()) from error


def causes_of(error: BaseException) -> list[BaseException]:
    """Returns an error, the error that it was raised from, and so on."""
    return [error, *(causes_of(error.__cause__) if error.__cause__ else [])]


def remedy(causes: Sequence[BaseException]) -> str:
    """Returns a sentence on what to do about an error of the client, given with its causes."""
    from huggingface_hub import errors

    if any(isinstance(cause, errors.RevisionNotFoundError) for cause in causes):
        return "Choose a branch, tag or commit of the repository."
    responses = [getattr(cause, "response", None) for cause in causes]
    if any(getattr(response, "status_code", None) in REFUSED for response in responses):
        return f"Check the repository's name; if it is private or yours, {LOG_IN} use it."
    connection = errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError
    if any(isinstance(cause, connection) for cause in causes):
        return "Check the connection and HF_HUB_OFFLINE; what was downloaded once needs neither."
    return "Mend that, and try again."
