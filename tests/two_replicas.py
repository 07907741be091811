"""State that must stay equal on two replicas; prints what two virtual devices have.

python tests/two_replicas.py
"""

import json

import keras_gan as kg

import keras
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def make():
    """A spectrally normalized layer with fixed weights, and other samples for each replica."""
    keras.utils.set_random_seed(0)
    layer = kg.layers.SpectralNormalization(keras.layers.Dense(3, use_bias=False))
    layer.build((None, 4))
    return layer, np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")


def vectors_of(layer):
    """u on every replica."""
    strategy = tf.distribute.get_strategy()
    replicas = strategy.experimental_local_results(layer.u.value)
    return [replica.numpy().tolist() for replica in replicas]


def main():
    alone, samples = make()
    for _ in range(3):
        alone(samples[0], training=True)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layer, _ = make()

        @tf.function
        def step():
            def on_replica():
                index = tf.distribute.get_replica_context().replica_id_in_sync_group
                return layer(tf.constant(samples)[index], training=True)

            return strategy.run(on_replica)

        outputs = [step() for _ in range(3)][-1]
        found = vectors_of(layer)
    expected = [alone(x, training=False) for x in samples]
    outputs = strategy.experimental_local_results(outputs)
    difference = max(np.abs(a - b).max() for a, b in zip(outputs, expected, strict=True))
    print(json.dumps({"alone": vectors_of(alone)[0], "two": found, "output": float(difference)}))


if __name__ == "__main__":
    main()
