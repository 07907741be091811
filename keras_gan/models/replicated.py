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

    fixed_kind = None

    @contextlib.contextmanager
    def fixed_branches(self, kind):
        """Traces functions with the branches of this kind of step alone, while it lasts."""
        self.fixed_kind = kind
        try:
            yield
        finally:
            self.fixed_kind = None

    def next_kind(self) -> dict:
        """Returns the kind of the next step, read on the host."""
        return self.kind_of_step(int(self.step))

    def replica_limits(self) -> dict:
        """Returns settings of the game that can't be distributed: name -> (instead, if in use)."""
        return {}

    def sync_statistics(self):
        """Gives all replicas the mean of each one's batch statistics.

        All other state is updated by the same numbers everywhere.
        """
        if replicas.context() is None:
            return
        statistics = [
            variable
            for player in self.players
            for network in self.networks_of(player)
            for variable in network.non_trainable_variables
            if variable.aggregation == "none" and keras.backend.is_float_dtype(variable.dtype)
        ]
        values = [ops.convert_to_tensor(variable) for variable in statistics]
        for variable, mean in zip(statistics, replicas.average(values), strict=True):
            variable.assign(mean)

    @property
    def replicated(self) -> bool:
        """Whether a step has several replicas."""
        return self.distribute_strategy.num_replicas_in_sync > 1

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: a game is built already, and Keras's guess at its inputs is wrong."""

    def make_train_function(self, force=False):
        """Makes the function of a step; on several replicas the host chooses the branches."""
        if not self.replicated:
            super().make_train_function(force)
        elif force or self.train_function is None:
            self.train_function = ReplicatedStep(self, self.train_step, self.get_metrics_result)

    def make_test_function(self, force=False):
        """Makes the function of a test step, likewise."""
        if not self.replicated:
            super().make_test_function(force)
        elif force or self.test_function is None:
            self.test_function = ReplicatedStep(self, self.test_step, self.get_test_results)


class ReplicatedStep:
    """`iterator -> logs`: a step of all replicas, for Keras's `fit` and `evaluate`.

    Replicas can't exchange anything inside a branch of a compiled function. So the host reads the
    kind of the next step and calls the function of that kind, in which the branches are fixed.

    Args:
        model: The game.
        step: `data -> logs`, its `train_step` or `test_step`.
        results: `() -> logs`, read when all replicas are done.
    """

    def __init__(self, model, step, results):
        self.model, self.step, self.results = model, step, results
        self.functions = {}

    def __call__(self, iterator):
        """Runs one step."""
        batch = next(iterator)
        kind = self.model.next_kind()
        key = tuple(kind.items())
        if key not in self.functions:
            self.functions[key] = self._function(kind)
        return self.functions[key](batch)

    def _function(self, kind):
        strategy = self.model.distribute_strategy

        def on_all(batch):
            with strategy.scope(), self.model.fixed_branches(kind):
                strategy.run(self.step, args=(batch,))
                return self.results()

        return on_all if self.model.run_eagerly else tf.function(on_all)


def check_replicas(model, batch_size=None):
    """Raises `ConfigError` for what a game on several replicas can't do in TensorFlow 2.21.

    Args:
        model: A compiled game.
        batch_size: Of all replicas together, where it is known.
    """
    count = model.distribute_strategy.num_replicas_in_sync
    optimizers = [model.optimizer_of(player) for player in model.players]
    limits = {
        "jit_compile=True": ("jit_compile=False or 'auto'", model.jit_compile is True),
        f"steps_per_execution={model.steps_per_execution}": (
            "steps_per_execution=1",
            model.steps_per_execution > 1,
        ),
        "networks in float16": (
            "float32 or mixed_bfloat16",
            any(isinstance(o, keras.optimizers.LossScaleOptimizer) for o in optimizers),
        ),
        **model.replica_limits(),
    }
    for setting, (instead, in_use) in limits.items():
        if in_use:
            raise ConfigError(f"expected {instead} on {count} replicas, got {setting}.")
    if batch_size is not None and batch_size % count:
        raise ConfigError(
            f"expected a batch size that {count} replicas can share evenly, got {batch_size}; use "
            f"a multiple of {count}, such as {math.ceil(batch_size / count) * count}."
        )
