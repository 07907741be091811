"""The game of a run: new, or as its newest checkpoint has it."""

import json

from keras_gan import media, recipes
from keras_gan.errors import RunError

import keras
import tensorflow as tf


def start_or_resume(run, config, chief=True):
    """The model of the run's newest checkpoint, or a new one in a new run folder.

    Args:
        run: A `Run`.
        config: Its settings.
        chief: Whether this process may write.

    Raises:
        RunError: For another run's folder, or a checkpoint of another recipe.
    """
    gan = build(config)
    if chief:
        run.claim(config)
    if not run.checkpoints.paths():
        return gan
    saved = run.load()
    if describe(saved) != describe(gan):
        raise RunError(
            f"expected a checkpoint of {config['recipe']} in {run.checkpoints.folder}, got "
            f"one of another game ({difference(describe(saved), describe(gan))}). Choose another "
            "--out, or remove the checkpoints to begin again."
        )
    return saved


def build(config):
    """The new model that a run's settings describe."""
    keras.utils.set_random_seed(config["seed"])
    alone = tf.distribute.get_strategy().num_replicas_in_sync == 1
    policy = config["mixed_precision"]
    return recipes.build(
        config["recipe"],
        tuple(config["sample_shape"]),
        num_classes=config["classes"] and len(config["classes"]),
        seed=config["seed"],
        width=config["width"],
        dtype=policy and f"mixed_{policy}",
        jit_compile=config["jit"] if alone or config["jit"] else "auto",
        images=config["schedule_steps"] * config["batch_size"],
        moments=config["moments"],
        medium=media.from_config(config["medium"]),
        **config["rules"],
    )


def describe(gan):
    """Returns what a model was built and compiled from, as JSON text by player and setting."""
    facts = {**gan.get_config(), **gan.get_compile_config()}
    facts |= facts.pop("rules")["config"]
    return {key: json.dumps(value, sort_keys=True, default=str) for key, value in facts.items()}


def difference(found, wanted):
    """The names of the facts that differ."""
    return ", ".join(k for k in {**found, **wanted} if found.get(k) != wanted.get(k))
