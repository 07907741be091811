"""Sizes of a network's maps: a smallest map whose sides are doubled up to an image's."""

import math
from collections.abc import Sequence

from keras_gan.errors import ConfigError

SMALLEST_SIDE, LARGEST_SIDE = 4, 15  # shorter side of the smallest map
LARGEST_IMAGE = 1024
LARGEST_CHANNELS = 4


def map_size_and_doublings(
    image_shape: Sequence[int], least_doublings: int = 0, largest: int = LARGEST_IMAGE
) -> tuple[tuple[int, int], int]:
    """Returns the size of the smallest map, and how often it is doubled to an image's size.

    Images have h 2^k x w 2^k pixels. The map is the smallest one whose shorter side is at least 4:
    4x4 for 64x64, 6x4 for 96x64, 7x7 for 28x28.

    Args:
        image_shape: `(height, width, channels)`.
        least_doublings: Smallest k that the network supports.
        largest: Largest height and width that it supports.

    Returns:
        `(h, w)` and k.

    Raises:
        ConfigError: For other shapes.
    """
    shape = tuple(image_shape)
    if len(shape) != 3 or not 1 <= shape[2] <= LARGEST_CHANNELS:
        raise ConfigError(
            "expected an image_shape of (height, width, channels) with 1 to "
            f"{LARGEST_CHANNELS} channels, got {shape}; choose a recipe for other samples, such as "
            "gan."
        )
    size, doublings = halve(shape[:2])
    if not is_small(size) or doublings < least_doublings or max(shape[:2]) > largest:
        height, width = nearest_size(shape[:2], least_doublings, largest)
        raise ConfigError(
            "expected an image_shape of h 2^k x w 2^k pixels, with h or w from "
            f"{SMALLEST_SIDE} to {LARGEST_SIDE}, k >= {least_doublings} and at most {largest} "
            f"pixels a side, got {shape}; resize the images, with image_size=({height}, {width}) "
            f"or --image-size {height}x{width}."
        )
    return size, doublings


def halve(size: Sequence[int]) -> tuple[tuple[int, int], int]:
    """Returns a size halved as often as both sides are even and stay at least 4, and how often."""
    height, width = size
    doublings = 0
    while height % 2 == width % 2 == 0 and min(height, width) >= 2 * SMALLEST_SIDE:
        height, width, doublings = height // 2, width // 2, doublings + 1
    return (height, width), doublings


def is_small(size: tuple[int, int]) -> bool:
    """Returns whether the shorter side of a map is within the bounds of a smallest map."""
    return SMALLEST_SIDE <= min(size) <= LARGEST_SIDE


def nearest_size(
    size: Sequence[int], least_doublings: int = 1, largest: int = LARGEST_IMAGE
) -> tuple[int, int]:
    """Returns a size near `size` that networks support, with a smallest map of 4 to 7 pixels.

    Args:
        size: Height and width.
        least_doublings, largest: As in `map_size_and_doublings`.

    Example:

    >>> from keras_gan.networks.sizes import nearest_size
    >>> nearest_size((100, 75)), nearest_size((480, 640)), nearest_size((2000, 3000))
    ((96, 80), (512, 640), (640, 1024))
    """
    scale = min(1, largest / max(size))
    sides = [side * scale for side in size]
    doublings = max(least_doublings, (int(min(sides)) // SMALLEST_SIDE).bit_length() - 1)
    unit = 1 << max(doublings, 0)
    return tuple(max(SMALLEST_SIDE, round(side / unit)) * unit for side in sides)


def largest_power_of_two(number: float) -> int:
    """Returns the largest power of two that is at most a number of 1 or more."""
    return 2 ** math.floor(math.log2(number))


def stage_widths(doublings: int, width: int, max_width: int) -> list[int]:
    """Returns the channels of stages from the image to the smallest map, doubling up to a maximum.

    Args:
        doublings: Number of stages besides the smallest map's.
        width: Channels at the image's size; if above `max_width`, channels of all stages.
        max_width: Largest number of channels.
    """
    return [min(width << stage, max(width, max_width)) for stage in range(doublings + 1)]
