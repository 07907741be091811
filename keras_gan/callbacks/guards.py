"""Ends a training that can't go on."""

import math

from keras_gan.errors import TrainingError

import keras


class StopOnNaN(keras.callbacks.Callback):
    """Raises `TrainingError` as soon as any log, not only `loss`, is NaN or infinite.

    Keras's `TerminateOnNaN` reads `logs["loss"]` alone, which a GAN doesn't have.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Checks every log of the step."""
        broken = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if broken:
            raise TrainingError(
                f"expected finite losses, got {', '.join(f'{n} = {logs[n]}' for n in broken)} at "
                f"step {int(self.model.step)}; lower the learning rates, add a penalty such as R1, "
                "or look for broken samples in the data."
            )
