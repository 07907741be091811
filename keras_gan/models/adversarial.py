"""AdversarialModel: what every game shares, whoever plays it.

Players and their optimizers, noise from (seed, step), the moving average, metrics, and a save
that brings back everything.
"""

from keras_gan import batches, gradients, replicas, schedules
from keras_gan.errors import ConfigError, DataError
from keras_gan.models.checks import check_finite_floats, check_seed
from keras_gan.models.replicated import Counter, Replicated, RunningMean, check_replicas
from keras_gan.networks import compute_dtypes

import keras
import numpy as np
import tensorflow as tf
from keras import ops

MOVING_AVERAGE_WARM_UP = 0.1  # of the images seen: the longest half-life so early


class AdversarialModel(Replicated, keras.Model):
    """Base of the games: a `keras.Model` whose players each have a loss and an optimizer.

    A game gives its players in `players`, calls `compile_players` in its `compile`, and writes
    its half-steps and `train_step`; the rest is here. `self.optimizer` is None: a game has one
    optimizer a player, so Keras callbacks that change "the" learning rate say that they can't,
    instead of changing one player's in silence.

    Args:
        seed: Non-negative int. With the step it decides all noise.
        moving_average_half_life: In images: after that many, a past weight counts half in the
            moving average. Early on the half-life is shorter, a share of the images seen, so that
            the average doesn't remember the untrained network. A schedule of the same name
            replaces both.
        name: Name of the model.
    """

    players: tuple[str, ...] = ()

    def __init__(self, seed=0, moving_average_half_life=20_000, name=None):
        super().__init__(name=name)
        check_seed(seed)
        if moving_average_half_life <= 0:
            raise ConfigError(
                f"expected a half-life of more than 0 images, got {moving_average_half_life}."
            )
        self.seed = int(seed)
        self.moving_average_half_life = moving_average_half_life
        self.step = Counter("step")
        self.images_seen = Counter("images_seen")
        self.roll_backs = Counter("roll_backs")
        self._trackers = {}
        self._begun_means = {}
        self.schedules = {}

    # The players and their optimizers.

    def compile_players(self, optimizers, numbers, config, **trainer):
        """Gives every player its optimizer, built at once so that it is saved whole.

        Args:
            optimizers: Player name -> Keras optimizer, or its name.
            numbers: Names of the game's own numbers that may be scheduled.
            config: The other arguments of the game's `compile`, to be saved with the model; the
                schedules are among them.
            **trainer: `run_eagerly`, `steps_per_execution`, `jit_compile` of `keras.Model.compile`.
        """
        super().compile(optimizer=None, **trainer)
        for player in self.players:
            network = getattr(self, player)
            optimizer = self._scaled(keras.optimizers.get(optimizers[player]), player)
            optimizer.build(network.trainable_variables)
            replicas.take_means_for_granted(optimizer)
            setattr(self, f"{player}_optimizer", optimizer)
        self.schedules = dict(config["schedules"])
        known = ("moving_average_half_life", *numbers)
        made = {player: getattr(self, f"{player}_optimizer") for player in self.players}
        schedules.check(self.schedules, known, made)
        self._game_config = {**config, **trainer}

    def _scaled(self, optimizer, player):
        """A loss scale where the player computes in float16; each needs its own."""
        in_float16 = "float16" in compute_dtypes(getattr(self, player))
        if in_float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return keras.optimizers.LossScaleOptimizer(optimizer, name=f"{player}_loss_scale")
        return optimizer

    def get_compile_config(self):
        """The arguments of `compile`, serialised; `{}` while uncompiled."""
        if not self.compiled:
            return {}
        optimizers = {f"{p}_optimizer": getattr(self, f"{p}_optimizer") for p in self.players}
        return keras.saving.serialize_keras_object({**optimizers, **self._game_config})

    def compile_from_config(self, config):
        """Compiles from what `get_compile_config` gave."""
        if config:
            self.compile(**keras.saving.deserialize_keras_object(config))

    def move(self, player, objective, inputs=None, parts=1):
        """Moves one player down its objective's gradient, and no other.

        Args:
            player: Name of the player.
            objective: `() -> (loss, measured)`; with `parts`, `(index) -> (loss, measured)` of a
                part of the batch.
            inputs: A tensor that the objective reads, whose gradient is wanted too.
            parts: In how many parts the batch passes, one after the other; with more than one, no
                gradient of `inputs` can be had.

        Returns:
            What was measured, the L2 norm of the gradient as `d_gradient` or `g_gradient`, and
            with `inputs` their gradient as `slope`.
        """
        variables = self.moving_variables(player)
        optimizer = getattr(self, f"{player}_optimizer")
        scale = optimizer.scale_loss
        if parts > 1:
            grads, measured = gradients.of_parts(objective, parts, variables, scale)
        else:
            grads, measured = gradients.of_objective(objective, variables, scale, inputs)
        grads = replicas.means(grads)
        norm = unscaled_norm(grads, optimizer)
        with schedules.applied(optimizer, self._optimizer_numbers(player, optimizer)):
            optimizer.apply(grads, variables)
        return {**measured, f"{player[0]}_gradient": norm}

    def moving_variables(self, player):
        """The weights that a player moves in a step: all that are trainable."""
        return getattr(self, player).trainable_variables

    def _optimizer_numbers(self, player, optimizer):
        """The numbers with which a player's optimizer moves now.

        Each roll-back halves the learning rate, but for a Keras schedule inside the optimizer.
        """
        numbers = {
            name: self.scheduled(scheduled, None)
            for scheduled, name in schedules.numbers_of(player).items()
            if scheduled in self.schedules
        }
        if schedules.has_fixed_rate(optimizer):
            own = schedules.inner_optimizer(optimizer).learning_rate
            slower = ops.power(0.5, ops.cast(self.roll_backs, "float32"))
            numbers["learning_rate"] = slower * numbers.get("learning_rate", own)
        return numbers

    def scheduled(self, name, number):
        """A number of the game as it is now: its schedule's, or itself where it has none."""
        return self.schedules[name](self.images_seen) if name in self.schedules else number

    # The moving average.

    def update_moving_average(self, average, network, batch_size):
        """average <- beta average + (1 - beta) network, with beta = 0.5^(batch / half-life).

        BatchNorm's statistics are averaged too: those of the newest network don't fit averaged
        weights. What is no number that can be averaged is copied.

        Source: half-life in images after Karras et al., "Training Generative Adversarial Networks
        with Limited Data", NeurIPS 2020, with its warm-up.
        """
        batch = ops.cast(batch_size, "float32")
        warm_up = MOVING_AVERAGE_WARM_UP * ops.cast(self.images_seen, "float32")
        half_life = self.scheduled(
            "moving_average_half_life", ops.minimum(float(self.moving_average_half_life), warm_up)
        )
        beta = ops.power(0.5, batch / ops.maximum(half_life, 1e-8))
        for mean, weight in zip(average.weights, network.weights, strict=True):
            averaged = keras.backend.is_float_dtype(weight.dtype)
            mean.assign(weight + beta * (mean - weight) if averaged else weight)

    # Metrics, by Keras's rules: means since the epoch began.

    def track(self, *names):
        """Makes the running means that `log` fills, in this order."""
        self._trackers = {name: RunningMean(name=name) for name in names}

    def log(self, measured, weights=None):
        """Adds measured scalars to their running means.

        Args:
            measured: Name -> scalar.
            weights: Name -> 0 or 1, for what is not measured in every step.
        """
        for name, value in replicas.means_of_scalars(measured).items():
            self._trackers[name].update_state(value, (weights or {}).get(name))

    @property
    def metrics(self):
        """The running means, which Keras resets at each epoch."""
        return list(self._trackers.values())

    def resume_means(self):
        """Goes on with the running means that were saved with the model, once."""
        for name, begun in self._begun_means.items():
            for variable, value in zip(self._trackers[name].variables, begun, strict=True):
                variable.assign(value)
        self._begun_means = {}

    # Fitting arrays and step-addressed data sets.

    def fit(self, x=None, y=None, batch_size=None, steps_per_epoch=None, shuffle=True, **kwargs):
        """`keras.Model.fit`, on data that goes on where the model's step says.

        Arrays and data sets of `keras_gan.datasets.load` are addressed by step: batch k is a
        function of (seed, k), so `fit` after `load_model` continues bit for bit. Any other data
        set is read as it comes, from its beginning, so that a training on it goes on with other
        batches than it would have had; a smaller batch is filled up with samples of the one
        before, so that the step is compiled once.

        Args:
            x: Samples as an array of `(count, *sample_shape)`, or a `tf.data.Dataset` of batches.
            y: Labels `(count,)`, for arrays and conditional networks.
            batch_size: For arrays; 32 by default, as in Keras.
            steps_per_epoch: Batches an epoch; all of the data by default.
            shuffle: For arrays: whether each epoch is a new permutation.
            **kwargs: As in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ConfigError: Before `compile`, or where `steps_per_execution` doesn't divide an epoch.
            DataError: For data that don't fit the networks, or that turn out damaged when read.
        """
        if not self.compiled:
            raise ConfigError("expected a compiled model; call compile() before fit().")
        if isinstance(x, np.ndarray | tf.Tensor):
            self.check_arrays(x, y)
            x, y = (
                batches.of_arrays(
                    x, y, batch_size=batch_size or 32, seed=self.seed, shuffle=shuffle
                ),
                None,
            )
            batch_size = None
        if hasattr(x, "from_step"):
            steps_per_epoch = steps_per_epoch or x.steps_per_epoch
            self._check_whole_executions(steps_per_epoch)
            x = self._from_own_step(x)
        elif isinstance(x, tf.data.Dataset):
            x = batches.of_one_size(x)
        if self.replicated:
            check_replicas(self)
        with batches.reading():
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                steps_per_epoch=steps_per_epoch,
                shuffle=False,
                **kwargs,
            )

    def _from_own_step(self, dataset):
        """The data set from the game's step on; each replica has its part of a batch."""
        step = int(self.step)
        if not self.replicated:
            return dataset.from_step(step)
        check_replicas(self, dataset.batch_size)
        return replicas.distribute(self.distribute_strategy, dataset, step)

    def _check_whole_executions(self, steps_per_epoch):
        each = self.steps_per_execution
        if steps_per_epoch % each:
            raise ConfigError(
                f"expected steps_per_epoch as a multiple of steps_per_execution = {each}, got "
                f"{steps_per_epoch}; Keras would run past the epoch's end. Pass another "
                f"steps_per_epoch, such as {max(1, steps_per_epoch // each) * each}."
            )

    def check_arrays(self, x, y):
        """Raises `DataError` where arrays can't be learnt from.

        Args:
            x: Samples.
            y: Labels or None.
        """
        check_finite_floats(x)
        if y is not None and len(y) != len(x):
            raise DataError(f"expected as many labels as samples, got {len(y)} and {len(x)}.")

    # A save that brings back everything.

    def other_state(self):
        """Variables of the game that Keras saves nowhere: seed generators' state."""
        saved = {id(variable) for variable in self.weights}
        return [variable for variable in self.variables if id(variable) not in saved]

    def save_own_variables(self, store):
        """Saves the counters, all random state, what the rules remember, and the running means."""
        super().save_own_variables(store)
        for index, variable in enumerate(self.other_state()):
            store[f"{OTHER_STATE}{index}"] = variable
        for name, tracker in self._trackers.items():
            store[RUNNING_MEAN + name] = np.stack(
                [ops.convert_to_numpy(v) for v in tracker.variables]
            )

    def load_own_variables(self, store):
        """Loads what `save_own_variables` saved."""
        keys = list(store.keys())
        others = (OTHER_STATE, RUNNING_MEAN)
        super().load_own_variables({k: store[k] for k in keys if not k.startswith(others)})
        for index, variable in enumerate(self.other_state()):
            variable.assign(store[f"{OTHER_STATE}{index}"])
        self._begun_means = {
            name: np.array(store[RUNNING_MEAN + name])
            for name in self._trackers
            if RUNNING_MEAN + name in keys
        }


OTHER_STATE, RUNNING_MEAN = "other_state_", "running_mean_"


def unscaled_norm(grads, optimizer):
    """The L2 norm of all gradients together, without the optimizer's loss scale.

    Returns:
        A float32 scalar; 0 for an overflow in float16, as the loss scale then skips the step.
    """
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in grads if g is not None]
    norm = ops.sqrt(sum(squares, ops.zeros((), "float32")))
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        norm = norm / ops.cast(optimizer.scale_loss(1.0), "float32")
        return ops.where(ops.isfinite(norm), norm, 0.0)
    return norm
