"""Licences: the identifiers that the Hugging Face hub knows, and files of other ones."""

import dataclasses
import difflib
import pathlib

from keras_gan.errors import ConfigError
from keras_gan.files import limits

WORDS = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause
bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0
cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1
agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0 odc-by
odbl openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr
deepfloyd-if-license llama2 gemma unknown
"""
IDENTIFIERS = frozenset(WORDS.split())
OTHER, FILE = "other", "LICENSE"


@dataclasses.dataclass(frozen=True)
class Licence:
    """A licence of a published generator.

    Attributes:
        name: One of `IDENTIFIERS`, or the name of another one.
        file: File with the text of another one.
    """

    name: str
    file: pathlib.Path | None = None

    def metadata(self) -> dict[str, str]:
        """Returns the licence's entries in a model card, as name -> text."""
        if self.file is None:
            return {"license": self.name}
        return {"license": OTHER, "license_name": self.name, "license_link": FILE}


def find_licence(word: str) -> Licence:
    """Returns the licence of an identifier, or of a file with its text, whose name it gets.

    Raises:
        ConfigError: For a word that is neither, or a file without text.

    Example:

    >>> find_licence("CC-BY-4.0").metadata()
    {'license': 'cc-by-4.0'}
    """
    if word.lower() in IDENTIFIERS:
        return Licence(word.lower())
    file = pathlib.Path(word)
    if file.is_file():
        check_text(file)
        return Licence(file.stem.lower().replace(" ", "-"), file)
    near = difflib.get_close_matches(word.lower(), IDENTIFIERS, n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    raise ConfigError(
        f"expected the identifier of a licence on the hub, such as mit or cc-by-4.0, or a file "
        f"with the text of another one, got {word!r}{hint} Known: "
        f"{', '.join(sorted(IDENTIFIERS))}."
    )


def check_text(file: pathlib.Path) -> None:
    """Raises `ConfigError` for a file that holds no text or can't be read."""
    with limits.reading("the text of a licence", file, ConfigError, "Name another file."):
        if not limits.read_text(file).strip():
            raise ValueError("it is empty")
