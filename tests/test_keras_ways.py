"""All of Keras's callbacks and all methods of its models: each works, or is refused at once."""

import json

import keras_gan as kg
from keras_gan.errors import ConfigError, DataError

import keras
import numpy as np
import pytest
from conftest import differing, random_images, state_of, tiny_gan

IMAGES = random_images(24)


@pytest.fixture(scope="module")
def gan():
    """A model that has trained for an epoch."""
    model = tiny_gan()
    model.compile(run_eagerly=True)
    model.fit(IMAGES, batch_size=8, verbose=0)
    return model


def fit(model, *callbacks, **options):
    """Trains for two epochs of three steps."""
    options = {"batch_size": 8, "epochs": 2, "verbose": 0} | options
    return model.fit(IMAGES, callbacks=list(callbacks), **options)


class Posts(keras.callbacks.RemoteMonitor):
    """Keras's monitor, whose server is a list."""

    def __init__(self):
        super().__init__("http://localhost:9")

    def on_epoch_end(self, epoch, logs=None):
        json.dumps({name: float(value) for name, value in logs.items()})


WORKING = {
    "BackupAndRestore": lambda path: keras.callbacks.BackupAndRestore(path / "backup"),
    "CSVLogger": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
    "Callback": lambda path: keras.callbacks.Callback(),
    "CallbackList": lambda path: keras.callbacks.CallbackList([keras.callbacks.Callback()]),
    "EarlyStopping": lambda path: keras.callbacks.EarlyStopping("g_loss", mode="min"),
    "History": lambda path: keras.callbacks.History(),
    "LambdaCallback": lambda path: keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (path / "epoch").write_text(str(logs["d_loss"]))
    ),
    "ModelCheckpoint": lambda path: keras.callbacks.ModelCheckpoint(
        path / "best.weights.h5", "d_loss", save_best_only=True, save_weights_only=True, mode="max"
    ),
    "ProgbarLogger": lambda path: keras.callbacks.ProgbarLogger(),
    "RemoteMonitor": lambda path: Posts(),
    "TensorBoard": lambda path: keras.callbacks.TensorBoard(path / "board", histogram_freq=1),
}
REFUSED = {
    "LearningRateScheduler": (
        lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3),
        "pass schedules to compile",
    ),
    "OrbaxCheckpoint": (None, "keras_gan.callbacks.Checkpoint"),
    "ReduceLROnPlateau": (keras.callbacks.ReduceLROnPlateau, "each player has its own optimizer"),
    "SwapEMAWeights": (keras.callbacks.SwapEMAWeights, "a game averages its generator itself"),
    "TerminateOnNaN": (keras.callbacks.TerminateOnNaN, "keras_gan.callbacks.StopOnNaN"),
}


def test_the_table_has_all_of_keras_callbacks():
    names = {name for name in dir(keras.callbacks) if name[0].isupper()}
    assert names == WORKING.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", [name for name in WORKING if name != "CallbackList"])
def test_callbacks_that_work(name, gan, tmp_path, capsys):
    step = int(gan.step)
    history = fit(gan, WORKING[name](tmp_path))
    assert int(gan.step) in (step + 3, step + 6)  # EarlyStopping
    assert set(history.history) >= {"d_loss", "g_loss"}
    files = {"CSVLogger", "LambdaCallback", "ModelCheckpoint", "TensorBoard"}
    assert bool(list(tmp_path.iterdir())) == (name in files)


def test_a_list_of_callbacks_of_keras(gan, tmp_path):
    made = keras.callbacks.CallbackList(
        [WORKING["CSVLogger"](tmp_path)], add_history=True, model=gan, epochs=1, steps=3
    )
    gan.fit(IMAGES, batch_size=8, verbose=0, callbacks=made)
    assert (tmp_path / "log.csv").exists()
    refused = keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN()])
    with pytest.raises(ConfigError, match="expected no TerminateOnNaN"):
        gan.fit(IMAGES, batch_size=8, verbose=0, callbacks=refused)


@pytest.mark.parametrize("name", REFUSED)
def test_callbacks_that_cannot_work_are_refused_before_training(name, gan):
    make, message = REFUSED[name]
    kind = getattr(keras.callbacks, name)
    callback = kind.__new__(kind) if make is None else make()  # it needs a package to be made
    step = int(gan.step)
    with pytest.raises(ConfigError, match=f"expected no {name}: .*{message}"):
        fit(gan, callback)
    assert int(gan.step) == step


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.callbacks.EarlyStopping(), "unknown monitor of EarlyStopping 'val_loss'"),
        (lambda: keras.callbacks.EarlyStopping("val_d_loss", mode="min"), "Known: d_gradient"),
        (lambda: keras.callbacks.EarlyStopping("g_loss"), "mode='min' or 'max'.*, got 'auto'"),
        (
            lambda: keras.callbacks.ModelCheckpoint("x.keras", save_best_only=True),
            "unknown monitor of ModelCheckpoint 'val_loss'",
        ),
    ],
)
def test_monitors_that_do_not_exist_are_refused_before_training(make, message, gan):
    step = int(gan.step)
    with pytest.raises(ConfigError, match=message):
        fit(gan, make(), validation_data=None)
    assert int(gan.step) == step


def test_the_best_weights_come_back():
    gan, seen = tiny_gan(), []
    gan.compile(run_eagerly=True)
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((logs["val_g_loss"], gan.get_weights()))
    )
    stop = keras.callbacks.EarlyStopping(
        "val_g_loss", mode="max", patience=1, restore_best_weights=True
    )
    fit(gan, stop, keep, validation_data=(IMAGES[:8],), validation_freq=1, epochs=4)
    best = max(seen, key=lambda pair: pair[0])[1]
    for weight, expected in zip(gan.get_weights(), best, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("freq", ["epoch", 2])
def test_backup_and_restore_goes_on_bit_for_bit(freq, tmp_path):
    def stop(epoch, logs=None):
        raise KeyboardInterrupt

    def make():
        keras.utils.set_random_seed(3)
        model = kg.GAN(
            kg.networks.MLPGenerator((8, 8, 1), 4, (4,)),
            kg.networks.MLPDiscriminator((8, 8, 1), (4,)),
        )
        model.compile(penalties=[kg.penalties.LeCam(0.1)], run_eagerly=True)
        return model

    whole, cut, resumed = (make() for _ in range(3))
    backup = lambda: keras.callbacks.BackupAndRestore(tmp_path, save_freq=freq)  # noqa: E731
    fit(whole)
    interrupt = {"on_epoch_begin": lambda epoch, logs: epoch and stop(epoch)}
    if freq != "epoch":
        interrupt = {"on_train_batch_end": lambda batch, logs: batch == 1 and stop(batch)}
    with pytest.raises(KeyboardInterrupt):
        fit(cut, backup(), keras.callbacks.LambdaCallback(**interrupt))
    steps = int(cut.step)
    remaining = {"epochs": 2} if freq == "epoch" else {"epochs": 1, "steps_per_epoch": 6 - steps}
    fit(resumed, backup(), **remaining)
    assert int(resumed.step) == 6
    assert differing(state_of(whole), state_of(resumed)) == []
    fit(resumed, epochs=1)  # from its first epoch, as Keras's would not
    assert int(resumed.step) == 9


def test_validation_at_some_epochs(gan):
    history = fit(gan, validation_data=(IMAGES[:8],), validation_freq=[2]).history
    assert len(history["val_d_loss"]) == 1
    assert len(history["d_loss"]) == 2


# Methods. Those of Keras's machinery, which nobody calls, aren't here.

METHODS = {
    "predict": lambda gan, path: gan.predict(gan.latents(3), verbose=0).shape == (3, 8, 8, 1),
    "predict_on_batch": lambda gan, path: gan.predict_on_batch(gan.latents(3)).shape[0] == 3,
    "__call__": lambda gan, path: np.array_equal(
        gan(gan.latents(2)), gan.moving_average(gan.latents(2))
    ),
    "summary": lambda gan, path: gan.summary(print_fn=lambda text, **_: None) is None,
    "count_params": lambda gan, path: gan.count_params() > 1_000,
    "get_layer": lambda gan, path: gan.get_layer(gan.generator.name) is gan.generator,
    "layers": lambda gan, path: gan.generator in gan.layers,
    "to_json": lambda gan, path: isinstance(keras.models.model_from_json(gan.to_json()), kg.GAN),
    "get_config": lambda gan, path: isinstance(kg.GAN.from_config(gan.get_config()), kg.GAN),
    "compile_from_config": lambda gan, path: compiled_from(gan).compiled,
    "build_from_config": lambda gan, path: gan.build_from_config(gan.get_build_config()) is None,
    "get_weights": lambda gan, path: gan.set_weights(gan.get_weights()) is None,
    "evaluate": lambda gan, path: gan.evaluate(IMAGES, verbose=0, return_dict=True)["d_loss"] > 0,
    "test_on_batch": lambda gan, path: len(gan.test_on_batch(IMAGES[:8])) == 4,
    "get_metrics_result": lambda gan, path: "d_loss" in gan.get_metrics_result(),
    "metrics_names": lambda gan, path: "d_loss" in gan.metrics_names,
    "optimizer": lambda gan, path: gan.optimizer is None and gan.loss is None,
    "stateless_call": lambda gan, path: np.allclose(
        gan.stateless_call(gan.trainable_variables, gan.non_trainable_variables, gan.latents(2))[0],
        gan(gan.latents(2)),
    ),
    "save_weights": lambda gan, path: weights_saved(gan, path / "new" / "x.weights.h5"),
    "save": lambda gan, path: saved(gan, path / "new" / "x.keras"),
}


def compiled_from(gan):
    """A model of a config, compiled from a config."""
    copy = kg.GAN.from_config(gan.get_config())
    copy.compile_from_config(gan.get_compile_config())
    return copy


def weights_saved(gan, path):
    """Whether weights come back from a file, with everything else."""
    gan.save_weights(path)
    copy = compiled_from(gan)
    copy.load_weights(path)
    return not differing(state_of(gan), state_of(copy))


def saved(gan, path):
    """Whether a model comes back from a file."""
    gan.save(path)
    return not differing(state_of(gan), state_of(kg.load_model(path)))


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_keras_work(name, gan, tmp_path):
    assert METHODS[name](gan, tmp_path)


REFUSED_METHODS = {
    "export": lambda gan, path: gan.export(path / "x"),
    "quantize": lambda gan, path: gan.quantize("int8"),
    "compute_loss": lambda gan, path: gan.compute_loss(IMAGES, IMAGES, IMAGES),
    "stateless_compute_loss": lambda gan, path: gan.stateless_compute_loss(
        [], [], [], x=IMAGES, y=IMAGES, y_pred=IMAGES
    ),
    "add_loss": lambda gan, path: gan.add_loss(1.0),
    "get_state_tree": lambda gan, path: gan.get_state_tree(),
    "set_state_tree": lambda gan, path: gan.set_state_tree({}),
    "save to .h5": lambda gan, path: gan.save(path / "x.h5"),
    "save without a suffix": lambda gan, path: gan.save(path / "x"),
    "save_weights to .h5": lambda gan, path: gan.save_weights(path / "x.h5"),
    "save_weights to a folder": lambda gan, path: gan.save_weights(path),
    "load_weights of another suffix": lambda gan, path: gan.load_weights(path / "x.ckpt"),
    "load_weights of nothing": lambda gan, path: gan.load_weights(path / "x.weights.h5"),
    "validation_split": lambda gan, path: fit(gan, validation_split=0.5),
    "sample_weight": lambda gan, path: fit(gan, sample_weight=np.ones(24)),
}


@pytest.mark.parametrize("name", REFUSED_METHODS)
def test_methods_that_a_game_lacks_are_refused(name, gan, tmp_path):
    with pytest.raises((ConfigError, DataError), match=r"^expected "):
        REFUSED_METHODS[name](gan, tmp_path)
    assert list(tmp_path.iterdir()) == []


MACHINERY = (  # Keras's own: hooks, lists of variables, and what only layers do
    *("build", "call", "compile", "compiled_loss", "compiled_metrics", "compute_metrics"),
    *("from_config", "get_compile_config", "get_quantization_layer_structure", "loss", "metrics"),
    *("jit_compile", "run_eagerly", "reset_metrics", "distribute_strategy", "fit", "load_weights"),
    *("distribute_reduction_method", "make_predict_function", "make_test_function"),
    *("make_train_function", "predict_step", "test_step", "train_step", "train_on_batch"),
    *("set_weights", "get_build_config"),
)


def test_the_table_has_all_methods_of_models():
    kinds = [kind for kind in keras.Model.__mro__ if kind.__name__ in ("Model", "Trainer")]
    kinds += [kind for kind in keras.Model.__mro__ if kind.__name__ == "TensorFlowTrainer"]
    names = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
    known = {*METHODS, *REFUSED_METHODS, *MACHINERY}
    assert names - known == set()


def test_weights_of_another_model_are_named(gan, tmp_path):
    other = tiny_gan(size=16)
    other.compile()
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(DataError, match=r"expected weights of this GAN in .*other.weights.h5"):
        gan.load_weights(tmp_path / "other.weights.h5")


def test_weights_set_into_an_untrained_generator_are_told():
    gan, source = tiny_gan(seed=1), tiny_gan(seed=2)
    gan.generator.set_weights([weight + 0.1 for weight in source.generator.get_weights()])
    with pytest.warns(UserWarning, match=r"call reset_averages"):
        before = gan.sample(2)
    gan.reset_averages()
    after = gan.sample(2)
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(after, gan.generator(gan.latents(2)), atol=1e-6)
