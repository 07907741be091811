"""NaN and infinity in a training: where they are, and the callback that stops at them."""

import math

from keras_gan.errors import NotFiniteError

import keras
import numpy as np


class StopOnNaN(keras.callbacks.Callback):
    """Raises `NotFiniteError` as soon as any log, not only `loss`, is NaN or infinite.

    The logs are losses, gradient norms and penalties. The error names the step, the logs and the
    weights that aren't finite. Keras's `TerminateOnNaN` reads only `logs["loss"]`, which a GAN
    doesn't have. `fit` adds this callback by itself.
    """

    async_safe = True  # so that Keras needn't wait for each step of a GPU

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Checks every log of the step."""
        broken = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if broken:
            raise NotFiniteError(
                f"expected finite losses, got {', '.join(f'{n} = {logs[n]}' for n in broken)} at "
                f"step {int(self.model.step)}, with {self._weights()}; "
                "lower the learning rates, add a penalty such as R1, or check the data for "
                "broken samples."
            )

    def _weights(self):
        broken = not_finite(self.model)
        if not broken:
            return "finite weights"
        return f"NaN or infinity in {', '.join(broken[:3])}{', ...' if broken[3:] else ''}"


def not_finite(model: keras.Model) -> list[str]:
    """Returns the names of variables of a model and its optimizers with NaN or infinity."""
    optimizers = [getattr(model, f"{player}_optimizer") for player in model.players]
    variables = [variable for owner in (model, *optimizers) for variable in owner.variables]
    variables = {id(variable): variable for variable in (*variables, *model.other_state())}
    return [
        variable.path
        for variable in variables.values()
        if keras.backend.is_float_dtype(variable.dtype)
        and not np.isfinite(keras.ops.convert_to_numpy(variable).sum(dtype="float64"))
    ]
