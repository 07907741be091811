"""Replicas: one training step on several devices or hosts, each with a part of the batch.

`tf.distribute` runs a step once for each replica. With a single replica, the usual case, the
functions of this module do nothing.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def context() -> tf.distribute.ReplicaContext | None:
    """Returns the `tf.distribute.ReplicaContext` of a step with several replicas, else None."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return None
    return tf.distribute.get_replica_context()


def rows_of_batch(draw: Callable, shape: Sequence, axis: int = 0) -> tf.Tensor:
    """Draws random numbers for the global batch and returns the rows of this replica.

    The numbers of a sample depend only on its position in the global batch, not on the number of
    replicas.

    Args:
        draw: `(shape) -> tensor`.
        shape: Shape of the numbers for this replica; ints or integer tensors.
        axis: Axis of the samples.

    Returns:
        A tensor of `shape`.
    """
    replica = context()
    if replica is None:
        return draw(shape)
    rows = shape[axis]
    global_shape = [*shape[:axis], rows * replica.num_replicas_in_sync, *shape[axis + 1 :]]
    first = tf.cast(replica.replica_id_in_sync_group, tf.int32) * rows
    return tf.gather(draw(global_shape), first + tf.range(rows), axis=axis)


def average(tensors: Sequence[tf.Tensor | None]) -> Sequence[tf.Tensor | None]:
    """Averages each tensor over the replicas, in one exchange.

    Args:
        tensors: Float tensors of fixed shapes; None stays None.
    """
    replica = context()
    copies = [tf.identity(tensor) for tensor in tensors if tensor is not None]  # on this device
    if replica is None or not copies:
        return tensors
    means = iter(replica.all_reduce(tf.distribute.ReduceOp.MEAN, copies))
    return [None if tensor is None else next(means) for tensor in tensors]


def average_scalars(scalars: dict) -> dict:
    """Averages name -> scalar over the replicas, as one vector."""
    if context() is None or not scalars:
        return scalars
    vector = tf.stack([tf.cast(value, tf.float32) for value in scalars.values()])
    (vector,) = average([vector])
    return dict(zip(scalars, tf.unstack(vector), strict=True))


def disable_gradient_sum(optimizer: keras.optimizers.Optimizer) -> None:
    """Stops a Keras optimizer from summing gradients over replicas: they are averaged already."""
    for each in {optimizer, getattr(optimizer, "inner_optimizer", optimizer)}:
        each._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars


def distribute(
    strategy: tf.distribute.Strategy, dataset: tf.data.Dataset, step: int
) -> tf.distribute.DistributedDataset:
    """Distributes a step-addressed dataset over workers, which each read only their own rows.

    Args:
        strategy: A `tf.distribute.Strategy`.
        dataset: Dataset of `keras_gan.batches.step_addressed`.
        step: Step to start with.

    Returns:
        A `tf.distribute.DistributedDataset`.
    """

    def of_worker(context):
        shard = (context.input_pipeline_id, context.num_input_pipelines)
        size = context.get_per_replica_batch_size(dataset.batch_size)
        return dataset.from_step(step, shard).rebatch(size, drop_remainder=True)

    return strategy.distribute_datasets_from_function(of_worker)
