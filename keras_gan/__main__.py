"""Runs `keras-gan` as `python -m keras_gan`."""

import sys

from keras_gan.cli import main

if __name__ == "__main__":
    sys.exit(main())
