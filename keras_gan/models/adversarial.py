"""AdversarialModel: the base of every game, with its players, its step and its averages."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_gan import compilation, gradients, media, replicas, schedules
from keras_gan.checks import check_positive
from keras_gan.errors import ConfigError
from keras_gan.models.averages import copy_network, update_average
from keras_gan.models.duel import Duel
from keras_gan.models.resumable import Resumable
from keras_gan.models.step_kinds import due_names, kind_index, step_kinds
from keras_gan.networks import compute_dtypes
from keras_gan.optimizers import unscaled_norm
from keras_gan.signature import Signature

import keras
import numpy as np
import tensorflow as tf
from keras import ops

MOVING_AVERAGE_WARM_UP = 0.1  # largest half-life early in training, relative to the images seen


class AdversarialModel(Resumable):
    """Base of games: a resumable `keras.Model` whose players each have a loss and an optimizer.

    A player has one optimizer and one or more networks. A subclass defines `players`, calls
    `compile_players` in `compile`, and implements

    - `check_batch(data) -> batch`, the validated batch of a step;
    - `update_kind(batch, step, due) -> logs`, the updates of one kind of step;
    - `kind_of_step(step)` and `period`, if steps differ by more than the duels' penalties;
    - `log_names`, the names of a step's logs.

    `self.optimizer` is None, as each player has its own. A Keras callback that changes the learning
    rate therefore raises an error instead of silently changing that of one player.

    Args:
        seed: Non-negative int. With the step it determines all noise.
        moving_average_half_life: Number of images after which a weight counts half in the moving
            averages. Early in training the half-life is a fraction of the images seen, so that the
            average forgets the untrained network. A schedule of the same name replaces both.
        name: Name of the model.
        **networks: The players' networks, under the names of the attributes that hold them.

    Raises:
        ConfigError: For a number out of range, or other networks than those of `players`.

    Attributes:
        players: Name of a player -> names of the attributes that hold its networks.
        averages: Name of the attribute that holds a moving average -> that of its network.
        log_prefixes: Name of a player -> prefix of its logs; by default the player's name.
        test_log_names: Names of the values that `test_batch` returns.
        duels: The model's `Duel`s, whose rules' state is saved with the model.
    """

    players: dict[str, tuple[str, ...]] = {}
    averages: dict[str, str] = {}
    log_prefixes: dict[str, str] = {"generator": "g", "discriminator": "d"}
    test_log_names: tuple[str, ...] = ()
    duels: tuple[Duel, ...] = ()

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
        if networks.keys() != set(self.network_names()):
            raise ConfigError(
                f"expected the networks {', '.join(self.network_names())}, got "
                f"{', '.join(networks) or 'none'}."
            )
        for name, network in networks.items():
            setattr(self, name, network)
        for average, name in self.averages.items():
            setattr(self, average, copy_network(networks[name]))
        self.built = True

    @classmethod
    def network_names(cls) -> tuple[str, ...]:
        """Returns the names of the attributes that hold the players' networks."""
        return tuple(itertools.chain.from_iterable(cls.players.values()))

    def networks_of(self, player: str) -> tuple[keras.Model, ...]:
        """Returns the networks of a player."""
        return tuple(getattr(self, name) for name in self.players[player])

    def variables_of(self, player: str) -> list[keras.Variable]:
        """Returns the weights that a player's optimizer updates, without duplicates."""
        weights = (w for network in self.networks_of(player) for w in network.trainable_variables)
        return list({id(weight): weight for weight in weights}.values())

    def optimizer_of(self, player: str) -> keras.optimizers.Optimizer:
        """Returns the optimizer of a player."""
        return getattr(self, f"{player}_optimizer")

    # Compiling and configuration.

    def compile_players(
        self,
        optimizers: dict[str, keras.optimizers.Optimizer | str],
        schedules_by_name: dict[str, schedules.Schedule],
        numbers: Sequence[str],
        config: dict[str, Any],
        **trainer: Any,
    ) -> None:
        """Compiles the model and builds each player's optimizer, so that its state is saved.

        Args:
            optimizers: Player name -> Keras optimizer, or its name.
            schedules_by_name: Name of a number -> schedule.
            numbers: Names of the model's own numbers that can be scheduled.
            config: Other arguments of the subclass's `compile`, saved with the model.
            **trainer: `run_eagerly`, `steps_per_execution`, `jit_compile` of `keras.Model.compile`.
        """
        super().compile(optimizer=None, **trainer)
        for player in self.players:
            optimizer = self._scaled(keras.optimizers.get(optimizers[player]), player)
            optimizer.build(self.variables_of(player))
            replicas.disable_gradient_sum(optimizer)
            setattr(self, f"{player}_optimizer", optimizer)
        self.schedules = dict(schedules_by_name)
        schedules.check_schedules(
            self.schedules,
            ("moving_average_half_life", *numbers),
            {player: self.optimizer_of(player) for player in self.players},
        )
        self._game_config = {**config, "schedules": self.schedules, **trainer}
        self.track(self.log_names)

    def _scaled(self, optimizer, player):
        """Adds a loss scale if a network computes in float16; each optimizer needs its own."""
        in_float16 = any("float16" in compute_dtypes(n) for n in self.networks_of(player))
        if in_float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return keras.optimizers.LossScaleOptimizer(optimizer, name=f"{player}_loss_scale")
        return optimizer

    def get_compile_config(self) -> dict:
        """Returns the serialized arguments of `compile`, or `{}` before it is called."""
        if not self.compiled:
            return {}
        optimizers = {f"{player}_optimizer": self.optimizer_of(player) for player in self.players}
        return keras.saving.serialize_keras_object({**optimizers, **self._game_config})

    def other_state(self) -> list[keras.Variable]:
        """Returns the variables of the base class and the state of the duels' rules."""
        state = {id(variable): variable for variable in super().other_state()}
        tracked = {id(variable) for variable in self.variables}
        for duel in self.duels:
            variables = duel.rules.variables
            state |= {id(v): v for v in variables if id(v) not in tracked}
        return [*state.values()]

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
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "AdversarialModel":
        """Makes the model of a config, with new weights."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in cls.network_names()
        }
        return cls(**{**config, **networks})

    # The step.

    def check_batch(self, data: Any) -> Any:
        """Returns the batch of `update_kind` from data of `fit`; subclasses implement this."""
        raise NotImplementedError(f"{type(self).__name__} defines no check_batch.")

    def update_kind(self, batch: Any, step: tf.Tensor, due: Sequence[str]) -> dict:
        """Runs the updates of one kind of step; subclasses implement this.

        Args:
            batch: Result of `check_batch`.
            step: Integer scalar.
            due: Names of `kind_of_step` that are due.

        Returns:
            Logs, name -> float32 scalar, with the same names for every kind of step.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update_kind.")

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs; subclasses implement this."""
        raise NotImplementedError(f"{type(self).__name__} defines no log_names.")

    def kind_of_step(self, step: int | tf.Tensor) -> dict:
        """Returns name -> whether it is due at a step: each penalty of the duels.

        Args:
            step: An int, for bools, or an integer scalar, for boolean scalars.
        """
        return {name: step % interval == 0 for name, interval in self._intervals()}

    @property
    def period(self) -> int:
        """Number of steps after which the kinds of steps repeat; it goes with `kind_of_step`."""
        return math.lcm(*(interval for _, interval in self._intervals()))

    def _intervals(self):
        penalties = [(duel, penalty) for duel in self.duels for penalty in duel.rules.penalties]
        return [(duel.log_name(penalty.name), penalty.interval) for duel, penalty in penalties]

    def train_step(self, data: Any) -> dict:
        """Updates the players on one batch, then the moving averages and the counters."""
        batch = self.check_batch(self.gather(data))
        step = tf.identity(self.step.value)
        with compilation.under_xla(self.jit_compile):
            logs = self.update_players(batch, step)
        batch_size = ops.shape(keras.tree.flatten(batch)[0])[0]
        batch_size *= self.distribute_strategy.num_replicas_in_sync
        self.images_seen.assign_add(ops.cast(batch_size, "int64"))
        self.sync_statistics()
        self.update_averages(batch_size)
        self.step.assign_add(1)
        self.log(logs, self.log_weights(self.fixed_kind or self.kind_of_step(step)))
        return self.get_metrics_result()

    def update_players(self, batch: Any, step: tf.Tensor) -> dict:
        """Runs `update_kind` for the kind of this step and returns its logs."""
        return self.switch(step, functools.partial(self.update_kind, batch, step))

    def switch(self, step: tf.Tensor, update: Callable, names: Sequence[str] | None = None) -> dict:
        """Runs `update(due)` with the names that are due at this step and returns its logs.

        The graph has a branch for each kind of step instead of masks, so a step does no work of
        other kinds, under XLA too. On several replicas the host has chosen the kind: replicas can't
        communicate in a branch.

        Args:
            step: Integer scalar.
            update: `(due) -> logs`, with the same logs for every kind of step.
            names: Names that `update` depends on; all by default.
        """
        if self.fixed_kind is not None:
            return update(due_names(self.fixed_kind))
        kind = self.kind_of_step(step)
        names = tuple(kind) if names is None else names
        kinds = step_kinds(self.kind_of_step, self.period, names)
        branches = [functools.partial(update, due_names(each)) for each in kinds]
        if len(branches) == 1:
            return branches[0]()
        return tf.switch_case(kind_index({name: kind[name] for name in names}, kinds), branches)

    def log_weights(self, kind: dict) -> dict:
        """Returns name of a log -> whether a step of this kind computes it."""
        return {name: due for name, due in kind.items() if name in self._trackers}

    def minimize(
        self,
        player: str,
        objective: Callable,
        batch: tuple,
        variables: Sequence[keras.Variable] | None = None,
        parts: int = 1,
    ) -> dict:
        """Updates the weights of one player along the gradient of its objective.

        Args:
            player: Name of the player.
            objective: `(*batch) -> (loss, logs)`.
            batch: Arguments of the objective.
            variables: Weights to update; all of the player's by default.
            parts: Number of parts into which `part_of` splits the batch, to save memory.

        Returns:
            The objective's logs, and the L2 norm of the gradient as `d_gradient`, `g_gradient`, ...
        """
        variables = self.variables_of(player) if variables is None else variables
        scale = self.optimizer_of(player).scale_loss(1.0)

        def compute_part(index):
            with gradients.Recording(variables) as recording:
                loss, logs = objective(*self.part_of(batch, parts, index))
            return recording.gradients(loss, scale), logs

        if parts > 1:
            grads, logs = gradients.mean_over_parts(compute_part, parts)
        else:
            with gradients.Recording(variables) as recording:
                loss, logs = objective(*batch)
            grads = recording.gradients(loss, scale)
        return logs | self.apply_gradients(player, grads, variables)

    def part_of(self, batch: Any, parts: int, index: tf.Tensor) -> Any:
        """Returns one of several equal parts of a batch, a nest of tensors."""
        return keras.tree.map_structure(
            lambda rows: gradients.part_of_rows(rows, parts, index), batch
        )

    def apply_gradients(
        self, player: str, grads: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]
    ) -> dict:
        """Updates weights by loss-scaled gradients; returns log name -> their unscaled L2 norm."""
        optimizer = self.optimizer_of(player)
        grads = replicas.average(grads)
        norm = unscaled_norm(grads, optimizer)
        with schedules.override_numbers(optimizer, self._optimizer_numbers(player, optimizer)):
            optimizer.apply(grads, variables)
        return {self.gradient_log(player): norm}

    def gradient_log(self, player: str) -> str:
        """Returns the log name of the norm of a player's gradient."""
        return f"{self.log_prefixes.get(player, player)}_gradient"

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

    def default_schedules(self, images: int) -> dict[str, schedules.Schedule]:
        """Returns the schedules, by name, that the game needs in a run of so many images."""
        return {}

    # Exports, previews and evaluation.

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions to export, by name; none by default."""
        return {}

    @property
    def medium(self) -> media.Medium:
        """Medium of the samples, that of the first signature."""
        first = next(iter(self.signatures().values()), None)
        return media.Points() if first is None else first.medium

    def preview(
        self, rows: int | None = None, columns: int | None = None, seed: int = 0
    ) -> tuple[np.ndarray, int]:
        """Returns `(samples, columns)` for display, from the same inputs each time."""
        raise ConfigError(f"expected a game with previews; define {type(self).__name__}.preview.")

    def sampler(self, source: Any) -> Callable:
        """Returns `(n, seed) -> samples`, for metrics against a source."""
        raise ConfigError(f"expected a game to measure; define {type(self).__name__}.sampler.")

    def test_batch(self, batch: Any, index: tf.Tensor) -> dict:
        """Computes the logs of `test_log_names` for the averaged networks.

        Args:
            batch: Result of `check_batch`.
            index: Number of batches before it, an integer scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no test_batch.")

    def test_step(self, data: Any) -> dict:
        """Evaluates the averaged networks on a batch, without updating weights."""
        batch = self.check_batch(data)
        if not self.test_log_names or not self._trackers.keys() >= set(self.test_log_names):
            raise ConfigError(
                f"expected test_log_names of {type(self).__name__} among its log_names, at least "
                f"one, got {list(self.test_log_names)}; define test_log_names and test_batch."
            )
        first = self._trackers[self.test_log_names[0]]
        self.log(self.test_batch(batch, first.count))  # which Keras resets for each evaluation
        return self.get_test_results()

    def get_test_results(self) -> dict:
        """Returns the means of the logs of `test_step`."""
        return {name: self._trackers[name].result() for name in self.test_log_names}

    def update_averages(self, batch_size: int | tf.Tensor) -> None:
        """Updates the moving averages, with a shorter half-life early in training."""
        warm_up = MOVING_AVERAGE_WARM_UP * ops.cast(self.images_seen, "float32")
        half_life = self.scheduled(
            "moving_average_half_life", ops.minimum(float(self.moving_average_half_life), warm_up)
        )
        for average, name in self.averages.items():
            update_average(getattr(self, average), getattr(self, name), batch_size, half_life)
