"""Players: the networks and optimizers of a game, their schedules and moving averages."""

import itertools
import warnings
from typing import Any

from keras_gan import optimizers, replicas, schedules
from keras_gan.checks import check_positive
from keras_gan.errors import ConfigError, unknown
from keras_gan.models.averages import update_average
from keras_gan.models.game_checks import check_forms, check_free, check_names
from keras_gan.models.network_checks import check_network, check_trainable
from keras_gan.models.resumable import Resumable
from keras_gan.networks import compute_dtypes
from keras_gan.networks.copies import copy_network

import keras
import numpy as np
import tensorflow as tf
from keras import ops


class Players(Resumable):
    """Base of `AdversarialModel` that holds what each player has: networks and an optimizer.

    Args:
        seed, moving_average_half_life, name, **networks: As in `AdversarialModel`.

    Raises:
        ConfigError: For a number out of range, other networks than those of `players`, or `players`
            or `averages` of another form.

    Attributes:
        players: Name of a player -> names of the attributes that hold its networks.
        averages: Name of the attribute that holds a moving average -> that of its network.
        schedules: Name of a number -> `keras_gan.schedules.Schedule`.
        moving_average_ramp: Largest half-life of the averages as a share of the images seen; it can
            be set before training, and is saved.
    """

    players: dict[str, tuple[str, ...]] = {}
    averages: dict[str, str] = {}
    moving_average_ramp = 0.1

    def __init__(
        self,
        seed: int = 0,
        moving_average_half_life: float = 20_000,
        name: str | None = None,
        **networks: keras.Model,
    ):
        super().__init__(seed, name)
        self.moving_average_half_life = check_positive(
            "a moving-average half-life in images", moving_average_half_life
        )
        self.schedules = {}
        check_forms(self, ("players", "averages"))
        check_names(networks, self.network_names(), "the networks")
        for name, network in networks.items():
            check_network(name, network)
            check_free(self, name)
            setattr(self, name, network)
        for average, name in self.averages.items():
            if name not in networks:
                raise unknown(f"network of {average}", name, networks)
            check_free(self, average)
            setattr(self, average, copy_network(networks[name]))
        self.built = True

    @classmethod
    def network_names(cls) -> tuple[str, ...]:
        """Returns the names of the attributes that hold the players' networks."""
        return tuple(itertools.chain.from_iterable(cls.players.values()))

    def networks_of(self, player: str) -> tuple[keras.Model, ...]:
        """Returns the networks of a player.

        Raises:
            ConfigError: For an unknown player.
        """
        if player not in self.players:
            raise unknown("player", player, self.players)
        return tuple(getattr(self, name) for name in self.players[player])

    def variables_of(self, player: str) -> list[keras.Variable]:
        """Returns the weights that a player's optimizer updates, without duplicates."""
        weights = (w for network in self.networks_of(player) for w in network.trainable_variables)
        return list({id(weight): weight for weight in weights}.values())

    def optimizer_of(self, player: str) -> keras.optimizers.Optimizer:
        """Returns the optimizer of a player."""
        return getattr(self, f"{player}_optimizer")

    def check_trained(self) -> None:
        """Raises `ConfigError` unless the optimizers update the weights that are trainable now."""
        for player in self.players:
            optimizer = schedules.inner_optimizer(self.optimizer_of(player))
            if {*map(id, optimizer._trainable_variables)} != {*map(id, self.variables_of(player))}:
                raise ConfigError(
                    f"expected the {player}'s weights to be trainable as when the model was "
                    "compiled, got others, as trainable or a layer has changed; call compile() "
                    "again."
                )

    def reset_averages(self) -> None:
        """Copies the networks' weights to their moving averages, which `sample` and exports use.

        Call it after weights were loaded into a network, such as a generator from elsewhere.

        Example:

            gan.generator.load_weights("generator.weights.h5")
            gan.reset_averages()
        """
        for average, name in self.averages.items():
            getattr(self, average).set_weights(getattr(self, name).get_weights())

    def check_averages(self) -> None:
        """Warns of averages that differ from their networks although nothing is trained yet."""
        if int(self.step) or int(self.images_before):
            return
        for average, name in self.averages.items():
            pairs = zip(getattr(self, average).weights, getattr(self, name).weights, strict=True)
            if not all(np.array_equal(*map(to_array, pair)) for pair in pairs):
                warnings.warn(
                    f"{average}, which makes the samples, has other weights than {name}, and no "
                    "step has averaged them yet; call reset_averages() to copy them.",
                    stacklevel=3,
                )

    # Compiling and configuration.

    def compile_optimizers(
        self,
        optimizers: dict[str, keras.optimizers.Optimizer | str | None],
        schedules_by_name: dict[str, schedules.Schedule],
    ) -> None:
        """Builds each player's optimizer, so that its state is saved, and sets the schedules.

        Args:
            optimizers: Player name -> Keras optimizer, its name, or None for the default.
            schedules_by_name: Name of a number -> schedule.

        Raises:
            ConfigError: For a player without an optimizer or without weights to train, an
                optimizer of other weights, or a schedule of a number that the model doesn't have.
        """
        check_names(optimizers, self.players, "an optimizer, or None, for each of")
        for player, names in self.players.items():
            check_trainable(player, {name: getattr(self, name) for name in names})
        for player in self.players:
            setattr(self, f"{player}_optimizer", self._build_optimizer(player, optimizers[player]))
        built = {player: self.optimizer_of(player) for player in self.players}
        schedules.check_schedules(schedules_by_name, self.scheduled_numbers, built)
        self.schedules = {**self.default_schedules(), **schedules_by_name}

    def _build_optimizer(self, player, optimizer):
        """Builds a player's optimizer, with a loss scale if a network computes in float16."""
        optimizer = optimizers.get(optimizer)
        in_float16 = any("float16" in compute_dtypes(n) for n in self.networks_of(player))
        if in_float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=f"{player}_loss_scale")
        optimizers.build(optimizer, self.variables_of(player))
        replicas.disable_gradient_sum(optimizer)
        return optimizer

    def get_compile_config(self) -> dict:
        """Returns the serialized arguments of `compile`, or `{}` before it is called."""
        if not self.compiled:
            return {}
        optimizers = {f"{player}_optimizer": self.optimizer_of(player) for player in self.players}
        return keras.saving.serialize_keras_object({**optimizers, **self._game_config})

    def compile_from_config(self, config: dict) -> None:
        """Compiles from the result of `get_compile_config`."""
        if config:
            self.compile(**keras.saving.deserialize_keras_object(config))

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in self.network_names()
        }
        return {
            **networks,
            "seed": self.seed,
            "moving_average_half_life": self.moving_average_half_life,
            "moving_average_ramp": self.moving_average_ramp,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Players":
        """Makes the model of a config, with new weights."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in cls.network_names()
        }
        config = {**config, **networks}
        ramp = config.pop("moving_average_ramp", cls.moving_average_ramp)
        model = cls(**config)
        model.moving_average_ramp = ramp
        return model

    # Schedules and averages.

    def default_schedules(self, images: int | None = None) -> dict[str, schedules.Schedule]:
        """Returns the schedules, by name, of numbers for which `compile` gets none.

        Args:
            images: Number of images over which they run; None if it isn't known.
        """
        return {}

    @property
    def scheduled_numbers(self) -> tuple[str, ...]:
        """Names of the numbers that can be scheduled, besides those of the optimizers."""
        return ("moving_average_half_life",)

    def _optimizer_numbers(self, player, optimizer):
        """Returns the current numbers of a player's optimizer.

        Each roll-back halves the learning rate, unless the optimizer has a Keras schedule.
        """
        numbers = {
            name: self.scheduled(schedule, None)
            for schedule, name in schedules.optimizer_numbers(player).items()
            if schedule in self.schedules
        }
        if schedules.has_fixed_rate(optimizer):
            base_rate = schedules.inner_optimizer(optimizer).learning_rate
            factor = ops.power(0.5, ops.cast(self.roll_backs, "float32"))
            numbers["learning_rate"] = factor * numbers.get("learning_rate", base_rate)
        return numbers

    def scheduled(self, name: str, number: Any) -> Any:
        """Returns the current value of a schedule, or `number` without a schedule of this name."""
        return self.schedules[name](self.images_seen) if name in self.schedules else number

    def update_averages(self, batch_size: int | tf.Tensor) -> None:
        """Updates the moving averages, with a shorter half-life early in training."""
        seen = ops.cast(self.images_before + self.images_seen, "float32")
        largest = self.moving_average_ramp * seen
        half_life = self.scheduled(
            "moving_average_half_life", ops.minimum(float(self.moving_average_half_life), largest)
        )
        for average, name in self.averages.items():
            update_average(getattr(self, average), getattr(self, name), batch_size, half_life)


def to_array(weight: keras.Variable) -> np.ndarray:
    """Returns a weight as an array; Keras's own conversion warns with NumPy 2."""
    return ops.convert_to_tensor(weight).numpy()
