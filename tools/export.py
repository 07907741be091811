"""Exports a run's generator: `keras-gan export` as a script.

python tools/export.py RUN --out DIR
"""

import sys

from keras_gan.cli import main

if __name__ == "__main__":
    sys.exit(main(["export", *sys.argv[1:]]))
