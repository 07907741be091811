"""Callbacks of `fit`: none fails or does nothing after an epoch, and a guard stops at NaN."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.finite import StopOnNaN

import keras
from keras import callbacks as kinds

REFUSED = {  # Keras callbacks that change or read what a game doesn't have -> what does it instead
    kinds.LearningRateScheduler: "each player has its own optimizer; pass schedules to compile(), "
    "such as {'learning_rate': keras_gan.schedules.Linear(...)}",
    kinds.ReduceLROnPlateau: "each player has its own optimizer, and the losses of a game have no "
    "plateau; pass schedules={'learning_rate': ...} to compile()",
    kinds.SwapEMAWeights: "a game averages its generator itself, as moving_average, which sample() "
    "and evaluate() use; leave the callback out",
    kinds.TerminateOnNaN: "it reads only a log named loss, which a game doesn't have; use "
    "keras_gan.callbacks.StopOnNaN, which reads every log",
    kinds.OrbaxCheckpoint: "it needs the model's single optimizer; use "
    "keras_gan.callbacks.Checkpoint",
}


def check_callback_types(callbacks: Any) -> None:
    """Raises `ConfigError` unless callbacks are None, a Keras callback or several."""
    for callback in keras.tree.flatten(callbacks):
        if callback is not None and not isinstance(callback, kinds.Callback | kinds.CallbackList):
            raise ConfigError(
                "expected a list of keras.callbacks.Callback objects as callbacks, got "
                f"{abbreviate(callback)}."
            )


def with_guard(callbacks: Any) -> Any:
    """Returns the callbacks of `fit` with a `StopOnNaN`; a `CallbackList` stays as it is."""
    if isinstance(callbacks, kinds.CallbackList):
        return callbacks
    callbacks = [each for each in keras.tree.flatten(callbacks) if each is not None]
    has_guard = any(isinstance(callback, StopOnNaN) for callback in callbacks)
    return callbacks if has_guard else [StopOnNaN(), *callbacks]


def check_callbacks(
    model: keras.Model, callbacks: Any, validates: bool, check_loadable: Callable[[], None]
) -> None:
    """Raises `ConfigError` for callbacks of Keras that can't work with a game.

    Args:
        model: A compiled `AdversarialModel`.
        callbacks: Those of `fit`.
        validates: Whether `fit` has validation data.
        check_loadable: Function that raises an error for a model that couldn't be loaded again.
    """
    for callback in flatten(callbacks):
        for kind, advice in REFUSED.items():
            if isinstance(callback, kind):
                raise ConfigError(f"expected no {kind.__name__}: {advice}.")
        if reads_monitor(callback):
            names = [*model.log_names]
            names += [f"val_{name}" for name in model.test_log_names if validates]
            check_monitor(callback, names)
        if saves_whole(callback):
            check_loadable()


def flatten(callbacks: Any) -> Iterator[keras.callbacks.Callback]:
    """Yields the callbacks of `fit`: one, several, or a `CallbackList`."""
    for callback in keras.tree.flatten(callbacks):
        if isinstance(callback, kinds.CallbackList):
            yield from callback.callbacks
        elif callback is not None:
            yield callback


def reads_monitor(callback: keras.callbacks.Callback) -> bool:
    """Returns whether a callback compares a log."""
    if isinstance(callback, kinds.ModelCheckpoint):
        return callback.save_best_only
    return isinstance(callback, kinds.EarlyStopping)


def saves_whole(callback: keras.callbacks.Callback) -> bool:
    """Returns whether a callback saves the whole model."""
    if isinstance(callback, kinds.ModelCheckpoint):
        return not callback.save_weights_only
    return bool(getattr(callback, "saves_model", False))


def check_monitor(callback: keras.callbacks.Callback, names: Sequence[str]) -> None:
    """Raises `ConfigError` unless a callback's log exists and it's told whether less is better."""
    kind, monitor = type(callback).__name__, callback.monitor
    if monitor not in names:
        raise unknown(f"monitor of {kind}", monitor, names)
    if callback.mode == "auto" and callback.monitor_op is None:
        raise ConfigError(
            f"expected mode='min' or 'max' for {kind}(monitor={monitor!r}), got 'auto': Keras "
            "can't tell whether less of it is better. To keep the best samples, use "
            "keras_gan.callbacks.Evaluate."
        )


def restore_backups(model: keras.Model, callbacks: Any) -> None:
    """Restores the state that Keras's `BackupAndRestore` has saved, before the step is read.

    Keras would restore it when the data's first batch is chosen already.
    """
    model._initial_epoch = None  # Keras would keep that of an earlier `fit`
    for callback in flatten(callbacks):
        if isinstance(callback, kinds.BackupAndRestore):
            callback.set_model(model)
            callback.on_train_begin()
