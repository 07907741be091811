"""GAN: noise, and where wanted a label, becomes a sample; a discriminator tells it from real."""

import contextlib

from keras_gan import augment, compilation, losses, optimizers, replicas
from keras_gan.errors import ConfigError, DataError
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.checks import (
    check_labels,
    check_networks_fit,
    check_parts,
    check_rules,
    whole,
)
from keras_gan.models.half_steps import HalfSteps, Noise
from keras_gan.models.remat import Rematerialized
from keras_gan.models.sampling import LATENT_DISTRIBUTIONS, Sampling
from keras_gan.models.updates import UPDATES
from keras_gan.networks import truncated
from keras_gan.noise import stream_key
from keras_gan.penalties import is_due

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class GAN(HalfSteps, Sampling, AdversarialModel):
    """A generative adversarial network.

    Args:
        generator: Keras model, `latents (batch, latent_dim) [, labels (batch,)] -> samples`.
        discriminator: Keras model, `samples [, labels] -> logits (batch, 1)`, without a sigmoid;
            or `samples -> [logits, class logits (batch, num_classes)]` (ACGAN).
        seed: Non-negative int. With the step it decides all noise.
        moving_average_half_life: Of the averaged generator, in images.
        latent_distribution: `"normal"`, or `"uniform"` in [-1, 1).
        name: Name of the model.

    Attributes:
        moving_average: The averaged generator: the one that `sample` and the exports use.

    Raises:
        ConfigError: If the two networks don't fit each other.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> points = np.random.default_rng(0).normal(3.0, 1.0, (256, 2)).astype("float32")
    >>> gan = kg.GAN(kg.networks.MLPGenerator((2,), latent_dim=2, units=(32,)),
    ...              kg.networks.MLPDiscriminator((2,), units=(32,)))
    >>> gan.compile()
    >>> history = gan.fit(points, epochs=1, verbose=0)
    >>> gan.sample(4, seed=0).shape
    (4, 2)
    """

    players = ("generator", "discriminator")

    def __init__(
        self,
        generator,
        discriminator,
        seed=0,
        moving_average_half_life=20_000,
        latent_distribution="normal",
        name="gan",
    ):
        super().__init__(seed, moving_average_half_life, name)
        check_networks_fit(generator, discriminator)
        if latent_distribution not in LATENT_DISTRIBUTIONS:
            raise ConfigError(
                f"expected a latent_distribution of {' or '.join(LATENT_DISTRIBUTIONS)}, got "
                f"{latent_distribution!r}."
            )
        self.latent_distribution = latent_distribution
        self.generator = generator
        self.discriminator = discriminator
        self.moving_average = type(generator).from_config(generator.get_config())
        self.moving_average.set_weights(generator.get_weights())
        self.moving_average.trainable = False
        self._rematerialized = {}
        self.built = True

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return len(self.generator.inputs) == 2

    @property
    def num_classes(self) -> int | None:
        """Number of classes, where the generator says it."""
        return getattr(self.generator, "num_classes", None)

    @property
    def latent_dim(self) -> int:
        """Size of the latent vector."""
        return self.generator.inputs[0].shape[-1]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.generator.output_shape[1:])

    @property
    def classifies(self) -> bool:
        """Whether the discriminator has an auxiliary classifier."""
        return len(self.discriminator.outputs) == 2

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        penalties=(),
        constraint=None,
        augmentation=None,
        schedules=None,
        n_critic=1,
        update="shared",
        accumulation=1,
        remat=False,
        jit_compile="auto",
        run_eagerly=False,
        steps_per_execution=1,
    ):
        """Sets the rules of the game.

        Args:
            generator_optimizer: Keras optimizer or its name; `Adam(1e-3, 0.0, 0.99)` by default.
            discriminator_optimizer: Likewise.
            loss: Name of a loss, or a `keras_gan.losses.AdversarialLoss`.
            penalties: `keras_gan.penalties.Penalty` objects, on the discriminator or on the
                generator.
            constraint: A `keras.constraints.Constraint` on the discriminator's weights, such as
                `keras_gan.penalties.WeightClipping`.
            augmentation: A `keras_gan.augment.Augment`, or `"ada"` or `"diffaugment"`: the
                discriminator sees all samples, real and generated, through it. The i-th real and
                the i-th generated sample of a step are transformed alike.
            schedules: Name of a number -> `keras_gan.schedules.Schedule` by images seen:
                `learning_rate`, `beta_1`, `beta_2` (of both optimizers, or of one as in
                `discriminator_learning_rate`), `augmentation` (its p),
                `moving_average_half_life`, or a penalty's name, such as `r1`, for its weight.
            n_critic: Discriminator steps for one of the generator. Every step of `fit` takes
                one batch and moves the discriminator; each `n_critic`-th moves the generator too.
            update: Who moves when. `"shared"`: the discriminator, then the generator against it,
                with the same latents, so that one pass of the generator serves both; in equal
                minutes it came closest to MNIST. `"alternating"`: each with its own latents.
                `"one_stage"`: both at once, on one pass of each player and one way back; not where
                the discriminator mixes samples (BatchNorm) or classifies, or the loss is flat for
                it where it isn't for the generator.
            accumulation: Parts in which a batch passes through the players, one after the other,
                before each moves once: 1/n of the memory for activations. What looks at a whole
                batch (BatchNorm, relativistic averages, LeCam's anchors) looks at a part. Each
                player's move takes passes of its own then, under `"shared"` too; not for
                `"one_stage"`.
            remat: Whether to compute activations again on the way back instead of keeping them
                all: the same numbers, more time, less memory where a player is deep.
            jit_compile: Whether to compile the step with XLA; `"auto"` is yes on a GPU.
            run_eagerly: For debugging.
            steps_per_execution: As in Keras.

        Raises:
            ConfigError: For an unknown loss or a value out of range.

        Example:

            gan.compile(loss="non_saturating", penalties=[kg.penalties.R1(0.1)])
        """
        rules = {
            "loss": losses.get(loss),
            "penalties": list(penalties),
            "constraint": keras.constraints.get(constraint),
            "augmentation": augment.get(augmentation),
            "n_critic": whole("n_critic", n_critic),
            "update": update,
            "accumulation": whole("accumulation", accumulation),
            "remat": bool(remat),
        }
        check_rules(rules, {player: getattr(self, player) for player in self.players})
        for name, rule in rules.items():
            setattr(self, name, rule)
        self._rematerialized = {
            player: Rematerialized(getattr(self, player)) for player in self.players if remat
        }
        numbers = [penalty.name for penalty in self.penalties]
        self.compile_players(
            {
                "generator": generator_optimizer or default_optimizer(),
                "discriminator": discriminator_optimizer or default_optimizer(),
            },
            numbers if self.augmentation is None else [*numbers, "augmentation"],
            {**rules, "schedules": schedules or {}},
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
        )
        self.track(*self.measured)

    @property
    def measured(self):
        """Names of what is logged."""
        return (
            *MEASURED,
            *GRADIENTS,
            *(penalty.name for penalty in self.penalties),
            *(["class_loss"] if self.classifies else []),
            *(["augmentation_p"] if self.augmentation is not None else []),
        )

    def other_state(self):
        """Also what the penalties remember."""
        penalties = self.penalties if self.compiled else ()
        return [*super().other_state(), *(v for penalty in penalties for v in penalty.variables)]

    # The game.

    def train_step(self, data):
        """One batch: the players move in the order of `update`, then the moving average."""
        real = self.unpack(data)
        check_parts(real[0].shape[0], self.accumulation)
        batch_size = ops.shape(real[0])[0]
        step = tf.identity(self.step.value)
        self._follow_augmentation_schedule()
        with compilation.under_xla(self.jit_compile):
            measured = self.play(real, step)
        if self.augmentation is not None:
            measured["augmentation_p"] = ops.convert_to_tensor(self.augmentation.p)
        batch_size *= self.distribute_strategy.num_replicas_in_sync
        self.images_seen.assign_add(ops.cast(batch_size, "int64"))
        self.keep_in_step()
        self.update_moving_average(self.moving_average, self.generator, batch_size)
        self.step.assign_add(1)
        due = {penalty.name: is_due(penalty, self.phase(step)) for penalty in self.penalties}
        moves = self.generator_moves(self.phase(step))
        self.log(measured, {**due, "g_loss": moves, "g_gradient": moves})
        return self.get_metrics_result()

    def play(self, real, step):
        """The players' moves of a step, as `updates` describes them; what they measured."""
        return UPDATES[self.update](self, real, step)

    def generator_moves(self, step):
        """Whether it does in this step: a boolean scalar, or a bool for an int."""
        return (step + 1) % self.n_critic == 0

    @contextlib.contextmanager
    def as_in_a_step(self, real):
        """While it lasts, half-steps that are called alone do what they do in the next step.

        Args:
            real: `(samples, labels)`.

        Yields:
            What they see of it.
        """
        yield real

    def draw_noise(self, batch_size, player, step):
        """The `Noise` of a player's half-step."""
        key = stream_key(self.seed, player, step)
        latents = replicas.rows_of_batch(
            lambda shape: self.draw_latents(shape[0], key), (batch_size, self.latent_dim)
        )
        return Noise(latents, key)

    def what_replicas_cannot(self):
        """The parts of `accumulation`."""
        found = f"accumulation={self.accumulation}"
        return {found: ("accumulation=1", self.accumulation > 1)}

    def kind_of_step(self, step):
        """What a step does beside the usual: the penalties that are due, and if G moves."""
        due = tuple(penalty.name for penalty in self.penalties if is_due(penalty, step))
        return due, self.generator_moves(step)

    def _follow_augmentation_schedule(self):
        if "augmentation" in self.schedules:
            self.augmentation.p.assign(self.scheduled("augmentation", None))

    def test_step(self, data):
        """Losses and accuracies of the averaged generator on unseen data; no weight moves."""
        samples, labels = self.unpack(data)
        batches_seen = self._trackers["d_loss"].count  # Keras resets it when an evaluation begins
        latents = self.draw_noise(ops.shape(samples)[0], "test", batches_seen).latents
        fake = self(_inputs(latents, labels), training=False)
        real_logits, fake_logits = (self.judge(x, labels) for x in (samples, fake))
        self.log(
            {
                "d_loss": self.loss.discriminator(real_logits, fake_logits),
                "g_loss": self.loss.generator(real_logits, fake_logits),
                **self._accuracies(real_logits, fake_logits),
            }
        )
        return self.get_test_results()

    def get_test_results(self):
        """The means of what `test_step` measures."""
        return {name: self._trackers[name].result() for name in MEASURED}

    def generate(self, latents, labels=None, training=False):
        """Samples of the generator in training, `(batch, *sample_shape)` float32."""
        generator = self._player("generator", training)
        samples = generator(_inputs(latents, labels), training=training)
        return ops.cast(samples, "float32")

    def judge(self, samples, labels=None, training=False):
        """The discriminator's float32 logits, `(batch,)`."""
        return self.discriminate(samples, labels, training)[0]

    def discriminate(self, samples, labels=None, training=False):
        """What the discriminator says: `(logits (batch,), class logits or None)`, both float32."""
        told = labels if len(self.discriminator.inputs) == 2 else None
        discriminator = self._player("discriminator", training)
        outputs = discriminator(_inputs(samples, told), training=training)
        logits, classes = outputs if self.classifies else (outputs, None)
        if classes is not None:
            classes = ops.cast(classes, "float32")
        return ops.reshape(ops.cast(logits, "float32"), (-1,)), classes

    def _player(self, player, training):
        """The network, or in training what stands for it under `remat`."""
        network = getattr(self, player)
        return self._rematerialized.get(player, network) if training else network

    def call(self, inputs, training=False):
        """The averaged generator: `latents` or `[latents, labels]` -> samples."""
        return self.moving_average(inputs, training=False)

    def truncated(self, inputs, truncation):
        """Samples of the averaged generator by `keras_gan.networks.truncated`."""
        return truncated(self.moving_average, inputs, truncation)

    def unpack(self, data):
        """A batch as `(samples, labels)`.

        Raises:
            DataError: For labels where none are wanted, the reverse, or another sample shape.
        """
        samples, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise DataError("expected no sample weights: a GAN doesn't use them.")
        if self.conditional and labels is None:
            raise DataError(
                "expected (samples, labels) for class-conditional networks, got samples alone; "
                "pass labels (datasets.load(..., labels=True)) or networks without num_classes."
            )
        if not self.conditional and labels is not None:
            raise DataError(
                "expected samples alone, got labels for networks that take none; drop them "
                "(datasets.load(..., labels=False), or .map(lambda x, y: x)) or build the networks "
                "with num_classes."
            )
        if tuple(samples.shape[1:]) != self.sample_shape:
            raise DataError(
                f"expected samples of shape {self.sample_shape}, which the generator makes, got "
                f"{tuple(samples.shape[1:])}; change the networks' shape or the data's image_size."
            )
        if labels is not None:
            labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
        return ops.cast(samples, "float32"), labels

    def check_arrays(self, x, y):
        """As in the base class, and checks shapes and labels before the first step."""
        super().check_arrays(x, y)
        self.unpack((x[:1], None if y is None else y[:1]))
        if y is not None and self.num_classes is not None:
            check_labels(np.asarray(y), self.num_classes)

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "seed": self.seed,
            "moving_average_half_life": self.moving_average_half_life,
            "latent_distribution": self.latent_distribution,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The game with these networks, before its weights are loaded."""
        networks = {
            player: keras.saving.deserialize_keras_object(config[player], custom_objects)
            for player in cls.players
        }
        return cls(**{**config, **networks})


MEASURED = ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")
GRADIENTS = ("d_gradient", "g_gradient")


def default_optimizer():
    """Adam with which the package's networks train at once."""
    return optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99)


def _inputs(x, labels):
    return x if labels is None else [x, labels]
