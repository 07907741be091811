"""Configuration files to run TF Serving on an exported model."""

import os
import pathlib
import re
import string

from keras_gan.errors import ConfigError
from keras_gan.export.parity import work_folder
from keras_gan.files.atomic import check_path, replace

FILES = ("models.config", "batching.config", "monitoring.config", "compose.yaml", "kubernetes.yaml")


def write_serving_files(folder: str | os.PathLike, name: str | None = None) -> list[pathlib.Path]:
    """Writes TF Serving's configuration, a compose file and a Kubernetes manifest.

    Args:
        folder: The model's folder, which holds its versions.
        name: Name of the model, in lower-case letters, digits and dashes; the folder's by default.

    Returns:
        The paths of the files.

    Raises:
        ConfigError: If Kubernetes or TF Serving doesn't allow the name.
        ExportError: If the files can't be written.

    Example:

        kg.export.write_serving_files("saved_models/digits")
    """
    folder = check_path(folder)
    name = folder.resolve().name if name is None else name
    if not re.fullmatch(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?", name):
        raise ConfigError(
            "expected a model name of lower-case letters, digits and dashes, starting with a "
            f"letter, got {name!r}; rename the folder."
        )
    sources = {file: pathlib.Path(__file__).with_name(file).read_text("utf-8") for file in FILES}
    with work_folder(folder) as work:
        for file, text in sources.items():
            content = string.Template(text).substitute(name=name)
            (work / file).write_text(content, "utf-8", newline="\n")
        for file in FILES:
            replace(work / file, folder / file)
    return [folder / file for file in FILES]
