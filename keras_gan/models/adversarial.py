"""AdversarialModel: the base of every game, with its players, its step and its averages."""

import functools
import itertools

from keras_gan import compilation, gradients, media, replicas, schedules
from keras_gan.checks import check_positive
from keras_gan.models.duel import Duel
from keras_gan.models.resumable import Resumable
from keras_gan.networks import compute_dtypes
from keras_gan.signature import Signature

import keras
import tensorflow as tf
from keras import ops

MOVING_AVERAGE_WARM_UP = 0.1  # of the images seen: the longest half-life so early
MOST_PHASES = 100_000  # of a step's period that are gone through to find the kinds of steps


class AdversarialModel(Resumable):
    """Base of the games: a resumable `keras.Model` whose players each have a loss and an optimizer.

    A player is a side: it may field several networks, which one optimizer updates. A game names
    its players, hands its networks to `add_networks`, calls `compile_players` in its `compile`,
    and writes

    - `check_batch(data) -> batch`: a batch in the form that its step takes;
    - `update_kind(batch, step, due) -> logs`: the updates of one kind of step;
    - `kind_of_step(step)`, where steps differ;
    - `log_names`: what a step logs.

    The rest is here. `self.optimizer` is None: a game has one optimizer for each player, so Keras
    callbacks that change "the" learning rate say that they can't, instead of changing one player's
    in silence.

    Args:
        seed: Non-negative int. With the step it decides all noise.
        moving_average_half_life: In images: after that many, a past weight counts half in the
            moving averages. Early on the half-life is shorter, a share of the images seen, so that
            the average doesn't remember the untrained network. A schedule of the same name
            replaces both.
        name: Name of the model.

    Attributes:
        players: Name of a player -> names of the attributes that hold its networks.
        averages: Name of the attribute that holds a moving average -> that of its network.
        log_prefixes: Name of a player -> prefix of its logs, where that isn't the player's name.
        test_log_names: Names of the values that `test_batch` returns.
        duels: The game's `Duel`s, whose rules' state is saved with the model.
    """

    players: dict[str, tuple[str, ...]] = {}
    averages: dict[str, str] = {}
    log_prefixes: dict[str, str] = {"generator": "g", "discriminator": "d"}
    test_log_names: tuple[str, ...] = ()
    duels: tuple[Duel, ...] = ()

    def __init__(
        self, seed: int = 0, moving_average_half_life: float = 20_000, name: str | None = None
    ):
        super().__init__(seed, name)
        self.moving_average_half_life = check_positive(
            "a moving-average half-life in images", moving_average_half_life
        )
        self.schedules = {}

    def add_networks(self, **networks: keras.Model):
        """Takes the players' networks as attributes of these names, and makes the averages."""
        for name, network in networks.items():
            setattr(self, name, network)
        for average, name in self.averages.items():
            setattr(self, average, copy_network(networks[name]))
        self.built = True

    @classmethod
    def network_names(cls) -> tuple[str, ...]:
        """Returns the attributes that hold the players' networks."""
        return tuple(itertools.chain.from_iterable(cls.players.values()))

    def networks_of(self, player: str) -> tuple[keras.Model, ...]:
        """Returns the networks that a player fields."""
        return tuple(getattr(self, name) for name in self.players[player])

    def variables_of(self, player: str) -> list[keras.Variable]:
        """Returns the weights that a player's optimizer updates; shared ones once."""
        weights = (w for network in self.networks_of(player) for w in network.trainable_variables)
        return list({id(weight): weight for weight in weights}.values())

    def optimizer_of(self, player: str) -> keras.optimizers.Optimizer:
        """Returns a player's optimizer."""
        return getattr(self, f"{player}_optimizer")

    # Compiling.

    def compile_players(self, optimizers, schedules_by_name, numbers, config, **trainer):
        """Gives every player its optimizer, built at once so that it is saved whole.

        Args:
            optimizers: Player name -> Keras optimizer, or its name.
            schedules_by_name: Name of a number -> `keras_gan.schedules.Schedule`.
            numbers: Names of the game's own numbers that may be scheduled.
            config: The game's other arguments of `compile`, to be saved with the model.
            **trainer: `run_eagerly`, `steps_per_execution`, `jit_compile` of `keras.Model.compile`.
        """
        super().compile(optimizer=None, **trainer)
        for player in self.players:
            optimizer = self._scaled(keras.optimizers.get(optimizers[player]), player)
            optimizer.build(self.variables_of(player))
            replicas.disable_gradient_sum(optimizer)
            setattr(self, f"{player}_optimizer", optimizer)
        self.schedules = dict(schedules_by_name)
        known = ("moving_average_half_life", *numbers)
        schedules.check_schedules(
            self.schedules, known, {p: self.optimizer_of(p) for p in self.players}
        )
        self._game_config = {**config, "schedules": self.schedules, **trainer}
        self.track(self.log_names)

    def _scaled(self, optimizer, player):
        """Adds a loss scale where the player computes in float16; each optimizer needs its own."""
        in_float16 = any("float16" in compute_dtypes(n) for n in self.networks_of(player))
        if in_float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return keras.optimizers.LossScaleOptimizer(optimizer, name=f"{player}_loss_scale")
        return optimizer

    def get_compile_config(self):
        """Returns the arguments of `compile`, serialised; `{}` while uncompiled."""
        if not self.compiled:
            return {}
        optimizers = {f"{player}_optimizer": self.optimizer_of(player) for player in self.players}
        return keras.saving.serialize_keras_object({**optimizers, **self._game_config})

    def other_state(self):
        """Returns what the base class does, and the state of the duels' rules."""
        state = {id(variable): variable for variable in super().other_state()}
        tracked = {id(variable) for variable in self.variables}
        for duel in self.duels:
            variables = duel.rules.variables
            state |= {id(v): v for v in variables if id(v) not in tracked}
        return [*state.values()]

    def compile_from_config(self, config):
        """Compiles from the result of `get_compile_config`."""
        if config:
            self.compile(**keras.saving.deserialize_keras_object(config))

    def get_config(self):
        """Returns the constructor's arguments, as Keras serialises them."""
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
    def from_config(cls, config, custom_objects=None):
        """Makes the game with these networks, before its weights are loaded."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in cls.network_names()
        }
        return cls(**{**config, **networks})

    # The step.

    def check_batch(self, data):
        """Returns a batch of `fit` in the form that `update_kind` takes; a game defines it."""
        raise NotImplementedError(f"{type(self).__name__} defines no check_batch.")

    def update_kind(self, batch, step, due):
        """Runs the updates of one kind of step; a game defines it.

        Args:
            batch: From `check_batch`.
            step: Integer scalar.
            due: Names that are due, out of those of `kind_of_step`.

        Returns:
            Logs, name -> float32 scalar: the same names for every kind of step.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update_kind.")

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs; a game defines it."""
        raise NotImplementedError(f"{type(self).__name__} defines no log_names.")

    def kind_of_step(self, step) -> dict:
        """Returns name -> whether it is due at this step; a game whose steps differ defines it.

        Args:
            step: Int, for bools; or an integer scalar, for boolean scalars.
        """
        return {}

    @property
    def period(self) -> int:
        """Number of steps after which the kinds of steps repeat."""
        return 1

    def train_step(self, data):
        """Updates the players on one batch, then the moving averages and the counters."""
        batch = self.check_batch(data)
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

    def update_players(self, batch, step):
        """Runs `update_kind` for the kind of this step; returns its logs."""
        return self.switch(step, functools.partial(self.update_kind, batch, step))

    def switch(self, step, update, names=None):
        """Runs `update(due)` with the names that are due at this step.

        A branch for each kind of step that can be met, rather than masks, so that a step does none
        of the work of another kind, under XLA too. On replicas the host has chosen the kind, as
        they can't exchange in a branch.

        Args:
            step: Integer scalar.
            update: `(due) -> logs`, the same names for every kind of step.
            names: The names on which `update` depends; all by default.

        Returns:
            Logs.
        """
        if self.fixed_kind is not None:
            return update(due_names(self.fixed_kind))
        flags = {name: ops.cast(due, "int32") for name, due in self.kind_of_step(step).items()}
        names = tuple(flags) if names is None else names
        kinds = self.kinds_of_steps(names)
        ways = [functools.partial(update, due_names(kind)) for kind in kinds]
        if len(ways) == 1:
            return ways[0]()
        places = {code_of(kind): place for place, kind in enumerate(kinds)}
        table = [places.get(code, 0) for code in range(2 ** len(names))]
        code = code_of({name: flags[name] for name in names})
        return tf.switch_case(tf.gather(table, code), ways)

    def kinds_of_steps(self, names) -> list[dict]:
        """Returns the kinds that steps can be of, each once, as far as these names tell."""
        if self.period <= MOST_PHASES:
            phases = map(self.kind_of_step, range(self.period))
            kinds = {tuple(phase[name] for name in names) for phase in phases}
        else:
            kinds = itertools.product((False, True), repeat=len(names))
        return [dict(zip(names, kind, strict=True)) for kind in sorted(kinds)]

    def log_weights(self, kind) -> dict:
        """Returns name of a log -> whether it is measured in a step of this kind."""
        return {name: due for name, due in kind.items() if name in self._trackers}

    def minimize(self, player, objective, batch, variables=None, parts=1):
        """Updates one player down its objective's gradient, and no other.

        Args:
            player: Name of the player.
            objective: `(*batch) -> (loss, logs)`.
            batch: Arguments of the objective.
            variables: The weights to update; all of the player's by default.
            parts: Number of parts in which the batch passes, one after the other, cut by `part_of`.

        Returns:
            The objective's logs, and the L2 norm of the gradient as `d_gradient`, `g_gradient`, ...
        """
        variables = self.variables_of(player) if variables is None else variables
        scale = self.optimizer_of(player).scale_loss(1.0)

        def of_part(index):
            with gradients.Recording(variables) as recording:
                loss, logs = objective(*self.part_of(batch, parts, index))
            return recording.gradients(loss, scale), logs

        if parts > 1:
            grads, logs = gradients.mean_over_parts(of_part, parts)
        else:
            with gradients.Recording(variables) as recording:
                loss, logs = objective(*batch)
            grads = recording.gradients(loss, scale)
        return logs | self.apply_gradients(player, grads, variables)

    def part_of(self, batch, parts, index):
        """Returns one of several equal parts of a batch, a nest of tensors; index is a scalar."""
        return keras.tree.map_structure(lambda rows: part_of_rows(rows, parts, index), batch)

    def apply_gradients(self, player, grads, variables) -> dict:
        """Updates weights by gradients that still have the optimizer's loss scale.

        Returns:
            Log name -> the L2 norm of all gradients together.
        """
        optimizer = self.optimizer_of(player)
        grads = replicas.average(grads)
        norm = unscaled_norm(grads, optimizer)
        with schedules.override_numbers(optimizer, self._optimizer_numbers(player, optimizer)):
            optimizer.apply(grads, variables)
        return {self.gradient_log(player): norm}

    def gradient_log(self, player: str) -> str:
        """Returns the name under which the norm of a player's gradient is logged."""
        return f"{self.log_prefixes.get(player, player)}_gradient"

    def _optimizer_numbers(self, player, optimizer):
        """Returns the numbers with which a player's optimizer works now.

        Each roll-back halves the learning rate, but for a Keras schedule inside the optimizer.
        """
        numbers = {
            name: self.scheduled(scheduled, None)
            for scheduled, name in schedules.optimizer_numbers(player).items()
            if scheduled in self.schedules
        }
        if schedules.has_fixed_rate(optimizer):
            own = schedules.inner_optimizer(optimizer).learning_rate
            slower = ops.power(0.5, ops.cast(self.roll_backs, "float32"))
            numbers["learning_rate"] = slower * numbers.get("learning_rate", own)
        return numbers

    def scheduled(self, name, number):
        """Returns a number of the game as it is now: its schedule's, or itself without one."""
        return self.schedules[name](self.images_seen) if name in self.schedules else number

    # What leaves: a game whose networks are to be exported, looked at or measured defines these.

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions that exports write, by name: none."""
        return {}

    @property
    def medium(self) -> media.Medium:
        """Medium of the samples: that of the first signature."""
        first = next(iter(self.signatures().values()), None)
        return media.Points() if first is None else first.medium

    def preview(self, rows=None, columns=None, seed=0):
        """Returns `(samples, columns)` to look at, the same each time but for the weights."""
        raise NotImplementedError(f"{type(self).__name__} defines no preview.")

    def sampler(self, source):
        """Returns `(n, seed) -> samples`, to be measured against a source."""
        raise NotImplementedError(f"{type(self).__name__} defines no sampler.")

    def test_batch(self, batch, index):
        """Computes losses and the like of the averaged networks; a game that has some defines it.

        Args:
            batch: From `check_batch`.
            index: Number of batches before it, an integer scalar.

        Returns:
            Logs of the names in `test_log_names`.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no test_batch.")

    def test_step(self, data):
        """Measures the averaged networks on unseen data; no weight moves."""
        batch = self.check_batch(data)
        first = self._trackers[self.test_log_names[0]]
        self.log(self.test_batch(batch, first.count))  # which Keras resets for each evaluation
        return self.get_test_results()

    def get_test_results(self) -> dict:
        """Returns the means of what `test_step` measured."""
        return {name: self._trackers[name].result() for name in self.test_log_names}

    # The moving averages.

    def update_averages(self, batch_size):
        """Moves each average: average <- beta average + (1 - beta) network.

        beta = 0.5^(batch / half-life). BatchNorm's statistics are averaged too: those of the newest
        network don't fit averaged weights. Integers and the like are copied.

        Source: half-life in images after Karras et al., "Training Generative Adversarial Networks
        with Limited Data", NeurIPS 2020, with its warm-up.
        """
        batch = ops.cast(batch_size, "float32")
        warm_up = MOVING_AVERAGE_WARM_UP * ops.cast(self.images_seen, "float32")
        half_life = self.scheduled(
            "moving_average_half_life", ops.minimum(float(self.moving_average_half_life), warm_up)
        )
        beta = ops.power(0.5, batch / ops.maximum(half_life, 1e-8))
        for average, name in self.averages.items():
            networks = getattr(self, average), getattr(self, name)
            for mean, weight in zip(*(network.weights for network in networks), strict=True):
                averaged = keras.backend.is_float_dtype(weight.dtype)
                mean.assign(weight + beta * (mean - weight) if averaged else weight)


def copy_network(network):
    """Returns a network of the same weights that isn't trained."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def due_names(kind) -> tuple[str, ...]:
    """Returns the names that are due in a kind of step."""
    return tuple(name for name, due in kind.items() if due is True)


def code_of(kind):
    """Returns a kind of step as a number, of bools or of 0 and 1 as integer scalars."""
    return sum(due * 2**place for place, due in enumerate(kind.values()))


def part_of_rows(rows, parts, index):
    """Returns one of several equal parts of a tensor's rows; index is an integer scalar."""
    return ops.reshape(rows, (parts, -1, *rows.shape[1:]))[index]


def unscaled_norm(grads, optimizer):
    """Computes the L2 norm of all gradients together, without the optimizer's loss scale.

    Returns:
        A float32 scalar; 0 for an overflow in float16, as the loss scale then skips the step.
    """
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in grads if g is not None]
    norm = ops.sqrt(sum(squares, ops.zeros((), "float32")))
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        norm = norm / ops.cast(optimizer.scale_loss(1.0), "float32")
        return ops.where(ops.isfinite(norm), norm, 0.0)
    return norm
