"""`python -m keras_gan_runtime` is `keras-gan`."""

import sys

from keras_gan_runtime.command import main

sys.exit(main())
