"""Recipe: the networks and numbers of a name."""

import dataclasses
from collections.abc import Callable

from keras_gan import augment, losses, penalties
from keras_gan.models import GAN, Rules

SCHEDULED, NO_AUGMENTATION = "scheduled", "none"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The networks and numbers of a name.

    Attributes:
        about: One line for the user.
        networks: `(NetworkSpec) -> name -> network`, as the game's constructor takes them.
        latent_dim: Size of the latent vector.
        width: The networks' width: channels, or hidden units.
        loss: Name of the loss.
        rates: The learning rate with which Adam begins, or name of a player -> its own.
        beta_1, beta_2: Adam's.
        moving_average_half_life: In images.
        batch_size: Samples a step.
        steps: Steps of a run, where the user names none.
        game: Class of the game, made of the networks and compiled by `Rules`.
        media: Names of the media that it learns, of `keras_gan.media.MEDIA`.
        penalties: Class in `keras_gan.penalties` -> weight, or the weight as a function of the
            images' size, the batch size and the images seen in the run; for points, the weight of
            standardised ones.
        interval: Steps between two computations of the penalties.
        n_critic: Discriminator steps for each generator step.
        update: Order of a step's updates, as in `Rules`; the papers' players alternate.
        augmentation: As in `Rules`; `SCHEDULED` for ADA's transformations at a p that `ends`
            brings up from 0.
        ends: Name of a number that can be scheduled -> its value at the end of a cosine over the
            run, or that as a function like a penalty's weight. The augmentation's p and the moving
            average's half-life begin at 0, the others at their own numbers.
        latent_distribution: As in `GAN`.
        jit: Whether to compile with XLA on a CPU too, as tiny networks like.
        steps_per_execution: Steps between two calls of the callbacks.
    """

    about: str
    networks: Callable
    latent_dim: int
    width: int
    loss: str
    rates: float | dict
    beta_1: float
    beta_2: float
    moving_average_half_life: int
    batch_size: int
    steps: int
    game: type = GAN
    media: tuple[str, ...] = ("image",)
    penalties: dict = dataclasses.field(default_factory=dict)
    interval: int = 1
    n_critic: int = 1
    update: str = "alternating"
    augmentation: str | None = None
    ends: dict = dataclasses.field(default_factory=dict)
    latent_distribution: str = "normal"
    jit: bool = False
    steps_per_execution: int = 1

    def rate_of(self, player: str) -> float:
        """Returns the learning rate with which a player begins."""
        return self.rates[player] if isinstance(self.rates, dict) else self.rates

    def plain_rules(self) -> dict:
        """Returns the rules that JSON can hold, name -> text, number or bool."""
        names = ("loss", "augmentation", "n_critic", "update")
        return {**{name: getattr(self, name) for name in names}, "accumulation": 1, "remat": False}

    def rules(self) -> Rules:
        """Makes the rules of the recipe, whose penalties' weights are numbers."""
        scheduled = self.augmentation == SCHEDULED and "augmentation" in self.ends
        weighted = self.penalties.items()
        return Rules(
            loss=losses.get(self.loss),
            penalties=[getattr(penalties, name)(w, self.interval) for name, w in weighted],
            augmentation=(
                augment.ADA(target=None, name="augmentation") if scheduled else self.augmentation
            ),
            n_critic=self.n_critic,
            update=self.update,
        )
