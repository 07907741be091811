"""Options of `keras-gan train` for the data."""

import argparse

from keras_gan import options


def add_data(train: argparse.ArgumentParser) -> None:
    """Adds the options of the data."""
    data = train.add_argument_group("data")
    add_images(data)
    add_reading(data)


def add_images(data: argparse._ArgumentGroup) -> None:
    """Adds the options of how images become samples."""
    data.add_argument(
        "--image-size",
        type=options.parse_image_size,
        metavar="SIZE",
        help="size of the samples: 64, a square, or 96x64, height x width (default: the images')",
    )
    data.add_argument(
        "--fit",
        choices=options.FITS,
        default=options.CROP,
        help="how images of another aspect fit: crop to the centre, pad with the background, "
        "stretch, or refuse all but whole ones (default: crop)",
    )
    data.add_argument(
        "--mirror", action="store_true", help="learn each image mirrored too, left to right"
    )
    data.add_argument(
        "--channels",
        type=int,
        choices=(1, 3, 4),
        help="4 includes alpha (default: those of the images, without alpha)",
    )
    data.add_argument(
        "--background",
        default="white",
        metavar="COLOUR",
        help="background of images with alpha, and of --fit pad: white, black or #rrggbb; with 4 "
        "channels, the colour of fully transparent pixels (default: white)",
    )


def add_reading(data: argparse._ArgumentGroup) -> None:
    """Adds the options of how data are read, and of what they are."""
    data.add_argument(
        "--skip-corrupt", action="store_true", help="skip images that can't be decoded"
    )
    data.add_argument(
        "--cache",
        metavar="FOLDER",
        help="folder for decoded and resized images (default: decode them in every epoch)",
    )
    data.add_argument(
        "--prefetch", type=int, default=2, metavar="N", help="batches read ahead (default: 2)"
    )
    data.add_argument(
        "--medium",
        metavar="MEDIUM",
        help="medium of a .npy or .npz, if its shape is ambiguous: sound:16000 (Hz), video:10 "
        "(frames per second), image or points (default: by its shape)",
    )
    data.add_argument(
        "--unconditional",
        action="store_true",
        help="don't learn the classes (default: learn them if the data have labels)",
    )
