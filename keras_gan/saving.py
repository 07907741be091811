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


def write_whole(path, text):
    """Writes text to a new file, which then takes the old one's place; a failure leaves the old.

    Args:
        path: The file; its folder is made.
        text: What it will hold.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        new.write_text(text)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
