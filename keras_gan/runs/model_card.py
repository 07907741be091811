"""The model card of a published run: README.md, with metadata that the Hugging Face hub reads."""

import contextlib
import dataclasses
import json
import re
import shlex
from collections.abc import Mapping, Sequence

from keras_gan import media, recipes
from keras_gan.errors import counted, printable
from keras_gan.files.run_folder import HUB, is_on_hub
from keras_gan.runs.licences import Licence
from keras_gan.runs.report.data import UNSHOWN
from keras_gan.runs.settings import summary

NO_NAME = "OWNER/NAME"
SOURCE = re.compile(r"\w{2,}:(?![\\/])")  # such as tfds:mnist or hf:OWNER/NAME; no drive
# Settings that say little to a reader, or that the card shows elsewhere
HIDDEN = (*UNSHOWN, "choices", "schedule_steps", "medium", "classes", "rules", "changes", "skipped")
PROGRAMS = {"keras-gan": "keras-gan", "keras-gan.exe": "keras-gan"}
PROGRAMS |= {"__main__.py": "python -m keras_gan"}
SHOWN_CLASSES = 20


@dataclasses.dataclass(frozen=True)
class CardFacts:
    """What a model card says of a run.

    Attributes:
        name: Its name.
        config: Content of `config.json`.
        step, images: Steps, and images seen, of the published model.
        count: Number of samples in the picture.
        conditional: Whether the generator takes labels.
        evaluations: Evaluations of the published model, as in `evaluation.json`.
        sessions: Sessions of the run, as in `sessions.jsonl`.
        licence: Its `Licence`.
        repository: `OWNER/NAME` on the hub.
        has_page: Whether the folder is a web page.
    """

    name: str
    config: Mapping
    step: int
    images: int
    count: int
    conditional: bool
    evaluations: Sequence[Mapping]
    sessions: Sequence[Mapping]
    licence: Licence | None
    repository: str | None
    has_page: bool


def write_card(facts: CardFacts) -> str:
    """Returns the text of a model card."""
    parts = [
        front_matter(metadata(facts)),
        f"# {escape(facts.name)}",
        f"![{counted(facts.count, 'generated sample')}](samples.png)",
        f"{escape(summary(facts.config))}. The model is of step {facts.step:,}, after "
        f"{counted(facts.images, 'sample')} seen.",
        *figures(facts),
        *usage(facts),
        *training(facts),
    ]
    return "\n\n".join(parts) + "\n"


def metadata(facts: CardFacts) -> dict[str, str | list[str]]:
    """Returns the metadata, as name -> text or texts; `sdk` makes a page of a static Space."""
    config, origin = facts.config, facts.config.get("weights_from")
    task = {"pipeline_tag": "unconditional-image-generation"} if is_image(config) else {}
    return {
        **(facts.licence.metadata() if facts.licence else {}),
        "library_name": "keras",
        **task,
        "tags": ["gan", "keras-gan", config["recipe"]],
        **({"base_model": origin[len(HUB) :].split("@")[0]} if is_on_hub(origin) else {}),
        **({"sdk": "static"} if facts.has_page else {}),
    }


def front_matter(fields: Mapping[str, str | Sequence[str]]) -> str:
    """Returns fields as YAML between lines of dashes; its strings are those of JSON."""
    lines = []
    for name, value in fields.items():
        if isinstance(value, str):
            lines.append(f"{name}: {quote(value)}")
        else:
            lines += [f"{name}:", *(f"- {quote(entry)}" for entry in value)]
    return "\n".join(["---", *lines, "---"])


def quote(text: str) -> str:
    """Returns text as a string of YAML."""
    return json.dumps(printable(text), ensure_ascii=False)


def escape(text: object) -> str:
    r"""Escapes what Markdown would read as its own, so that text of a run is shown as it is.

    Example:

    >>> print(escape("my_cats | <b>"))
    my\_cats \| \<b\>
    """
    line = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]<>|~&$#])", r"\\\1", line)


def figures(facts: CardFacts) -> list[str]:
    """Returns the section of the run's evaluations."""
    parts = ["## Figures"]
    if not facts.evaluations:
        return [*parts, "None were measured of this model."]
    note = (
        "The extractor of the features is in brackets; only those of inception compare with "
        "published figures. In parentheses are the numbers of generated and of real samples."
    )
    for each in facts.evaluations:
        lines = [f"- {escape(line)}" for line in each["reports"]]
        parts += [f"Against {escape(each['data'])}, seed {each['seed']}:", "\n".join(lines)]
    return [*parts, note]


def usage(facts: CardFacts) -> list[str]:
    """Returns the section that says how to use the files."""
    name = facts.repository or NO_NAME
    parts = [
        "## Use",
        "In Keras, with keras_gan and huggingface_hub:",
        in_keras(name, facts.conditional),
        "With onnxruntime and NumPy alone:",
        in_onnxruntime(name, facts.conditional),
        "On the command line, also to fine-tune it on other data:",
        on_command_line(name, facts.config),
    ]
    if facts.has_page:
        page = "`index.html` draws samples in the browser: open this folder by a server of files"
        space = f"`hf upload {name} . --repo-type space`"
        parts.append(f"{page} (`python -m http.server`), or as a static Space ({space}).")
    return parts


def in_keras(name: str, conditional: bool) -> str:
    """Returns the code that samples a repository's model in Keras."""
    return code(
        "python",
        "import keras_gan as kg",
        "from huggingface_hub import hf_hub_download",
        "",
        f'gan = kg.load_model(hf_hub_download("{name}", "model.keras"))',
        f"samples = gan.sample(16, seed=0{', labels=0' if conditional else ''})",
    )


def in_onnxruntime(name: str, conditional: bool) -> str:
    """Returns the code that samples a repository's model in onnxruntime."""
    return code(
        "python",
        "import sys",
        "from huggingface_hub import snapshot_download",
        "",
        'files = ["generator.onnx", "generator.py"]',
        f'folder = snapshot_download("{name}", allow_patterns=files)',
        "sys.path.append(folder)",
        "from generator import Generator",
        "",
        'generator = Generator(f"{folder}/generator.onnx")',
        f"samples = generator.sample(16, seed=0{', label=0' if conditional else ''})",
    )


def on_command_line(name: str, config: Mapping) -> str:
    """Returns the commands that sample and fine-tune a repository's model."""
    width = f" --width {config['width']}" if config["width"] else ""
    size = f" --image-size {'x'.join(map(str, config['sample_shape'][:2]))}"
    options = f"{width}{size if is_image(config) else ''} --data DATA --out RUN"
    return code(
        "bash",
        f"keras-gan sample {HUB}{name} --count 64",
        f"keras-gan train {config['recipe']}{options} --from {HUB}{name}",
    )


def is_image(config: Mapping) -> bool:
    """Returns whether a run's samples are images."""
    return isinstance(media.from_config(config["medium"]), media.Image)


def training(facts: CardFacts) -> list[str]:
    """Returns the section on the training: commands, settings and versions."""
    parts, commands = ["## Training"], commands_of(facts.sessions)
    if commands:
        parts += [code("bash", *commands)]
    recipe = recipes.get(facts.config["recipe"], facts.config["width"])
    parts.append(f"`{facts.config['recipe']}`: {escape(recipe.about)}.")
    rows = [f"| {escape(name)} | {escape(text)} |" for name, text in settings(facts.config)]
    return [*parts, "\n".join(["| setting | value |", "|---|---|", *rows])]


def settings(config: Mapping) -> list[tuple[str, str]]:
    """Returns `(name, text)` of the settings of a run, for a reader."""
    plain = {name: value for name, value in config.items() if name not in HIDDEN}
    classes = config["classes"] or []
    more = ", ..." if len(classes) > SHOWN_CLASSES else ""
    if classes:
        plain["classes"] = f"{len(classes)}: {', '.join(classes[:SHOWN_CLASSES])}{more}"
    plain |= config["rules"] | config["changes"]
    return [(name, to_text(value)) for name, value in plain.items() if value is not None]


def to_text(value: object) -> str:
    """Returns a setting's value as text: yes, 28x28x1, 64."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def code(language: str, *lines: str) -> str:
    """Returns a block of code."""
    return "\n".join([f"```{language}", *lines, "```"])


def commands_of(sessions: Sequence[Mapping]) -> list[str]:
    """Returns the different commands of a run's sessions, without the folders of the machine."""
    commands = []
    for session in sessions:
        with contextlib.suppress(KeyError, ValueError):  # of a damaged line
            program, *words = shlex.split(printable(session["command"]))
            program = PROGRAMS[program]
            commands.append(f"{program} {shlex.join(map(without_folders, words))}")
    return list(dict.fromkeys(commands))


def without_folders(word: str) -> str:
    """Returns the name at the end of a path, as folders tell of a machine and of its owner.

    Example:

    >>> [without_folders(word) for word in ("/home/ann/cats/", "--data=../cats", "tfds:a/b")]
    ['cats', '--data=cats', 'tfds:a/b']
    """
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if not SOURCE.match(value):
        value = re.split(r"[\\/]", value.rstrip("\\/"))[-1] or value
    return f"{option}{equals}{value}"
