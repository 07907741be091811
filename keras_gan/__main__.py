"""`python -m keras_gan` is `keras-gan`."""

import sys

from keras_gan.cli import main

if __name__ == "__main__":
    sys.exit(main())
