"""What keeps the discriminator smooth, and the generator.

A penalty is called as `(discriminator, real, fake, key) -> scalar`, where `discriminator` maps
samples to `(batch,)` logits and `key` decides what the penalty draws, if it draws; one on the
generator as `(generator, latents, labels, key) -> scalar`. Its weight and its interval belong to
it.
"""

from keras_gan import gradients, noise, replicas
from keras_gan.errors import ConfigError

import keras
from keras import ops


class Penalty:
    """What a penalty has to offer.

    Args:
        weight: The factor in front, at least 0.
        interval: The penalty is computed every `interval` steps and then counts `interval`
            times as much ("lazy regularisation", Karras et al. 2020). 1 is every step.

    Attributes:
        name: Under which it is logged, and scheduled.
        player: Whose objective it is a part of.
        variables: What it remembers from step to step, to be saved with the model.
    """

    name = "penalty"
    player = "discriminator"
    variables = ()

    def __init__(self, weight: float, interval: int = 1):
        if not weight >= 0:
            raise ConfigError(f"expected a penalty weight >= 0, got {weight}.")
        if interval < 1 or int(interval) != interval:
            raise ConfigError(f"expected a whole penalty interval >= 1, got {interval}.")
        self.weight = weight
        self.interval = int(interval)

    def __call__(self, discriminator, real, fake, key=None):
        """The penalty at these samples times weight and interval, a float32 scalar.

        Args:
            discriminator: `samples -> (batch,)` float32 logits.
            real, fake: Real and generated samples `(batch, *sample_shape)`.
            key: A `keras_gan.noise` key; None will do for penalties that draw nothing.
        """
        return self.weight * self.interval * self.measure(discriminator, real, fake, key)

    def measure(self, discriminator, real, fake, key=None):
        """The penalty before its weight: what a penalty defines."""
        raise TypeError(f"{type(self).__name__} defines no measure.")

    def check(self, network):
        """Raises `ConfigError` for a network, its player, that can't have it."""

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config):
        """The penalty with these constructor arguments."""
        return cls(**config)


def squared_norm(gradient):
    """Squared L2 norm of each sample: `(batch, ...) -> (batch,)`, in float32."""
    gradient = ops.cast(gradient, "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))


def norm(gradient):
    """L2 norm of each sample, whose own gradient is 0 rather than NaN where the norm is 0."""
    return ops.sqrt(ops.maximum(squared_norm(gradient), 1e-12))


def interpolate(real, fake, key):
    """A point on the line between each real sample and its generated partner.

    Args:
        real, fake: `(batch, *sample_shape)`.
        key: Decides the place, uniform in [0, 1) a sample.
    """
    shape = (ops.shape(real)[0], *[1] * (len(real.shape) - 1))
    place = replicas.rows_of_batch(lambda shape: noise.uniform(shape, key), shape)
    return real + place * (fake - real)


@keras.saving.register_keras_serializable(package="keras_gan")
class R1(Penalty):
    """Gradient penalty at real samples: (weight / 2) E[|grad_x D(x)|^2].

    Args:
        weight: gamma. Scale it with the number of pixels: about 0.1 to 1 for digits.
        interval: Every how many steps; see `Penalty`.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018,
    equation 9.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> penalty = kg.penalties.R1(weight=2.0)
    >>> linear = lambda x: 3.0 * x[:, 0]
    >>> float(penalty(linear, ops.ones((4, 1)), None))
    9.0
    """

    name = "r1"

    def measure(self, discriminator, real, fake, key=None):
        """E[|grad_x D(x)|^2] / 2."""
        return ops.mean(squared_norm(gradients.of_inputs(discriminator, real))) / 2.0


@keras.saving.register_keras_serializable(package="keras_gan")
class R2(Penalty):
    """Gradient penalty at generated samples: (weight / 2) E[|grad_x D(G(z))|^2].

    Args:
        weight: gamma, as in `R1`.
        interval: Every how many steps; see `Penalty`.

    Source: Mescheder et al., ICML 2018, equation 10.
    """

    name = "r2"

    def measure(self, discriminator, real, fake, key=None):
        """E[|grad_x D(G(z))|^2] / 2."""
        return ops.mean(squared_norm(gradients.of_inputs(discriminator, fake))) / 2.0


@keras.saving.register_keras_serializable(package="keras_gan")
class GradientPenalty(Penalty):
    """WGAN-GP: weight E[(|grad_x D(x)| - 1)^2] on lines between real and generated samples.

    Args:
        weight: lambda; 10 in the paper.
        interval: Every how many steps; see `Penalty`.
        one_sided: Whether norms below 1 go free: (max(0, |grad| - 1))^2.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, equation 3;
    one-sided as in Petzka et al., "On the regularization of Wasserstein GANs", ICLR 2018.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> penalty = kg.penalties.GradientPenalty(weight=10.0)
    >>> linear = lambda x: 3.0 * x[:, 0]  # a gradient of 3 everywhere
    >>> x = ops.ones((4, 1))
    >>> float(penalty(linear, x, -x, kg.noise.make_key(seed=0)))
    40.0
    """

    name = "gradient_penalty"

    def __init__(self, weight=10.0, interval=1, one_sided=False):
        super().__init__(weight, interval)
        self.one_sided = one_sided

    def measure(self, discriminator, real, fake, key=None):
        """E[(|grad_x D(x)| - 1)^2] at interpolated x."""
        excess = norm(gradients.of_inputs(discriminator, interpolate(real, fake, key))) - 1.0
        return ops.mean(ops.square(ops.relu(excess) if self.one_sided else excess))

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "one_sided": self.one_sided}


@keras.saving.register_keras_serializable(package="keras_gan")
class ZeroCentered(Penalty):
    """0-GP: weight E[|grad_x D(x)|^2] on lines between real and generated samples.

    Args:
        weight: lambda.
        interval: Every how many steps; see `Penalty`.

    Source: Thanh-Tung et al., "Improving Generalization and Stability of Generative Adversarial
    Networks", ICLR 2019, equation 12.
    """

    name = "zero_centered"

    def measure(self, discriminator, real, fake, key=None):
        """E[|grad_x D(x)|^2] at interpolated x."""
        return ops.mean(
            squared_norm(gradients.of_inputs(discriminator, interpolate(real, fake, key)))
        )


@keras.saving.register_keras_serializable(package="keras_gan")
class DRAGAN(Penalty):
    """weight E[(|grad_x D(x)| - 1)^2] at real samples that were moved a little.

    Every value moves by alpha U(0, c std), with alpha ~ U(0, 1) a sample and std the standard
    deviation of all values of the batch.

    Args:
        weight: lambda; 10 in the paper.
        interval: Every how many steps; see `Penalty`.
        scale: c, in standard deviations of the data; 0.5 in the authors' programs.

    Source: Kodali et al., "On Convergence and Stability of GANs", 2017, algorithm 1.
    """

    name = "dragan"

    def __init__(self, weight=10.0, interval=1, scale=0.5):
        super().__init__(weight, interval)
        if not scale > 0:
            raise ConfigError(f"expected a DRAGAN scale of more than 0, got {scale}.")
        self.scale = scale

    def measure(self, discriminator, real, fake, key=None):
        """E[(|grad_x D(x)| - 1)^2] at perturbed real x."""
        width = self.scale * ops.std(real)
        key_of_move = noise.fold_in(key, 1)
        draws = replicas.rows_of_batch(
            lambda shape: noise.uniform(shape, key_of_move), ops.shape(real)
        )
        moved = real + draws * width
        grads = gradients.of_inputs(discriminator, interpolate(real, moved, key))
        return ops.mean(ops.square(norm(grads) - 1.0))

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="keras_gan")
class Drift(Penalty):
    """Keeps the critic's logits near 0, which a Wasserstein loss leaves free: weight E[D(x)^2].

    Args:
        weight: epsilon; 0.001 in the paper.
        interval: Every how many steps; see `Penalty`.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, appendix A.1.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> float(kg.penalties.Drift(0.5)(lambda x: 3.0 * x[:, 0], ops.ones((4, 1)), None))
    4.5
    """

    name = "drift"

    def __init__(self, weight=0.001, interval=1):
        super().__init__(weight, interval)

    def measure(self, discriminator, real, fake, key=None):
        """E[D(x)^2] at real samples."""
        return ops.mean(ops.square(discriminator(real)))


@keras.saving.register_keras_serializable(package="keras_gan")
class LeCam(Penalty):
    """Holds D's logits near what they were: weight (E[(D(x) - a_F)^2] + E[(D(G(z)) - a_R)^2]).

    The anchors a_R and a_F are moving averages of D's mean logit on real and generated samples.
    For few data.

    Args:
        weight: lambda; 0.01 to 0.3 in the paper.
        interval: Every how many steps; see `Penalty`. The anchors move with it.
        decay: Of the moving averages, from 0 to 1.

    Source: Tseng et al., "Regularizing Generative Adversarial Networks under Limited Data", CVPR
    2021, equations 5 and 6.
    """

    name = "lecam"

    def __init__(self, weight=0.1, interval=1, decay=0.99):
        super().__init__(weight, interval)
        if not 0 <= decay < 1:
            raise ConfigError(f"expected a decay from 0 to below 1, got {decay}.")
        self.decay = decay
        self.real_anchor, self.fake_anchor = (
            keras.Variable(0.0, trainable=False, dtype="float32", aggregation="mean", name=name)
            for name in ("real_anchor", "fake_anchor")
        )
        self.variables = (self.real_anchor, self.fake_anchor)

    def measure(self, discriminator, real, fake, key=None):
        """E[(D(x) - a_F)^2] + E[(D(G(z)) - a_R)^2]; the anchors move first."""
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        real_anchor = self._move(self.real_anchor, real_logits)
        fake_anchor = self._move(self.fake_anchor, fake_logits)
        return ops.mean(ops.square(real_logits - fake_anchor)) + ops.mean(
            ops.square(fake_logits - real_anchor)
        )

    def _move(self, anchor, logits):
        (mean,) = replicas.means([ops.mean(ops.stop_gradient(logits))])
        moved = self.decay * anchor.value + (1.0 - self.decay) * mean
        anchor.assign(moved)
        return moved

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "decay": self.decay}


@keras.saving.register_keras_serializable(package="keras_gan")
class Consistency(Penalty):
    """bCR: D should say the same of a sample and of its transformed copy.

    weight (E[(D(x) - D(T(x)))^2] + E[(D(G(z)) - D(T(G(z))))^2]).

    Args:
        transformation: T, a `keras_gan.augment.Augment`: `(samples, key) -> samples`.
        weight: lambda; 10 in the paper.
        interval: Every how many steps; see `Penalty`.

    Source: Zhao et al., "Improved Consistency Regularization for GANs", AAAI 2021, algorithm 1.
    """

    name = "consistency"

    def __init__(self, transformation, weight=10.0, interval=1):
        super().__init__(weight, interval)
        self.transformation = transformation

    def measure(self, discriminator, real, fake, key=None):
        """E[(D(x) - D(T(x)))^2] + E[(D(G(z)) - D(T(G(z))))^2]."""
        return sum(
            ops.mean(ops.square(discriminator(x) - discriminator(self.transformation(x, draw))))
            for x, draw in ((real, key), (fake, noise.fold_in(key, 1)))
        )

    def get_config(self):
        """Constructor arguments."""
        transformation = keras.saving.serialize_keras_object(self.transformation)
        return {**super().get_config(), "transformation": transformation}

    @classmethod
    def from_config(cls, config):
        """The penalty with these constructor arguments."""
        transformation = keras.saving.deserialize_keras_object(config["transformation"])
        return cls(**{**config, "transformation": transformation})


@keras.saving.register_keras_serializable(package="keras_gan")
class PathLength(Penalty):
    """A step of w changes G's image by a fixed length: weight E[(|J^T y| - a)^2].

    J is the Jacobian of the image with respect to the styles, y ~ N(0, 1) an image over the root
    of its pixels, and a the moving average of the length. |J^T y| is the root of the mean, over
    the layers, of the squared norms of the gradients of <G(w), y> by each layer's style.

    A penalty on the generator, which has to have a `mapping` and a `synthesis`, as StyleGAN2's.

    Args:
        weight: 2 in the paper.
        interval: Every how many steps; see `Penalty`.
        decay: Share of each new length in the moving average, from 0 to 1.
        shrink: The penalty is taken on 1 of so many samples of a batch, to save memory.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    section 3.2.

    Example:

        gan.compile(penalties=[kg.penalties.R1(1.0, 16), kg.penalties.PathLength()])
    """

    name = "path_length"
    player = "generator"

    def __init__(self, weight=2.0, interval=4, decay=0.01, shrink=2):
        super().__init__(weight, interval)
        if not 0 < decay <= 1:
            raise ConfigError(f"expected a decay of more than 0, up to 1, got {decay}.")
        if shrink < 1 or int(shrink) != shrink:
            raise ConfigError(f"expected a whole shrink >= 1, got {shrink}.")
        self.decay, self.shrink = decay, int(shrink)
        self.mean = keras.Variable(
            0.0, trainable=False, dtype="float32", aggregation="mean", name="mean_path_length"
        )
        self.variables = (self.mean,)

    def check(self, network):
        """Raises `ConfigError` for a generator without a mapping and a synthesis."""
        if not (hasattr(network, "mapping") and hasattr(network, "synthesis")):
            raise ConfigError(
                "expected a generator with a mapping and a synthesis for PathLength, such as "
                f"StyleGAN2Generator, got {type(network).__name__}."
            )

    def measure(self, generator, latents, labels, key=None):
        """E[(|J^T y| - a)^2]; a moves first.

        Args:
            generator: With `mapping(inputs, training)` and `synthesis(styles, key, training)`.
            latents: `(batch, latent_dim)`.
            labels: `(batch,)`, or None.
            key: Decides y, and the noise of the synthesis.
        """
        count = -(-ops.shape(latents)[0] // self.shrink)
        inputs = [rows[:count] for rows in (latents, labels) if rows is not None]
        styles = generator.mapping(inputs if len(inputs) > 1 else inputs[0], training=True)
        lengths = path_lengths(generator, styles, key)
        (mean,) = replicas.means([ops.mean(ops.stop_gradient(lengths))])
        moved = self.mean.value + self.decay * (mean - self.mean.value)
        self.mean.assign(moved)
        return ops.mean(ops.square(lengths - moved))

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "decay": self.decay, "shrink": self.shrink}


def path_lengths(generator, styles, key):
    """|J^T y| of each sample, `(batch,)`; see `PathLength`."""

    def product(styles):
        images = generator.synthesis(styles, noise.fold_in(key, 1), training=True)
        draws = replicas.rows_of_batch(lambda shape: noise.normal(shape, key), ops.shape(images))
        pixels = images.shape[1] * images.shape[2]
        return ops.sum(images * draws, axis=(1, 2, 3)) * pixels**-0.5

    slopes = gradients.of_inputs(product, styles)
    return ops.sqrt(ops.mean(ops.sum(ops.square(slopes), axis=2), axis=1) + 1e-12)


@keras.saving.register_keras_serializable(package="keras_gan")
class WeightClipping(keras.constraints.Constraint):
    """Keeps every weight of the critic in [-limit, limit]: the first way to bound its slope.

    Give it as `gan.compile(constraint=...)`; it acts after each of the discriminator's steps.

    Args:
        limit: More than 0; 0.01 in the paper.

    Source: Arjovsky et al., "Wasserstein Generative Adversarial Networks", ICML 2017, algorithm 1.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.penalties.WeightClipping(0.5)(np.array([-2.0, 0.25, 2.0])).numpy().tolist()
    [-0.5, 0.25, 0.5]
    """

    def __init__(self, limit=0.01):
        if not limit > 0:
            raise ConfigError(f"expected a limit of more than 0, got {limit}.")
        self.limit = limit

    def __call__(self, w):
        """The weights, clipped."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        """Constructor arguments."""
        return {"limit": self.limit}


def branch_on_interval(penalties, step, half_step, due=()):
    """Runs `half_step(due)` with the penalties that fall due at this step.

    Each lazy penalty is a branch rather than a mask, so that the steps without it do none of
    its work, under XLA too. Penalties of one interval share their branch, and where they aren't
    due no branch is made for those whose interval is a multiple.

    Args:
        penalties: `Penalty` objects.
        step: Integer scalar, or an int: then the branches are chosen now, and no other is there.
        half_step: `(penalties due) -> measured`, of one structure whatever is due.

    Returns:
        What `half_step` returned.
    """
    if not penalties:
        return half_step(due)
    interval = min(penalty.interval for penalty in penalties)
    here = tuple(penalty for penalty in penalties if penalty.interval == interval)
    rest = [penalty for penalty in penalties if penalty.interval != interval]

    def with_them():
        return branch_on_interval(rest, step, half_step, (*due, *here))

    def without_them():
        others = [penalty for penalty in rest if penalty.interval % interval]
        return branch_on_interval(others, step, half_step, due)

    if interval == 1:
        return with_them()
    return branch(is_due(here[0], step), with_them, without_them)


def is_due(penalty, step):
    """Whether the penalty is computed at this step: a boolean scalar, or a bool for an int."""
    return step % penalty.interval == 0


def branch(condition, yes, no):
    """`yes()` or `no()`: chosen now for a bool, in each step for a boolean scalar."""
    if isinstance(condition, bool):
        return yes() if condition else no()
    return ops.cond(condition, yes, no)
