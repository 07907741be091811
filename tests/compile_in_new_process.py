"""Three epochs under XLA on batches of which the last is smaller; XLA writes what it compiles.

python compile_in_new_process.py FOLDER
"""

import os
import sys

os.environ["XLA_FLAGS"] = f"--xla_dump_to={sys.argv[1]} --xla_dump_hlo_as_text"

import tensorflow as tf
from conftest import random_images, tiny_gan

gan = tiny_gan()
gan.compile(jit_compile=True)
traced = []
train_step = gan.train_step
gan.train_step = lambda batch: (traced.append(batch), train_step(batch))[1]
gan.fit(tf.data.Dataset.from_tensor_slices(random_images(20)).batch(8), epochs=3, verbose=0)
print(len(traced), int(gan.step))
