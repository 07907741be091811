"""The model of a run: new, or restored from its newest checkpoint."""

import json
from collections.abc import Callable

from keras_gan import media, recipes
from keras_gan.errors import RunError
from keras_gan.files.hub import find_weights
from keras_gan.files.keras_file import load_model
from keras_gan.models import AdversarialModel
from keras_gan.models.transfer import freeze, transfer
from keras_gan.options import FLOAT32
from keras_gan.progress import quiet
from keras_gan.runs.folder import Run

import keras


def start_or_resume(
    run: Run,
    config: dict,
    chief: bool = True,
    tell: Callable[[str], None] = quiet,
) -> AdversarialModel:
    """Loads the model of the run's newest checkpoint, or builds one in a new run folder.

    Args:
        run: A `Run`.
        config: Its settings.
        chief: Whether this process writes the run folder.
        tell: Function to call with lines about the weights that a new run starts with.

    Raises:
        ConfigError: For weights of another model that don't exist or fit nowhere.
        HubError: If these are on the Hugging Face hub and can't be read.
        RunError: If the folder holds another run, or the checkpoint has another recipe.
    """
    gan = build(config)
    if config["weights_from"] is not None and not run.checkpoints.paths():
        start_from_weights(gan, run, config, tell)
    elif config["freeze_discriminator"]:
        freeze(gan, config["freeze_discriminator"])
    if chief:
        run.claim(config)
    if not run.checkpoints.paths():
        return gan
    saved = run.load()
    if describe(saved) != describe(gan):
        raise RunError(
            f"expected a checkpoint of {config['recipe']} in {run.checkpoints.folder}, got "
            f"one of another model ({difference(describe(saved), describe(gan))}). Choose another "
            "--out, or remove the checkpoints to start again."
        )
    return saved


def start_from_weights(
    gan: AdversarialModel, run: Run, config: dict, tell: Callable[[str], None]
) -> None:
    """Copies the weights of another model to that of a new run.

    It is that of another run, of a `.keras` file, or of `hf:OWNER/NAME` of the Hugging Face hub.

    Raises:
        ConfigError: If there is no such folder or file, or it is the run itself.
        HubError: If the repository can't be read.
        RunError: If the folder isn't a run.
    """
    source = find_weights(config["weights_from"], run.folder)
    other = Run(source).load() if source.is_dir() else load_model(source)
    for transferred in transfer(gan, other, config["freeze_discriminator"]):
        tell(str(transferred))


def build(config: dict) -> AdversarialModel:
    """Builds a new model from the settings of a run."""
    keras.utils.set_random_seed(config["seed"])
    policy = config["mixed_precision"]
    return recipes.build(
        config["recipe"],
        tuple(config["sample_shape"]),
        num_classes=config["classes"] and len(config["classes"]),
        seed=config["seed"],
        width=config["width"],
        dtype=None if policy == FLOAT32 else f"mixed_{policy}",
        jit_compile=config["jit"],
        images=config["schedule_steps"] * config["batch_size"],
        moments=config["moments"],
        medium=media.from_config(config["medium"]),
        **config["changes"],
    )


def describe(model: AdversarialModel) -> dict[str, str]:
    """Returns the configurations of a model and its compilation, as name -> JSON."""
    config = {**model.get_config(), **model.get_compile_config()}
    config |= config.pop("rules")["config"]
    return {key: json.dumps(value, sort_keys=True, default=str) for key, value in config.items()}


def difference(first: dict, second: dict) -> str:
    """Returns the keys whose values differ, separated by commas."""
    return ", ".join(k for k in {**first, **second} if first.get(k) != second.get(k))
