"""AdversarialModel: the base of every game, with its rules, its duels and its step."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_gan import compilation, gradients, media, replicas, schedules
from keras_gan.errors import ConfigError
from keras_gan.models.checks import check_trainer
from keras_gan.models.data_checks import check_domains, check_parts
from keras_gan.models.duel import Duel, check_duels, part_of
from keras_gan.models.game_checks import (
    check_domain_networks,
    check_forms,
    check_intervals,
    check_logs,
    check_loss,
    check_played,
    first_rows,
)
from keras_gan.models.overview import Overview
from keras_gan.models.players import Players
from keras_gan.models.resumable import batch_of
from keras_gan.models.rules import Rules
from keras_gan.models.step_kinds import due_names, kind_index, step_kinds
from keras_gan.optimizers import unscaled_norm
from keras_gan.signature import Signature, signatures_of

import keras
import numpy as np
import tensorflow as tf
from keras import ops

DUEL_RULES = "loss", "penalties", "constraint", "augmentation", "remat"


class AdversarialModel(Overview, Players):
    """Base of games: a resumable `keras.Model` whose players each have a loss and an optimizer.

    A player has one optimizer and one or more networks. A subclass defines `players`, calls
    `compile_players` in `compile`, and implements

    - `make_duels(rules)`, the model's `Duel`s;
    - `domains`, or `check_batch(data) -> batch`, the validated batch of a step;
    - `update_kind(batch, step, due) -> logs`, the updates of one kind of step;
    - `log_names`, if a step logs more than the duels and the norms of the gradients;
    - `intervals`, if steps differ by more than the duels' penalties;
    - `played_rules`, if `update_kind` plays rules that neither the duels nor `minimize` play.

    `self.optimizer` is None, as each player has its own. A Keras callback that changes the learning
    rate therefore raises an error instead of silently changing that of one player.

    Args:
        seed: Non-negative int. With the step it determines all noise.
        moving_average_half_life: Number of images after which a weight counts half in the moving
            averages. Early in training the half-life is a fraction of the images seen, the
            attribute `moving_average_ramp`, so that the average forgets the untrained network. A
            schedule of the same name replaces both.
        name: Name of the model.
        **networks: The players' networks, under the names of the attributes that hold them.

    Raises:
        ConfigError: For a number out of range, other networks than those of `players`, or `players`
            or `averages` of another form.

    Attributes:
        players: Name of a player -> names of the attributes that hold its networks.
        averages: Name of the attribute that holds a moving average -> that of its network.
        log_prefixes: Name of a player -> prefix of its logs; by default the player's name.
        domains: Name of a domain of the data -> name of a network that takes its samples.
        played_rules: Fields of `Rules` that `update_kind` plays; `n_critic` and `update` are
            refused by `compile_players` otherwise.
        test_log_names: Names of the values that `test_batch` returns.
        rules: The `Rules` of `compile_players`.
        duels: The model's `Duel`s, whose rules' state is saved with the model.
    """

    log_prefixes: dict[str, str] = {"generator": "g", "discriminator": "d"}
    domains: dict[str, str] = {}
    played_rules: tuple[str, ...] = ()
    test_log_names: tuple[str, ...] = ()
    rules: Rules | None = None
    duels: tuple[Duel, ...] = ()

    # Compiling and configuration.

    def compile_players(
        self,
        optimizers: dict[str, keras.optimizers.Optimizer | str | None],
        rules: Rules | None = None,
        schedules_by_name: dict[str, schedules.Schedule] | None = None,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        **config: Any,
    ) -> None:
        """Compiles the model and builds each player's optimizer, so that its state is saved.

        Args:
            optimizers: Player name -> Keras optimizer, its name, or None for the default.
            rules: `Rules`.
            schedules_by_name: Name of a number -> schedule.
            jit_compile, run_eagerly, steps_per_execution: As in `keras.Model.compile`.
            **config: Other arguments of the subclass's `compile`, which are saved with the model as
                all of these are.

        Raises:
            ConfigError: For players without an optimizer, rules that the game doesn't play, a value
                out of range, or attributes and methods of the subclass that give other values than
                they should.
        """
        self.compiled = False
        rules, game = Rules.of(rules), type(self).__name__
        check_forms(self, ("domains", "log_prefixes", "played_rules", "test_log_names"))
        check_domain_networks(self)
        check_played(rules, self._all_played_rules(), game)
        self.rules, self.duels = rules, check_duels(self.make_duels(rules), game)
        check_forms(self, ("log_names",))
        check_intervals(self.intervals, game)
        self.compile_optimizers(optimizers, {} if schedules_by_name is None else schedules_by_name)
        self.track(self.log_names)
        trainer = check_trainer(jit_compile, run_eagerly, steps_per_execution)
        self._game_config = {"rules": rules, "schedules": self.schedules, **trainer, **config}
        super().compile(optimizer=None, **trainer)

    def make_duels(self, rules: Rules) -> tuple[Duel, ...]:
        """Returns a `Duel` for each discriminator; none by default."""
        return ()

    def _all_played_rules(self):
        """Returns the fields of `Rules` that the duels, `minimize` and `update_kind` play."""
        has_duels = type(self).make_duels is not AdversarialModel.make_duels
        return ("accumulation", *self.played_rules, *(DUEL_RULES if has_duels else ()))

    def other_state(self) -> list[keras.Variable]:
        """Returns the variables of the base class and the state of the duels' rules."""
        state = {id(variable): variable for variable in super().other_state()}
        tracked = {id(variable) for variable in self.variables}
        for duel in self.duels:
            variables = duel.rules.variables
            state |= {id(v): v for v in variables if id(v) not in tracked}
        return [*state.values()]

    @property
    def scheduled_numbers(self) -> tuple[str, ...]:
        """Names of the numbers that can be scheduled, besides those of the optimizers."""
        numbers = (duel.scheduled_numbers for duel in self.duels)
        return (*super().scheduled_numbers, *itertools.chain.from_iterable(numbers))

    # The step.

    def check_batch(self, data: Any) -> Any:
        """Returns the batch of `update_kind` from data of `fit`.

        By default it is a tuple of float32 samples of each of the model's `domains`.

        Raises:
            DataError: For data that don't fit the networks.
        """
        if not self.domains:
            raise NotImplementedError(f"{type(self).__name__} defines no domains or check_batch.")
        return check_domains(data, self.domain_shapes)

    @property
    def domain_shapes(self) -> dict[str, tuple]:
        """Name of each of the model's `domains` -> shape of a sample, as its network takes it."""
        return {n: getattr(self, net).inputs[0].shape[1:] for n, net in self.domains.items()}

    def update_kind(self, batch: Any, step: tf.Tensor, due: Sequence[str]) -> dict:
        """Runs the updates of one kind of step; subclasses implement this.

        Args:
            batch: Result of `check_batch`.
            step: Integer scalar.
            due: Names of `intervals` that are due.

        Returns:
            Logs, name -> float32 scalar, with the same names for every kind of step.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update_kind.")

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs."""
        names = itertools.chain.from_iterable(duel.log_names for duel in self.duels)
        augmentations = (duel.augmentation_logs() for duel in self.duels)
        gradient_logs = map(self.gradient_log, self.players)
        return (*names, *gradient_logs, *itertools.chain.from_iterable(augmentations))

    @property
    def intervals(self) -> dict[str, tuple[int, int]]:
        """Name -> `(interval, offset)`; it is due in steps with `(step + offset) % interval == 0`.

        By default the penalties of the duels.
        """
        penalties = [(duel, penalty) for duel in self.duels for penalty in duel.rules.penalties]
        return {duel.log_name(penalty.name): (penalty.interval, 0) for duel, penalty in penalties}

    def kind_of_step(self, step: int | tf.Tensor) -> dict:
        """Returns name -> whether it is due at a step, for the names of `intervals`.

        Args:
            step: An int, for bools, or an integer scalar, for boolean scalars.
        """
        return {
            name: (step + offset if offset else step) % interval == 0
            for name, (interval, offset) in self.intervals.items()
        }

    @property
    def period(self) -> int:
        """Number of steps after which the kinds of steps repeat."""
        return math.lcm(*(interval for interval, _ in self.intervals.values()))

    def train_step(self, data: Any) -> dict:
        """Updates the players on one batch, then the moving averages and the counters."""
        target = compilation.in_this_process(self.jit_compile, self.replicated)
        with compilation.run_after(data), target:
            batch = self.check_batch(batch_of(self.gather(data)))
            rows = first_rows(batch, f"{type(self).__name__}.check_batch")
            check_parts(rows.shape[0], self.rules.accumulation)
            step = tf.identity(self.step.value)
            for duel in self.duels:
                duel.schedule_augmentation()
            logs = self.update_players(batch, step)
            for duel in self.duels:
                logs |= duel.augmentation_logs()
            check_logs(logs, self._trackers, f"{type(self).__name__}.update_kind")
            batch_size = ops.shape(rows)[0] * self.distribute_strategy.num_replicas_in_sync
            self.images_seen.assign_add(ops.cast(batch_size, "int64"))
            self.sync_statistics()
            self.update_averages(batch_size)
            self.step.assign_add(1)
            self.log(logs, self.log_weights(self.fixed_kind or self.kind_of_step(step)))
            return self.get_metrics_result()

    def update_players(self, batch: Any, step: tf.Tensor) -> dict:
        """Runs `update_kind` for the kind of this step and returns its logs."""
        branches = []  # the logs of each, which need equal names

        def update(due):
            logs = self.update_kind(batch, step, due)
            branches.append(logs)
            check_logs(logs, branches[0], f"{type(self).__name__}.update_kind")
            return logs

        return self.switch(step, update)

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
    ) -> dict:
        """Updates the weights of one player along the gradient of its objective.

        It splits the batch into as many parts as the rules' `accumulation` says.

        Args:
            player: Name of the player.
            objective: `(*batch) -> (loss, logs)`.
            batch: Arguments of the objective: nests of tensors of the batch, and `Noise`.
            variables: Weights to update; all of the player's by default.

        Returns:
            The objective's logs, and the L2 norm of the gradient as `d_gradient`, `g_gradient`, ...

        Raises:
            ConfigError: For an unknown player, or an objective that returns anything else.
        """
        variables = self.variables_of(player) if variables is None else variables
        scale, parts = self.optimizer_of(player).scale_loss(1.0), self.rules.accumulation

        def compute_part(index):
            with gradients.Recording(variables) as recording:
                loss, logs = check_loss(objective(*part_of(batch, parts, index)), player)
            return recording.gradients(loss, scale), logs

        if parts > 1:
            grads, logs = gradients.mean_over_parts(compute_part, parts)
        else:
            with gradients.Recording(variables) as recording:
                loss, logs = check_loss(objective(*batch), player)
            grads = recording.gradients(loss, scale)
        return logs | self.apply_gradients(player, grads, variables)

    def apply_gradients(
        self, player: str, grads: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]
    ) -> dict:
        """Updates weights by loss-scaled gradients, within the duels' constraints.

        Returns:
            Name of a log -> unscaled L2 norm of the gradients.
        """
        optimizer = self.optimizer_of(player)
        grads = replicas.average(grads)
        norm = unscaled_norm(grads, optimizer)
        with schedules.override_numbers(optimizer, self._optimizer_numbers(player, optimizer)):
            optimizer.apply(grads, variables)
        for duel in self.duels:
            duel.constrain(variables)
        return {self.gradient_log(player): norm}

    def gradient_log(self, player: str) -> str:
        """Returns the log name of the norm of a player's gradient."""
        return f"{self.log_prefixes.get(player, player)}_gradient"

    # Exports, previews and evaluation.

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions to export, by name; none by default."""
        return {}

    @property
    def medium(self) -> media.Medium:
        """Medium of the samples, that of the first signature."""
        first = next(iter(signatures_of(self).values()), None)
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
        batch = self.check_batch(batch_of(data))
        if not self.test_log_names or not self._trackers.keys() >= set(self.test_log_names):
            raise ConfigError(
                f"expected test_log_names of {type(self).__name__} among its log_names, at least "
                f"one, got {list(self.test_log_names)}; define test_log_names and test_batch."
            )
        with compilation.run_after(data):
            first = self._trackers[self.test_log_names[0]]
            logs = self.test_batch(batch, first.count)  # which Keras resets for each evaluation
            check_logs(logs, self.test_log_names, f"{type(self).__name__}.test_batch")
            self.log(logs)
            return self.get_test_results()

    def get_test_results(self) -> dict:
        """Returns the means of the logs of `test_step`."""
        return {name: self._trackers[name].result() for name in self.test_log_names}
