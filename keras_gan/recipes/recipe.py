"""Recipe: the networks and hyperparameters behind a name."""

import dataclasses
from collections.abc import Callable

from keras_gan import augment, losses, penalties
from keras_gan.models import GAN, Rules
from keras_gan.penalties import Penalty
from keras_gan.recipes.networks import NetworkSpec

import keras

SCHEDULED, NO_AUGMENTATION = "scheduled", "none"
SIZED = ("latent_dim", "width", "batch_size", "steps")  # fields that may depend on the size
PLAIN_RULES = tuple(
    field for field in dataclasses.fields(Rules) if field.name not in ("penalties", "constraint")
)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The networks and hyperparameters behind a name.

    Attributes:
        about: Description of the recipe in one line.
        networks: Function from a `NetworkSpec` to the networks, by the argument names of the
            model's constructor.
        latent_dim: Size of the latent vector. It, width, batch size and steps may be functions of
            the size of the samples; see `at`.
        width: Width of the networks: channels, or hidden units.
        loss: Name of the loss.
        rates: Initial learning rate of Adam, or player -> initial learning rate.
        beta_1, beta_2: Decay rates of Adam.
        epsilon: Number that Adam adds to the root of its second moments.
        moving_average_half_life: Half-life of the generator's moving average, in images.
        moving_average_ramp: Largest half-life, as a share of the images seen.
        batch_size: Number of samples per step.
        steps: Default number of steps of a run.
        game: Class of the model.
        media: Names of the supported media, from `keras_gan.media.MEDIA`.
        penalties: Class in `keras_gan.penalties` -> weight, or the weight as a function of image
            size, batch size and the number of images in the run. For points, the weight is that
            for standardized data.
        interval: Number of steps between two computations of the discriminator's penalties; the
            generator's have their own.
        n_critic: Number of discriminator steps per generator step.
        update: Order of the updates in a step, as in `Rules`; papers use `"alternating"`.
        constraint, accumulation, remat: As in `Rules`.
        augmentation: As in `Rules`; `SCHEDULED` for ADA's transformations with a p that rises from
            0 to its value in `ends`.
        augmentation_options: Arguments of the augmentation's constructor, by name. A p among them
            is constant unless there is a target too.
        ends: Name of a scheduled number -> its value at the end of the run, or a function of the
            same arguments as a penalty's weight. The schedule starts at 0 for the augmentation's p
            and the half-life, at the recipe's number otherwise.
        decay: Form of the schedules, `"cosine"` or `"linear"`.
        latent_distribution: As in `GAN`.
        jit: Whether to compile with XLA on a CPU too, which speeds up tiny networks.
        steps_per_execution: Number of steps between two calls of the callbacks.
    """

    about: str
    networks: Callable[[NetworkSpec], dict[str, keras.Model]]
    latent_dim: int | Callable[[int], int]
    width: int | Callable[[int], int]
    loss: str
    rates: float | dict[str, float]
    beta_1: float
    beta_2: float
    moving_average_half_life: int
    batch_size: int | Callable[[int], int]
    steps: int | Callable[[int], int]
    game: type = GAN
    media: tuple[str, ...] = ("image",)
    penalties: dict = dataclasses.field(default_factory=dict)
    epsilon: float = 1e-8
    moving_average_ramp: float = 0.1
    interval: int = 1
    n_critic: int = 1
    update: str = "alternating"
    constraint: keras.constraints.Constraint | None = None
    accumulation: int = 1
    remat: bool = False
    augmentation: str | None = None
    augmentation_options: dict = dataclasses.field(default_factory=dict)
    ends: dict = dataclasses.field(default_factory=dict)
    decay: str = "cosine"
    latent_distribution: str = "normal"
    jit: bool = False
    steps_per_execution: int = 1

    def at(self, size: int) -> "Recipe":
        """Returns the recipe for samples of a size, with numbers instead of functions of it.

        Args:
            size: As `keras_gan.media.Medium.size`: the side of a square of as many pixels.

        Example:

        >>> from keras_gan import recipes
        >>> [recipes.get("r3gan").at(size).width for size in (32, 64, 256)]
        [768, 384, 96]
        """
        values = {name: getattr(self, name) for name in SIZED}
        sized = {name: value(size) for name, value in values.items() if callable(value)}
        return dataclasses.replace(self, **sized)

    def rate_of(self, player: str) -> float:
        """Returns the initial learning rate of a player."""
        return self.rates[player] if isinstance(self.rates, dict) else self.rates

    def penalty_weights(self) -> dict:
        """Returns the weights of the penalties, by the penalties' names such as `"r1"`."""
        return {getattr(penalties, name).name: w for name, w in self.penalties.items()}

    def plain_rules(self) -> dict:
        """Returns the rules that JSON can represent, as name -> text, number or bool."""
        return {field.name: getattr(self, field.name) for field in PLAIN_RULES}

    def rules(self) -> Rules:
        """Makes the rules of the recipe; the weights of its penalties have to be numbers."""
        objects = {
            "loss": losses.get(self.loss),
            "penalties": [self.make_penalty(name, w) for name, w in self.penalties.items()],
            "augmentation": self.make_augmentation(),
        }
        fields = (field.name for field in dataclasses.fields(Rules))
        return Rules(**{name: getattr(self, name) for name in fields} | objects)

    def make_penalty(self, name: str, weight: float) -> Penalty:
        """Makes a penalty from the name of its class and its weight."""
        kind = getattr(penalties, name)
        return kind(weight, self.interval) if kind.player == "discriminator" else kind(weight)

    def make_augmentation(self) -> augment.Augment | None:
        """Makes the augmentation; its p is constant, or follows a schedule or its target."""
        options = dict(self.augmentation_options)
        if self.augmentation == SCHEDULED or "p" in options or "augmentation" in self.ends:
            options.setdefault("target", None)
        name = "ada" if self.augmentation == SCHEDULED else self.augmentation
        if not options:
            return augment.get(name)
        return augment.AUGMENTATIONS[name](**options, name="augmentation")
