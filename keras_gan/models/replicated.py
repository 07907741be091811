"""The step of a game on several replicas, whose branches the host chooses."""

import contextlib
import math

from keras_gan import replicas
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops


class Counter(keras.Variable):
    """A whole number that every replica counts by itself, and that can be read under a strategy."""

    def __init__(self, name):
        super().__init__("zeros", shape=(), dtype="int64", trainable=False, name=name)

    def __int__(self):
        return int(self.numpy())


class RunningMean(keras.metrics.Mean):
    """A running mean of what is equal on all replicas, so that reading it needs no exchange."""

    def add_variable(self, shape, initializer, dtype=None, aggregation=None, name=None):
        """As in Keras, but that the first replica's is read."""
        return super().add_variable(shape, initializer, dtype, "only_first_replica", name)


class Replicated:
    """Mixin of the games: what they need to be played on several replicas at once."""

    _phase = None

    def phase(self, step):
        """The step as far as branches depend on it; an int where the host has chosen them."""
        return step if self._phase is None else self._phase

    @contextlib.contextmanager
    def choosing_branches_of(self, step):
        """While it lasts, a function that is traced has the branches of this step alone."""
        self._phase = step
        try:
            yield
        finally:
            self._phase = None

    def kind_of_step(self, step):
        """What tells the steps apart whose branches differ; a game with such steps says it.

        Args:
            step: Int.
        """
        return None

    def what_replicas_cannot(self):
        """What of the game's own rules can't be on several replicas: got -> (wanted, if it is)."""
        return {}

    def keep_in_step(self):
        """Gives all replicas the mean of what each saw of its part of the batch: batch statistics.

        All other state is moved by the same numbers everywhere.
        """
        seen = [
            variable
            for player in self.players
            for variable in getattr(self, player).non_trainable_variables
            if variable.aggregation == "none" and keras.backend.is_float_dtype(variable.dtype)
        ]
        values = [ops.convert_to_tensor(variable) for variable in seen]
        if replicas.context() is not None:
            for variable, mean in zip(seen, replicas.means(values), strict=True):
                variable.assign(mean)

    @property
    def replicated(self) -> bool:
        """Whether a step has several replicas."""
        return self.distribute_strategy.num_replicas_in_sync > 1

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing: a game is built when it is made, and Keras's guess at its inputs is wrong."""

    def make_train_function(self, force=False):
        """As in Keras; on several replicas the host chooses the branches."""
        if not self.replicated:
            super().make_train_function(force)
        elif force or self.train_function is None:
            self.train_function = ReplicatedStep(self, self.train_step, self.get_metrics_result)

    def make_test_function(self, force=False):
        """Likewise."""
        if not self.replicated:
            super().make_test_function(force)
        elif force or self.test_function is None:
            self.test_function = ReplicatedStep(self, self.test_step, self.get_test_results)


class ReplicatedStep:
    """`iterator -> logs`: a step of all replicas, for Keras's `fit` and `evaluate`.

    Replicas can't exchange anything inside a branch of a compiled function. So the host looks at
    the step's number and takes the function of its kind, in which the branches are already chosen.

    Args:
        gan: The game.
        step: `data -> logs`, its `train_step` or `test_step`.
        results: `() -> logs`, read when all replicas are done.
    """

    def __init__(self, gan, step, results):
        self.gan, self.step, self.results = gan, step, results
        self.functions = {}

    def __call__(self, iterator):
        """One step."""
        batch = next(iterator)
        number = int(self.gan.step)
        kind = self.gan.kind_of_step(number)
        if kind not in self.functions:
            self.functions[kind] = self._function(number)
        return self.functions[kind](batch)

    def _function(self, number):
        strategy = self.gan.distribute_strategy

        def on_all(batch):
            with strategy.scope(), self.gan.choosing_branches_of(number):
                strategy.run(self.step, args=(batch,))
                return self.results()

        return on_all if self.gan.run_eagerly else tf.function(on_all)


def check_replicas(gan, batch_size=None):
    """Raises `ConfigError` for what a game on several replicas can't do in TensorFlow 2.21.

    Args:
        gan: A compiled game.
        batch_size: Of all replicas together, where it is known.
    """
    count = gan.distribute_strategy.num_replicas_in_sync
    optimizers = [getattr(gan, f"{player}_optimizer") for player in gan.players]
    cannot = {
        "jit_compile=True": ("jit_compile=False or 'auto'", gan.jit_compile is True),
        f"steps_per_execution={gan.steps_per_execution}": (
            "steps_per_execution=1",
            gan.steps_per_execution > 1,
        ),
        "networks in float16": (
            "float32 or mixed_bfloat16",
            any(isinstance(o, keras.optimizers.LossScaleOptimizer) for o in optimizers),
        ),
        **gan.what_replicas_cannot(),
    }
    for found, (wanted, holds) in cannot.items():
        if holds:
            raise ConfigError(f"expected {wanted} on {count} replicas, got {found}.")
    if batch_size is not None and batch_size % count:
        raise ConfigError(
            f"expected a batch size that {count} replicas can share evenly, got {batch_size}; use "
            f"a multiple of {count}, such as {math.ceil(batch_size / count) * count}."
        )
