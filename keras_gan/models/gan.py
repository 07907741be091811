"""GAN: noise, and where wanted a label, becomes a sample; a discriminator tells it from real."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_gan import losses
from keras_gan.errors import ConfigError, DataError
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.checks import check_labels, check_networks_fit, check_penalties
from keras_gan.models.noise import sampling_noise
from keras_gan.penalties import branch_on_interval, is_due


@keras.saving.register_keras_serializable(package="keras_gan")
class GAN(AdversarialModel):
    """A generative adversarial network.

    Args:
        generator: Keras model, `latents (batch, latent_dim) [, labels (batch,)] -> samples`.
        discriminator: Keras model, `samples [, labels] -> logits (batch, 1)`, without a sigmoid.
        seed: Non-negative int. With the step it decides all noise.
        moving_average_half_life: Of the averaged generator, in images.
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
        self, generator, discriminator, seed=0, moving_average_half_life=20_000, name="gan"
    ):
        super().__init__(seed, moving_average_half_life, name)
        check_networks_fit(generator, discriminator)
        self.generator = generator
        self.discriminator = discriminator
        self.moving_average = type(generator).from_config(generator.get_config())
        self.moving_average.set_weights(generator.get_weights())
        self.moving_average.trainable = False
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

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        penalties=(),
        n_critic=1,
        jit_compile="auto",
        run_eagerly=False,
        steps_per_execution=1,
    ):
        """Sets the rules of the game.

        Args:
            generator_optimizer: Keras optimizer or its name; `Adam(2e-4, 0.5, 0.99)` by default.
            discriminator_optimizer: Likewise.
            loss: Name of a loss, or a `keras_gan.losses.AdversarialLoss`.
            penalties: `keras_gan.penalties.Penalty` objects on the discriminator.
            n_critic: Discriminator steps for one of the generator. Every step of `fit` takes
                one batch and moves the discriminator; each `n_critic`-th moves the generator too.
            jit_compile: Whether to compile the step with XLA; `"auto"` is yes on a GPU.
            run_eagerly: For debugging.
            steps_per_execution: As in Keras.

        Raises:
            ConfigError: For an unknown loss or a value out of range.

        Example:

            gan.compile(loss="non_saturating", penalties=[kg.penalties.R1(0.1)])
        """
        if n_critic < 1 or int(n_critic) != n_critic:
            raise ConfigError(f"expected a whole n_critic >= 1, got {n_critic}.")
        check_penalties(penalties)
        self.loss = losses.get(loss)
        self.penalties = list(penalties)
        self.n_critic = int(n_critic)
        self.compile_players(
            {
                "generator": generator_optimizer or default_optimizer(),
                "discriminator": discriminator_optimizer or default_optimizer(),
            },
            {"loss": self.loss, "penalties": self.penalties, "n_critic": self.n_critic},
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
        )
        self.track(*MEASURED, *(penalty.name for penalty in self.penalties))

    # The game.

    def discriminator_step(self, real, noise, penalties=()):
        """The discriminator's half of a step; no other weight moves.

        Args:
            real: `(samples, labels)`, labels None where the networks take none.
            noise: Latents `(batch, latent_dim)`.
            penalties: Those of `self.penalties` to compute; the others are reported as 0. What is
                reported is the penalty before its weight.

        Returns:
            Name -> float32 scalar.
        """
        samples, labels = real
        fake = ops.stop_gradient(self.generate(noise, labels, training=True))

        def judge(x):
            return self.judge(x, labels, training=True)

        def objective():
            real_logits, fake_logits = judge(samples), judge(fake)
            loss = self.loss.discriminator(real_logits, fake_logits)
            measured = {
                "d_loss": loss,
                "real_accuracy": accuracy(real_logits),
                "fake_accuracy": accuracy(-fake_logits),
            }
            for penalty in self.penalties:
                value = penalty.measure(judge, samples, fake) if penalty in penalties else 0.0
                measured[penalty.name] = ops.convert_to_tensor(value, "float32")
                loss = loss + penalty.strength * measured[penalty.name]
            return loss, measured

        return self.move("discriminator", objective)

    def generator_step(self, real, noise):
        """The generator's half of a step; no other weight moves.

        Args:
            real: `(samples, labels)`; the samples are read by relativistic losses alone.
            noise: Latents `(batch, latent_dim)`.

        Returns:
            Name -> float32 scalar.
        """
        samples, labels = real

        def objective():
            fake_logits = self.judge(self.generate(noise, labels, training=True), labels, True)
            real_logits = self.judge(samples, labels, True) if self.loss.relativistic else None
            loss = self.loss.generator(real_logits, fake_logits)
            return loss, {"g_loss": loss}

        return self.move("generator", objective)

    def train_step(self, data):
        """One batch: the discriminator moves, then the generator, then its moving average."""
        real = self.unpack(data)
        batch_size = ops.shape(real[0])[0]
        step = tf.identity(self.step.value)
        latents = {
            player: self.noise((batch_size, self.latent_dim), player, step)
            for player in self.players
        }
        measured = branch_on_interval(
            self.penalties,
            step,
            lambda due: self.discriminator_step(real, latents["discriminator"], due),
        )
        generator_moves = ops.equal((step + 1) % self.n_critic, 0)
        measured |= self._every_n_critic(
            generator_moves, lambda: self.generator_step(real, latents["generator"])
        )
        self.images_seen.assign_add(ops.cast(batch_size, "int64"))
        self.update_moving_average(self.moving_average, self.generator, batch_size)
        self.step.assign_add(1)
        due = {penalty.name: is_due(penalty, step) for penalty in self.penalties}
        self.log(measured, {**due, "g_loss": generator_moves})
        return self.get_metrics_result()

    def _every_n_critic(self, moves, half_step):
        if self.n_critic == 1:
            return half_step()
        return ops.cond(moves, half_step, lambda: {"g_loss": ops.zeros((), "float32")})

    def test_step(self, data):
        """Losses and accuracies of the averaged generator on unseen data; no weight moves."""
        samples, labels = self.unpack(data)
        batches_seen = self._trackers["d_loss"].count  # Keras resets it when an evaluation begins
        noise = self.noise((ops.shape(samples)[0], self.latent_dim), "test", batches_seen)
        fake = self(noise if labels is None else [noise, labels], training=False)
        real_logits, fake_logits = (self.judge(x, labels, training=False) for x in (samples, fake))
        self.log(
            {
                "d_loss": self.loss.discriminator(real_logits, fake_logits),
                "g_loss": self.loss.generator(real_logits, fake_logits),
                "real_accuracy": accuracy(real_logits),
                "fake_accuracy": accuracy(-fake_logits),
            }
        )
        return {name: self._trackers[name].result() for name in MEASURED}

    def generate(self, latents, labels=None, training=False):
        """Samples of the generator in training, `(batch, *sample_shape)` float32."""
        samples = self.generator(_inputs(latents, labels), training=training)
        return ops.cast(samples, "float32")

    def judge(self, samples, labels=None, training=False):
        """The discriminator's float32 logits, `(batch,)`."""
        logits = self.discriminator(_inputs(samples, labels), training=training)
        return ops.reshape(ops.cast(logits, "float32"), (-1,))

    def call(self, inputs, training=False):
        """The averaged generator: `latents` or `[latents, labels]` -> samples."""
        return self.moving_average(inputs, training=False)

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

    # Sampling.

    def latents(self, n, seed=0):
        """The latents of `sample`: standard normal, the first n of one endless sequence a seed.

        Args:
            n: How many, at least 1.
            seed: Non-negative int.

        Returns:
            A float32 tensor `(n, latent_dim)`.
        """
        return sampling_noise(n, self.latent_dim, seed)

    def sample(self, n, seed=0, labels=None, truncation=1.0, batch_size=256):
        """Samples of the averaged generator.

        Args:
            n: How many, at least 1.
            seed: Non-negative int; the same seed gives the same samples.
            labels: For class-conditional networks: one class for all, or `(n,)` ints; drawn
                uniformly from the seed by default.
            truncation: From 0 to 1: latents are scaled by it. Less than 1 trades variety for
                typical samples; 0 is the one sample at the centre.
            batch_size: Samples a forward pass.

        Returns:
            A float32 array `(n, *sample_shape)`, images in [-1, 1].

        Raises:
            ConfigError: For a value out of range, or labels where none are wanted.

        Source: truncation as in Karras et al., "A Style-Based Generator Architecture", CVPR 2019,
        section B, applied to z, whose mean is 0.

        Example:

            images = gan.sample(16, seed=0)
            sevens = gan.sample(16, seed=0, labels=7)
        """
        if n < 1:
            raise ConfigError(f"expected to sample at least 1, got {n}.")
        if not 0 <= seed < 2**63:
            raise ConfigError(f"expected a seed from 0 to 2**63 - 1, got {seed}.")
        if not 0 <= truncation <= 1:
            raise ConfigError(f"expected a truncation from 0 to 1, got {truncation}.")
        latents = truncation * self.latents(n, seed)
        labels = self._sampling_labels(n, seed, labels)
        return np.concatenate(
            [
                self._sampler(latents[i : i + batch_size], *(y[i : i + batch_size] for y in labels))
                for i in range(0, n, batch_size)
            ]
        )

    def _sampling_labels(self, n, seed, labels):
        """`(labels,)` as int32 `(n,)`, or `()` for networks without labels."""
        if not self.conditional:
            if labels is not None:
                raise ConfigError("expected no labels: these networks take none.")
            return ()
        if labels is None:
            if self.num_classes is None:
                raise ConfigError("expected labels: the generator doesn't say its num_classes.")
            labels = np.random.default_rng(seed).integers(self.num_classes, size=n)
        labels = np.asarray(labels)
        if labels.shape not in ((), (n,)):
            raise ConfigError(f"expected one label or {n}, got labels of shape {labels.shape}.")
        if self.num_classes is not None:
            check_labels(labels, self.num_classes, ConfigError)
        return (tf.broadcast_to(tf.constant(labels, tf.int32), [n]),)

    @property
    def _sampler(self):
        """The averaged generator as one function for every batch size."""
        if "_sampler_function" not in self.__dict__:
            self.__dict__["_sampler_function"] = tf.function(
                lambda *inputs: self(list(inputs) if len(inputs) > 1 else inputs[0]),
                reduce_retracing=True,
            )
        return self.__dict__["_sampler_function"]

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "seed": self.seed,
            "moving_average_half_life": self.moving_average_half_life,
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


def default_optimizer():
    """Adam with which the package's networks train at once."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.99)


def accuracy(logits):
    """Share of logits on the positive side; a logit of exactly 0 counts half."""
    return ops.mean(ops.sign(logits) + 1.0) / 2.0


def _inputs(x, labels):
    return x if labels is None else [x, labels]
