"""The public names of the package, the only list of them; `__init__.py` reads it."""

from keras_gan import (
    augment as augment,
    callbacks as callbacks,
    checkpoints as checkpoints,
    datasets as datasets,
    errors as errors,
    explore as explore,
    export as export,
    layers as layers,
    losses as losses,
    media as media,
    metrics as metrics,
    models as models,
    networks as networks,
    noise as noise,
    optimizers as optimizers,
    penalties as penalties,
    pictures as pictures,
    recipes as recipes,
    runs as runs,
    schedules as schedules,
    trackers as trackers,
    verdicts as verdicts,
)
from keras_gan.files.keras_file import load_model as load_model
from keras_gan.models import (
    GAN as GAN,
    AdversarialModel as AdversarialModel,
    CycleGAN as CycleGAN,
    Duel as Duel,
    ProgressiveGAN as ProgressiveGAN,
    Rules as Rules,
)
from keras_gan.models.transfer import transfer as transfer
from keras_gan.sampling import Sampling as Sampling
from keras_gan.signature import Signature as Signature

__version__: str
