"""Files that are whole or not there."""

import pathlib


def save_whole(model, path):
    """Saves a model to a new file, which then takes the old one's place; a failure leaves the old.

    Args:
        model: A Keras model.
        path: The `.keras` file; its folder is made.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.keras")
    try:
        model.save(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
