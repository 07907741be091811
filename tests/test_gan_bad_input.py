"""Errors of a GAN for networks, rules, data and samples that don't fit."""

import dataclasses
import functools

import keras_gan as kg
from keras_gan.errors import ConfigError, DataError

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda g, d: kg.GAN(g((8, 8, 1)), d((16, 16, 1))),
            r"\(8, 8, 1\).*got one of \(16, 16, 1\)",
        ),
        (lambda g, d: kg.GAN(g(num_classes=3), d()), "know labels or neither"),
        (lambda g, d: kg.GAN(g(num_classes=3), d(num_classes=4)), r"got \[3, 4\]"),
        (lambda g, d: kg.GAN(g(), g()), "both|expected a discriminator"),
        (lambda g, d: kg.GAN(3, d()), "Model with keras.Input as the generator, got 3"),
        (lambda g, d: kg.GAN(g(), keras.Sequential()), "as the discriminator, got <Sequential"),
        (lambda g, d: kg.GAN(g(), d(), seed=-1), "seed from 0"),
        (lambda g, d: kg.GAN(g(), d(), moving_average_half_life=0), "half-life"),
        (lambda g, d: kg.GAN(g(), d(), latent_distribution="cauchy"), "normal, uniform"),
        (lambda g, d: kg.GAN(g(), d(num_classes=3, conditioning="auxiliary")), "or neither"),
    ],
)
def test_networks_that_do_not_fit(make, message):
    def generator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANGenerator(shape, 4, 2, **kwargs)

    def discriminator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANDiscriminator(shape, 2, **kwargs)

    with pytest.raises(ConfigError, match=message):
        make(generator, discriminator)


class OfNoPlayer(kg.penalties.R1):
    player = "encoder"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "hinje"}, "unknown loss"),
        (
            {"loss": kg.losses.Hinge},
            "a loss name or a keras_gan.losses.AdversarialLoss, got <class",
        ),
        ({"lose": "hinge"}, "unknown rule 'lose'; did you mean 'loss'"),
        ({"rules": {"loss": "hinge"}}, "expected keras_gan.Rules, .* got {'loss'"),
        ({"n_critic": 0}, "n_critic >= 1, got 0"),
        ({"n_critic": "2"}, "n_critic >= 1, got '2'"),
        ({"accumulation": 2.0}, "accumulation >= 1, got 2.0"),
        ({"update": ["shared"]}, r"unknown update \['shared'\]"),
        ({"remat": "no"}, "remat as True or False, got 'no'"),
        ({"penalties": [kg.penalties.R1(1), kg.penalties.R1(2)]}, "one penalty of each kind"),
        ({"penalties": ["r1"]}, "Penalty objects such as .* got 'r1'"),
        ({"penalties": "r1"}, "a list of .* got 'r1'"),
        ({"penalties": None}, "a list of .* got None"),
        ({"penalties": kg.penalties.R1(1)}, "a list of .* got <keras_gan.penalties"),
        ({"penalties": [kg.penalties.R1]}, "a list of .* got <class"),
        ({"penalties": [OfNoPlayer(1)]}, "as the player of OfNoPlayer, got 'encoder'"),
        ({"augmentation": "diffaug"}, "did you mean 'diffaugment'"),
        ({"augmentation": 0.5}, "Augment such as DiffAugment"),
        ({"augmentation": kg.augment.DiffAugment}, "Augment such as DiffAugment.* got <class"),
        ({"constraint": "clip"}, "a keras.constraints.Constraint .* got 'clip'"),
        ({"constraint": 0.01}, "a keras.constraints.Constraint .* got 0.01"),
        ({"constraint": kg.penalties.WeightClipping}, "keras.constraints.Constraint .* got <class"),
        ({"schedules": kg.schedules.Growth()}, "schedules as a dict of names"),
        ({"schedules": {"level": kg.schedules.Growth()}}, "a schedule for one of"),
        ({"generator_optimizer": "adamm"}, "a Keras optimizer .* got 'adamm'"),
        ({"discriminator_optimizer": 1e-3}, "a Keras optimizer .* got 0.001"),
        ({"generator_optimizer": keras.optimizers.Adam}, "a Keras optimizer .* got <class"),
        ({"jit_compile": "no"}, "jit_compile as True or False, got 'no'"),
        ({"run_eagerly": 1}, "run_eagerly as True or False, got 1"),
        ({"steps_per_execution": 0}, "steps_per_execution >= 1, got 0"),
    ],
)
def test_bad_rules(arguments, message):
    gan = tiny_gan()
    with pytest.raises(ConfigError, match=message):
        gan.compile(**arguments)
    with pytest.raises(ConfigError, match="call compile"):
        gan.fit(random_images(8))


def test_rules_name_a_field_that_they_lack():
    rules = kg.Rules(loss="hinge", n_critic=2)
    for make in (kg.Rules, functools.partial(dataclasses.replace, rules)):
        with pytest.raises(ConfigError, match="unknown rule 'ncritic'; did you mean 'n_critic'"):
            make(ncritic=3)
    assert dataclasses.replace(rules, n_critic=3).n_critic == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kg.penalties.Consistency(1.0), "Augment such as DiffAugment.* got 1.0"),
        (lambda: kg.penalties.Consistency(kg.augment.ADA), "Augment .* got <class"),
        (lambda: kg.penalties.GradientPenalty(one_sided="no"), "one_sided as True or False"),
        (lambda: kg.penalties.LeCam(decay="0.9"), "decay from 0 to below 1, got '0.9'"),
        (lambda: kg.penalties.PathLength(decay=None), "decay above 0 and up to 1, got None"),
        (lambda: kg.penalties.R1("1"), "weight >= 0, got '1'"),
    ],
)
def test_bad_penalties(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_an_optimizer_for_each_player():
    gan, optimizer = tiny_gan(), keras.optimizers.Adam()
    with pytest.raises(ConfigError, match="an optimizer for each player, got a Adam"):
        gan.compile(optimizer, optimizer)
    gan.compile(optimizer, keras.optimizers.Adam())  # which updates the generator already
    with pytest.raises(ConfigError, match="updates other weights already"):
        tiny_gan().compile(optimizer)


@pytest.mark.parametrize(
    ("num_classes", "x", "y", "message"),
    [
        (None, random_images(8), np.zeros(8, int), "got labels for networks that take none"),
        (3, random_images(8), None, "got samples alone"),
        (3, random_images(8), np.full(8, 3), "from 0 to 2, got 3 to 3"),
        (3, random_images(8), np.zeros(8), "integers from 0 to 2, got float64"),
        (3, random_images(8), np.zeros(7, int), "as many labels as samples, got 7 and 8"),
        (None, random_images(8, size=16), None, r"shape \(8, 8, 1\).*\(16, 16, 1\)"),
        (None, random_images(4), None, "at least one batch of 8 samples, got 4"),
        (None, np.zeros((8, 8, 8, 1), "int32"), None, "images as uint8 or floats, got int32"),
        (None, np.full((8, 8, 8, 1), np.nan, "float32"), None, "NaN or infinity in 8 of 8"),
    ],
)
def test_data_that_do_not_fit(num_classes, x, y, message):
    gan = tiny_gan(num_classes)
    gan.compile()
    with pytest.raises(DataError, match=message):
        gan.fit(x, y, batch_size=8, verbose=0)


IMAGES, LABELS = random_images(8), np.arange(8) % 3
BATCHES = tf.data.Dataset.from_tensor_slices(IMAGES)
TEXTS = tf.data.Dataset.from_tensor_slices(np.full((8, 8, 8, 1), "a"))
OTHER_DATA = [
    (None, None, "an array, a tuple or dict of arrays, or a tf.data.Dataset .* got None"),
    (3.0, None, "a tf.data.Dataset of batches, got 3.0"),
    ("digits", None, "a tf.data.Dataset of batches, got 'digits'"),
    ([IMAGES], None, "got a list of ndarray; convert lists with np.asarray"),
    (IMAGES.tolist(), None, "got a list of list;"),
    ((), None, "got a tuple of nothing"),
    ((IMAGES, [1]), None, "got a tuple of list, ndarray"),
    ((IMAGES,), None, "samples as one array, got a tuple; pass labels as y"),
    ({"x": IMAGES}, None, "samples as one array, got a dict"),
    (np.zeros((), "float32"), None, r"samples as an array \(count, ...\) .* got \(\)"),
    (IMAGES[:0], None, r"at least one, got \(0, 8, 8, 1\)"),
    (IMAGES[0, 0, 0, 0] * np.ones(8, "float32"), None, r"images of shape \(8, 8, 1\).* got \(\)"),
    (np.array(["a"] * 8), None, "numbers as samples, got <U1"),
    (IMAGES, LABELS.tolist(), r"labels as an array \(count, ...\) .* got list"),
    (IMAGES, np.int32(3), "labels as an array"),
    (IMAGES, np.eye(8, 3, dtype="int32"), r"one class per sample, .* got \(8, 3\).* argmax"),
    (BATCHES.batch(8).take(0), None, "data of at least one batch, got none"),
    (BATCHES.filter(lambda x: x[0, 0, 0] > 9).batch(8), None, "at least one batch, got none"),
    (BATCHES, None, r"got single ones instead of batches; batch them: dataset.batch\(32\)"),
    (tf.data.Dataset.range(8), None, "got single ones instead of batches"),
    (TEXTS.batch(8), None, "images as uint8 or floats, got string"),
    (BATCHES.batch(8), LABELS, "no y beside a _BatchDataset"),
]


@pytest.fixture(scope="module")
def classes():
    """Compiled class-conditional and unconditional models."""
    models = tiny_gan(3), tiny_gan()
    for gan in models:
        gan.compile(run_eagerly=True)
    return models


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras's, before our error
@pytest.mark.parametrize(("x", "y", "message"), OTHER_DATA)
def test_other_data_than_fit_reads(x, y, message, classes):
    gan = classes[y is None]
    before = int(gan.step)
    for use in (gan.fit, gan.evaluate):
        with pytest.raises(DataError, match=message) as error:
            use(x, y, verbose=0)
        assert "\n" not in str(error.value)
    with pytest.raises(DataError, match=message):
        gan.fit(
            IMAGES, None if y is None else LABELS, batch_size=8, validation_data=(x, y), verbose=0
        )
    assert int(gan.step) == before or isinstance(x, tf.data.Dataset)


class Batches(keras.utils.PyDataset):
    """One batch."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.batch


FORMS = {
    "array": lambda images: images,
    "tensor": tf.constant,
    "data set": lambda images: tf.data.Dataset.from_tensor_slices(images).batch(16),
    "generator": lambda images: ((images,) for _ in range(2)),
    "PyDataset": lambda images: Batches((images,)),
}
MANY = random_images(16)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (127.5 * MANY + 127.5, r"25\d.*; scale them, by x / 127.5 - 1, or pass them as uint8"),
        (0.5 * MANY + 0.5, r"0\.\d* to .*; scale them, by x \* 2 - 1"),
        (3 * MANY, "scale them, such as by x / [23]"),
        (32767.5 * MANY + 32767.5, "scale them, by x / 327"),
        (np.where(MANY[3] == MANY, np.nan, MANY), "finite samples, got NaN or infinity in 1 of 16"),
    ],
)
@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:Your `PyDataset` class")
def test_images_of_another_range(form, images, message, classes):
    step = int(classes[1].step)
    make = functools.partial(FORMS[form], images.astype("float32"))
    for use in (classes[1].fit, classes[1].evaluate):
        with pytest.raises(DataError, match=message) as error:
            use(make(), verbose=0)
        assert "\n" not in str(error.value)
    data = make()
    with pytest.raises(DataError, match=message):
        classes[1].fit(MANY, batch_size=16, validation_data=data, verbose=0)
    assert int(classes[1].step) <= step + 1  # the step before the validation


def test_a_range_that_is_almost_right_is_trained_on(classes):
    overshooting = np.where(MANY > 0.995, 1.3, MANY).astype("float32")
    for images in (overshooting, np.abs(MANY[:8]), np.zeros_like(MANY), np.ones_like(MANY)):
        assert classes[1].fit(images, batch_size=8, verbose=0).history["d_loss"][0] > 0


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_of_no_class_in_a_later_batch(label, classes):
    labels = np.r_[np.zeros(40, "int32"), label]
    batches = tf.data.Dataset.from_tensor_slices((random_images(41), labels)).batch(4)
    for use in (classes[0].fit, classes[0].evaluate):
        with pytest.raises(DataError, match="labels as integers from 0 to 2, got"):
            use(batches, verbose=0)
    with pytest.raises(DataError, match="from 0 to 2, got"):
        classes[0].fit(Batches((IMAGES, np.full(8, label))), verbose=0)
    with pytest.raises(DataError, match="labels as integers, got texts"):
        classes[0].fit(IMAGES, np.array(["a"] * 8), batch_size=8, verbose=0)
    with pytest.raises(DataError, match="from 0 to 2, got float32"):
        classes[0].fit(batches.map(lambda x, y: (x, tf.cast(y, "float32"))), verbose=0)


def test_a_later_batch_of_a_pydataset_is_checked_too(classes):
    class Later(Batches):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return IMAGES, np.full(8, 7 if index else 1)

    with pytest.raises(DataError, match="from 0 to 2, got 7 to 7"):
        classes[0].fit(Later(None), verbose=0)


def test_single_batches_are_checked_too(classes):
    for use in (classes[0].train_on_batch, classes[0].test_on_batch):
        with pytest.raises(DataError, match=r"by x / 127.5 - 1"):
            use(127.5 * IMAGES + 127.5, LABELS)
        with pytest.raises(DataError, match="from 0 to 2, got 9 to 9"):
            use(IMAGES, np.full(8, 9))


def test_a_generator_may_have_no_labels(classes):
    data = ((IMAGES, None) for _ in range(2))
    assert classes[1].fit(data, steps_per_epoch=1, verbose=0).history["d_loss"][0] > 0


def test_networks_that_share_a_layer_are_refused():
    shared = keras.layers.Dense(64, name="shared")
    generator = keras.Sequential([keras.Input((64,)), shared, keras.layers.Reshape((8, 8, 1))])
    layers = [keras.layers.Flatten(), shared, keras.layers.Dense(1)]
    with pytest.raises(
        ConfigError, match=r"common weights, got .*shared/kernel, .*shared/bias in both"
    ):
        kg.GAN(generator, keras.Sequential([keras.Input((8, 8, 1)), *layers]))


def test_fit_stops_at_nan_by_default(classes):
    broken = tf.data.Dataset.from_tensor_slices(np.r_[random_images(40), IMAGES * np.nan]).batch(4)
    gan = tiny_gan()
    gan.compile()
    with pytest.raises(kg.errors.NotFiniteError, match=r"expected finite losses, got .*d_loss"):
        gan.fit(broken, verbose=0)
    assert 10 < int(gan.step) <= 12


@pytest.mark.parametrize("number", [0, -1, 2.5, "8", True])
@pytest.mark.parametrize("name", ["batch_size", "steps_per_epoch"])
def test_bad_numbers_of_fit(name, number, classes):
    with pytest.raises(ConfigError, match=f"an integer {name} >= 1, got {number!r}"):
        classes[1].fit(IMAGES, verbose=0, **{name: number})
    if name == "batch_size":
        with pytest.raises(ConfigError, match=f"an integer {name} >= 1, got {number!r}"):
            classes[1].evaluate(IMAGES, verbose=0, batch_size=number)
        with pytest.raises(DataError, match="no batch_size beside a _BatchDataset"):
            classes[1].fit(BATCHES.batch(8), batch_size=8, verbose=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": {0: 1.0}}, "no class_weight: a game weights no classes; leave it out"),
        ({"sample_weight": np.ones(8)}, "no sample_weight: a game weights no samples; leave it"),
        ({"validation_split": 0.5}, "no validation_split: .*; pass validation_data"),
        ({"validation_data": (IMAGES, None, np.ones(8))}, "no sample_weight"),
        ({"epochs": 1.5}, "an integer epochs >= 0, got 1.5"),
        ({"epochs": "2"}, "an integer epochs >= 0, got '2'"),
        ({"initial_epoch": -1}, "an integer initial_epoch >= 0, got -1"),
        ({"validation_steps": 0}, "an integer validation_steps >= 1, got 0"),
        ({"validation_batch_size": 2.0}, "an integer validation_batch_size >= 1, got 2.0"),
        ({"validation_freq": 0}, "an integer validation_freq >= 1, got 0"),
        ({"callbacks": 3}, "a list of keras.callbacks.Callback objects as callbacks, got 3"),
        ({"callbacks": [keras.callbacks.History]}, "Callback objects as callbacks, got <class"),
    ],
)
def test_options_of_keras_that_no_game_has(options, message, classes):
    step = int(classes[1].step)
    with pytest.raises(ConfigError, match=message):
        classes[1].fit(IMAGES, verbose=0, **{"batch_size": 8} | options)
    assert int(classes[1].step) == step


def test_weights_are_refused_wherever_keras_takes_them(classes):
    weights = np.ones(8)
    for use in (classes[1].evaluate, classes[1].train_on_batch, classes[1].test_on_batch):
        with pytest.raises(ConfigError, match="no sample_weight"):
            use(IMAGES, sample_weight=weights)
    with pytest.raises(ConfigError, match="no class_weight"):
        classes[1].train_on_batch(IMAGES, class_weight={0: 1.0})
    with pytest.raises(ConfigError, match=r"an integer steps >= 1, got 1\.5"):
        classes[1].evaluate(IMAGES, steps=1.5)


def test_single_batches_train_and_evaluate(classes):
    for gan, labels in zip(classes, (LABELS, None), strict=True):
        step = int(gan.step)
        logs = gan.train_on_batch(IMAGES, labels, return_dict=True)
        assert int(gan.step) == step + 1
        assert logs["d_loss"] > 0
        assert gan.test_on_batch(IMAGES, labels, return_dict=True)["d_loss"] > 0
    with pytest.raises(DataError, match="a NoneType without rows"):
        classes[1].train_on_batch(None)


def test_generators_of_batches_train(classes):
    step = int(classes[1].step)
    batches = ((IMAGES,) for _ in range(2))
    classes[1].fit(batches, steps_per_epoch=2, verbose=0)
    assert int(classes[1].step) == step + 2


class NoBatches(keras.utils.PyDataset):
    def __len__(self):
        return 0


def test_other_iterables_without_a_batch_are_refused(classes):
    for make in (lambda: (batch for batch in ()), NoBatches):
        for use in (classes[1].fit, classes[1].evaluate):
            with pytest.raises(DataError, match="data of at least one batch, got none"):
                use(make(), verbose=0)
        with pytest.raises(DataError, match="data of at least one batch, got none"):
            classes[1].fit(IMAGES, verbose=0, batch_size=8, validation_data=make())


@pytest.mark.parametrize(
    ("batch", "received"),
    [(IMAGES, "ndarray"), (None, "NoneType"), ((3,), "a tuple of int"), (("a",), "a tuple of str")],
)
def test_generators_of_other_things_are_refused(batch, received, classes):
    message = rf"tuples of arrays from a generator, .* got {received}; yield \(samples,\)"
    with pytest.raises(DataError, match=message):
        classes[1].fit((batch for _ in range(2)), verbose=0)


LABELED = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
UNSHAPED = tf.data.Dataset.from_generator(lambda: iter(IMAGES), tf.float32)
HALF_SHAPED = UNSHAPED.map(lambda x: tf.ensure_shape(x, (None, None, 1)))


@pytest.mark.parametrize(
    ("num_classes", "dataset", "message"),
    [
        (None, LABELED.batch(8), "got labels for networks that take none"),
        (3, LABELED, r"got single ones instead of batches; batch them: dataset.batch\(32\)"),
        (None, tf.data.Dataset.range(8), "got single ones instead of batches"),
        (None, UNSHAPED, r"a size that TensorFlow doesn't know; .*x, \(None, 8, 8, 1\)\)"),
        (None, UNSHAPED.batch(8), "a size that TensorFlow doesn't know; name it"),
        (None, HALF_SHAPED.batch(8), "a size that TensorFlow doesn't know; name it"),
    ],
)
def test_data_sets_that_do_not_fit(num_classes, dataset, message):
    gan = tiny_gan(num_classes)
    gan.compile()
    with pytest.raises(DataError, match=message):
        gan.fit(dataset, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "number of samples >= 1, got 0"),
        ({"n": 2, "truncation": 1.5}, "truncation from 0 to 1"),
        ({"n": 2, "labels": 3}, "from 0 to 2, got 3"),
        ({"n": 2, "labels": [0, 1, 2]}, "one label or 2"),
        ({"n": 2, "seed": -1}, "seed"),
    ],
)
def test_bad_sampling(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan(3).sample(**arguments)


def test_labels_where_none_are_wanted():
    with pytest.raises(ConfigError, match="expected no labels"):
        tiny_gan().sample(2, labels=1)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_methods_that_need_compile(method):
    with pytest.raises(ConfigError, match=rf"call compile\(\) before {method}\(\)"):
        getattr(tiny_gan(), method)(random_images(8))
