"""Ends a training that can't go on."""

import math

from keras_gan.checkpoints import not_finite
from keras_gan.errors import NotFiniteError

import keras


class StopOnNaN(keras.callbacks.Callback):
    """Raises `NotFiniteError` as soon as any log, not only `loss`, is NaN or infinite.

    The logs are losses, gradients' norms and penalties; the error names the step, the logs and
    the weights that are broken. Keras's `TerminateOnNaN` reads `logs["loss"]` alone, which a GAN
    doesn't have.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Checks every log of the step."""
        broken = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if broken:
            raise NotFiniteError(
                f"expected finite losses, got {', '.join(f'{n} = {logs[n]}' for n in broken)} at "
                f"step {int(self.model.step)}, with {self._weights()}; "
                "lower the learning rates, add a penalty such as R1, or look for broken samples "
                "in the data."
            )

    def _weights(self):
        broken = not_finite(self.model)
        if not broken:
            return "finite weights"
        return f"NaN or infinity in {', '.join(broken[:3])}{', ...' if broken[3:] else ''}"
