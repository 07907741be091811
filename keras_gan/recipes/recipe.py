"""Recipe: what a name stands for."""

import dataclasses
from collections.abc import Callable

from keras_gan.models import GAN

SCHEDULED = "scheduled"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a name stands for.

    Attributes:
        build: `(sample_shape, num_classes, latent_dim, width, dtype, moments) -> networks`, the
            generator and the discriminator; `moments` are the data's where these are points. The
            first line of its docstring tells users what the recipe is.
        latent_dim: Size of the latent vector.
        width: The networks' width: channels, or hidden units.
        loss: Name of the loss.
        learning_rate: Adam's, of the generator; of the discriminator too unless it has its own.
        beta_1, beta_2: Adam's.
        moving_average_half_life: In images.
        batch_size: Samples a step.
        steps: Steps of a run, where the user doesn't say.
        game: The class of the game, `GAN` or one that is made and compiled as it is.
        small: What differs on a processor, field -> value: less width, and what goes with it.
        discriminator_learning_rate: The discriminator's own.
        penalties: Class in `keras_gan.penalties` -> weight, or the weight as a function of the
            images' size, the batch size and the images seen in the run; for points, the weight of
            standardised ones.
        interval: Steps between two computations of the penalties.
        n_critic: The discriminator's steps for one of the generator.
        update: Who moves when, as in `GAN.compile`; the papers' players alternate.
        augmentation: Through which the discriminator sees, as in `GAN.compile`, where the user
            doesn't say; `SCHEDULED` for ADA's transformations at a p that `ends` brings up from 0.
        ends: Name of a number that `GAN.compile` can schedule -> what a cosine brings it to by the
            end of the run, or that as a function like a penalty's weight. The augmentation's p and
            the moving average's half-life begin at 0, the others at their own numbers.
        latent_distribution: As in `GAN`.
        jit: Whether to compile with XLA on a CPU too, as tiny networks like.
        steps_per_execution: Steps between two looks of the callbacks.
    """

    build: Callable
    latent_dim: int
    width: int
    loss: str
    learning_rate: float
    beta_1: float
    beta_2: float
    moving_average_half_life: int
    batch_size: int
    steps: int
    game: type = GAN
    small: dict = dataclasses.field(default_factory=dict)
    discriminator_learning_rate: float | None = None
    penalties: dict = dataclasses.field(default_factory=dict)
    interval: int = 1
    n_critic: int = 1
    update: str = "alternating"
    augmentation: str | None = None
    ends: dict = dataclasses.field(default_factory=dict)
    latent_distribution: str = "normal"
    jit: bool = False
    steps_per_execution: int = 1

    @property
    def about(self) -> str:
        """One line for the user."""
        return self.build.__doc__.splitlines()[0]
