"""Training steps on several replicas, with branches that the host chooses."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

from keras_gan import replicas
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops


class Counter(keras.Variable):
    """An integer variable that each replica counts itself, readable under a strategy."""

    def __init__(self, name: str):
        super().__init__("zeros", shape=(), dtype="int64", trainable=False, name=name)

    def __int__(self):
        return int(self.numpy())


class RunningMean(keras.metrics.Mean):
    """A mean of values that are equal on all replicas, so reading it needs no exchange."""

    def add_variable(
        self,
        shape: tuple[int, ...],
        initializer: Any,
        dtype: str | None = None,
        aggregation: str | None = None,
        name: str | None = None,
    ) -> keras.Variable:
        """Adds a variable as Keras does, but reads that of the first replica."""
        return super().add_variable(shape, initializer, dtype, "only_first_replica", name)


class Replicated:
    """Mixin that trains a model on several replicas."""

    fixed_kind = None

    @contextlib.contextmanager
    def fixed_branches(self, kind: dict) -> Iterator[None]:
        """Restricts functions that are traced in a `with` block to one kind of step."""
        self.fixed_kind = kind
        try:
            yield
        finally:
            self.fixed_kind = None

    def next_kind(self) -> dict:
        """Returns the kind of the next step, computed on the host."""
        return self.kind_of_step(int(self.step))

    def sync_statistics(self) -> None:
        """Averages batch statistics over the replicas; all other state is equal anyway."""
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

    def _resolve_auto_jit_compile(self):
        """Returns whether `"auto"` means XLA; Keras never uses it on several replicas."""
        if self.replicated:
            return bool(tf.config.list_physical_devices("GPU"))
        return super()._resolve_auto_jit_compile()

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: the model is built already, and Keras would guess wrong inputs."""

    def make_train_function(self, force: bool = False) -> None:
        """Makes the function of a step; on several replicas a `ReplicatedStep`."""
        if not self.replicated:
            super().make_train_function(force)
        elif force or self.train_function is None:
            self.train_function = ReplicatedStep(self, self.train_step, self.get_metrics_result)

    def make_test_function(self, force: bool = False) -> None:
        """Makes the function of a test step; on several replicas a `ReplicatedStep`."""
        if not self.replicated:
            super().make_test_function(force)
        elif force or self.test_function is None:
            self.test_function = ReplicatedStep(self, self.test_step, self.get_test_results)


class ReplicatedStep:
    """A step of all replicas, `iterator -> logs`, for Keras's `fit` and `evaluate`.

    Replicas can't communicate inside a branch of a compiled function. So the host computes the kind
    of the next step and calls a function that contains only the branches of that kind.

    Args:
        model: An `AdversarialModel`.
        step: `data -> logs`, the model's `train_step` or `test_step`.
        results: `() -> logs`, called when all replicas are done.
    """

    def __init__(self, model: "Replicated", step: Callable, results: Callable):
        self.model, self.step, self.results = model, step, results
        self.functions = {}

    def __call__(self, iterator: Iterator) -> dict:
        """Runs one step and returns its logs."""
        batch = next(iterator)
        kind = self.model.next_kind()
        key = tuple(kind.items())
        if key not in self.functions:
            self.functions[key] = self._function(kind)
        return self.functions[key](batch)

    def _function(self, kind):
        strategy = self.model.distribute_strategy

        def run_on_replicas(batch):
            with strategy.scope(), self.model.fixed_branches(kind):
                strategy.run(self.step, args=(batch,))
                return self.results()

        return run_on_replicas if self.model.run_eagerly else tf.function(run_on_replicas)


def check_replicas(model: "Replicated", batch_size: int | None = None) -> None:
    """Raises `ConfigError` for settings that TensorFlow 2.21 can't distribute over replicas.

    Args:
        model: A compiled model.
        batch_size: Batch size over all replicas, if known.
    """
    count, parts = model.distribute_strategy.num_replicas_in_sync, model.rules.accumulation
    optimizers = [model.optimizer_of(player) for player in model.players]
    limits = {
        f"steps_per_execution={model.steps_per_execution}": (
            "steps_per_execution=1",
            model.steps_per_execution > 1,
        ),
        "networks in float16": (
            "float32 or mixed_bfloat16",
            any(isinstance(o, keras.optimizers.LossScaleOptimizer) for o in optimizers),
        ),
        f"accumulation={parts}": ("accumulation=1", parts > 1),
    }
    for setting, (alternative, in_use) in limits.items():
        if in_use:
            raise ConfigError(f"expected {alternative} on {count} replicas, got {setting}.")
    if batch_size is not None and batch_size % count:
        raise ConfigError(
            f"expected a batch size that {count} replicas can share evenly, got {batch_size}; use "
            f"a multiple of {count}, such as {math.ceil(batch_size / count) * count}."
        )
