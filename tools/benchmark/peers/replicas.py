"""Worker of `replicas.py`: rounds of `fit` on one or two replicas.

python peers/replicas.py '{"way": "one process" | "mirrored" | "two workers", ...}'
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import keras_gan as kg

import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from alternate import serve


def cluster():
    """Returns a cluster of two free addresses on this machine, as in TF_CONFIG."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for one in sockets:
        one.close()
    return {"worker": addresses}


def strategy_of(task):
    """Returns the strategy, and the process of the other worker or None."""
    if task["way"] == "one process":
        return tf.distribute.get_strategy(), None
    if task["way"] == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), None
    other = None
    if "TF_CONFIG" not in os.environ:
        workers = cluster()
        settings = [
            json.dumps({"cluster": workers, "task": {"type": "worker", "index": index}})
            for index in range(2)
        ]
        other = subprocess.Popen(
            [sys.executable, *sys.argv],
            env={**os.environ, "TF_CONFIG": settings[1]},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            encoding="utf-8",
        )
        os.environ["TF_CONFIG"] = settings[0]
    return tf.distribute.MultiWorkerMirroredStrategy(), other


def main():
    task = json.loads(sys.argv[1])
    strategy, other = strategy_of(task)
    with strategy.scope():
        gan = kg.recipes.build(task["recipe"], (28, 28, 1), num_classes=10, width=task["width"])
    dataset = kg.datasets.load("digits", batch_size=task["batch_size"], labels=True)

    def train():
        if other is not None:
            other.stdin.write("round\n")
            other.stdin.flush()
        start = time.perf_counter()
        gan.fit(dataset, steps_per_epoch=task["steps"], verbose=0)
        return {"seconds": (time.perf_counter() - start) / task["steps"]}

    if "TF_CONFIG" not in os.environ or other is not None:
        train()  # compiles
        serve(train, {"replicas": strategy.num_replicas_in_sync})
        if other is not None:
            other.stdin.close()
            other.wait()
    else:
        for _ in sys.stdin:
            train()


if __name__ == "__main__":
    main()
