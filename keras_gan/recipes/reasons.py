"""Why each number of a recipe is what it is: a paper's, measured, or a choice that wasn't tuned."""

from keras_gan.recipes.changes import END, names
from keras_gan.recipes.table import SMALL, get
from keras_gan.recipes.texts import numbers_of

CHOICE = "a choice of this package, not tuned"
CPU = "a choice for minutes to hours on a CPU"
PAPERS = {
    "gan": "Goodfellow et al. 2014",
    "dcgan": "Radford et al. 2015",
    "wgan_gp": "Gulrajani et al. 2017, CIFAR-10",
    "sngan": "Miyato et al. 2018, CIFAR-10",
    "sagan": "Zhang et al. 2018",
    "biggan": "Brock et al. 2018",
    "progan": "Karras et al. 2017",
    "stylegan2_ada": "Karras et al. 2020, the official code's automatic setting",
    "r3gan": "Huang et al. 2024",
}
# Names of the paper's own numbers; all others of a recipe have a reason below, or are choices
PUBLISHED = {
    "gan": "latent_dim width loss n_critic update augmentation",
    "dcgan": "width beta_1 epsilon loss n_critic update augmentation",
    "wgan_gp": "latent_dim latent_distribution width batch_size steps loss learning_rate beta_1 "
    "beta_2 epsilon gradient_penalty interval n_critic update augmentation",
    "sngan": "latent_dim latent_distribution width batch_size steps loss learning_rate beta_1 "
    "beta_2 epsilon n_critic update augmentation",
    "sagan": "latent_dim latent_distribution width batch_size steps loss generator_learning_rate "
    "discriminator_learning_rate beta_1 beta_2 epsilon n_critic update augmentation",
    "biggan": "latent_dim latent_distribution width loss generator_learning_rate "
    "discriminator_learning_rate beta_1 beta_2 epsilon moving_average_half_life n_critic update "
    "augmentation",
    "progan": "latent_dim latent_distribution width batch_size steps loss learning_rate beta_1 "
    "beta_2 epsilon moving_average_half_life gradient_penalty drift interval n_critic update "
    "augmentation",
    "stylegan2_ada": "latent_dim latent_distribution width batch_size steps loss learning_rate "
    "beta_1 beta_2 epsilon moving_average_half_life moving_average_ramp r1 path_length interval "
    "n_critic update augmentation",
    "r3gan": "latent_dim latent_distribution width batch_size loss learning_rate beta_1 beta_2 "
    "epsilon moving_average_half_life r1 r2 interval n_critic update augmentation augmentation.p "
    "augmentation.transforms augmentation.factors",
}
SHARED = "measured: closer to MNIST in equal minutes than alternating, for six seeds of six"
SAVES_A_PASS = "saves a pass of the generator; the papers draw new latents"
REASONS = {
    "gan": {
        "learning_rate": "a choice; the paper has SGD with momentum instead of Adam",
        "beta_1": "Radford et al. 2015",
        "latent_distribution": "a choice; the paper's latents are uniform",
    },
    "dcgan": {
        "latent_distribution": "a choice; the paper's latents are uniform",
        "latent_dim": "a choice, a third of the paper's 100",
        "learning_rate": "a choice, three times the paper's 0.0002",
        "batch_size": "half of the paper's 128",
    },
    "quick": {
        "width": "Radford et al. 2015",
        "moving_average_half_life": "measured on MNIST, on one seed that isn't among the results",
        "r1": "Mescheder et al. 2018 use 5 (gamma 10); chosen smaller for few minutes",
        "interval": "lazy regularization of Karras et al. 2020",
        "beta_1": "Karras et al. 2017",
        "update": SHARED,
        "loss": "Goodfellow et al. 2014",
        "learning_rate": "ten times that of Radford et al. 2015, which R1 allows; made for minutes",
    },
    "toy1d": {"learning_rate": "a choice; the end lets the samples come to rest"},
    "toy25": {
        "loss": "Huang et al. 2024",
        "r1": "a choice; both penalties, as in Huang et al. 2024",
        "r2": "a choice; both penalties, as in Huang et al. 2024",
        "learning_rate": "a choice; the end lets the samples come to rest",
        "steps": "measured: all 25 modes for five seeds of five",
    },
    "biggan": {
        "batch_size": "an eighth of the paper's 2,048, for one machine",
        "steps": "a choice: as many images as SAGAN",
    },
    "r3gan": {"steps": "20 million images, over which the paper's schedules run"},
}
REASONS["acgan"] = {
    **REASONS["quick"],
    "moving_average_half_life": "that of quick",
}
SMALL_REASONS = {
    "sngan": {
        "width": "measured on faces: a discriminator of 32 channels comes closer than 16 or 64",
        "n_critic": "the discriminator learns twice as fast instead of five times as often",
        "update": SHARED,
        "generator_learning_rate": "falls to 0, as samples degrade at constant rates",
        "discriminator_learning_rate": "twice the generator's instead of more often; falls to 0",
    },
    "progan": {"update": SHARED},
    "stylegan2_ada": {
        "update": SAVES_A_PASS,
        "r1": "measured on cats: with the official 0.0064 all samples had one layout",
        "learning_rate": "four times the paper's, as there are few steps; falls to the paper's",
    },
    "r3gan": {
        "update": SAVES_A_PASS,
        "r1": "the paper's for faces, scaled to the size",
        "r2": "the paper's for faces, scaled to the size",
        "learning_rate": "five times the paper's, as there are few steps",
        "interval": "penalties are most of a step's cost",
    },
}


def reasons_of(name: str, width: int | str | None = None) -> dict[str, str]:
    """Returns the reason of each of a recipe's numbers, by name.

    Args:
        name: Name of the recipe.
        width: As in `keras_gan.recipes.get`.

    Example:

    >>> from keras_gan.recipes.reasons import reasons_of
    >>> reasons_of("wgan_gp")["gradient_penalty"]
    'Gulrajani et al. 2017, CIFAR-10'
    """
    full, used = numbers_of(get(name)), numbers_of(get(name, width))
    published = dict.fromkeys(PUBLISHED.get(name, "").split(), PAPERS.get(name))
    defaults = {"n_critic": "one update each", "augmentation": "many samples need none"}
    defaults |= {"moving_average_ramp": "a choice: the average forgets the untrained network"}
    neutral = {"accumulation": "batches aren't split", "remat": "memory suffices"}
    reasons = {**defaults, **published, **REASONS.get(name, {}), **neutral}
    differing = {key for key, text in used.items() if text != full.get(key)}
    at_width = dict.fromkeys(differing, CPU) | SMALL_REASONS.get(name, {})
    reasons |= at_width if str(width).startswith(SMALL) else {}
    return {key: reasons.get(key, CHOICE) for key in used}


def describe(name: str, width: int | str | None = None) -> list[str]:
    """Returns lines on a recipe: all its numbers, each with its reason, and what else can be set.

    Args:
        name: Name of the recipe.
        width: As in `keras_gan.recipes.get`.

    Raises:
        ConfigError: For an unknown recipe or width.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.describe("quick")[0]
    'quick: DCGAN with R1 and large learning rates, to learn within minutes on a CPU'
    """
    recipe = get(name, width)
    texts, reasons = numbers_of(recipe), reasons_of(name, width)
    first, second = (max(map(len, words)) for words in (texts, texts.values()))
    rows = [f"  {key:{first}}  {text:{second}}  {reasons[key]}" for key, text in texts.items()]
    others = ", ".join(n for n in names(recipe) if n not in texts and not n.endswith(END))
    return [
        f"{name}: {recipe.about}",
        *rows,
        "--set NAME=VALUE changes a number, which is then constant; NAME.end is its last value, "
        f"reached on a {recipe.decay} schedule (rates, beta_2, penalties, "
        "moving_average_half_life, augmentation.p). batch_size, steps and width have options of "
        "their own.",
        f"Also for --set: {others}.",
    ]
