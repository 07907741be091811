"""Replicas: one step of the game on several devices or hosts, each with its part of the batch.

`tf.distribute` runs a step once for each replica. Where a step has one replica, which is the
usual case, everything here does nothing.
"""

import tensorflow as tf


def context():
    """The `tf.distribute.ReplicaContext` of a step with several replicas; None elsewhere."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return None
    return tf.distribute.get_replica_context()


def rows_of_batch(draw, shape, axis=0):
    """This replica's rows of numbers that are drawn for the batch of all replicas.

    So the numbers of a sample depend on its place in the whole batch alone, not on how many
    replicas share it.

    Args:
        draw: `(shape) -> tensor`.
        shape: Of the numbers for this replica's part; ints or integer tensors.
        axis: That of the samples.

    Returns:
        A tensor of `shape`.
    """
    here = context()
    if here is None:
        return draw(shape)
    rows = shape[axis]
    whole = [*shape[:axis], rows * here.num_replicas_in_sync, *shape[axis + 1 :]]
    first = tf.cast(here.replica_id_in_sync_group, tf.int32) * rows
    return tf.gather(draw(whole), first + tf.range(rows), axis=axis)


def average(tensors):
    """Means over the replicas, each tensor by itself, in one exchange.

    Args:
        tensors: A list of float tensors of fixed shapes; None stays None.
    """
    here = context()
    known = [tf.identity(tensor) for tensor in tensors if tensor is not None]  # on its own device
    if here is None or not known:
        return tensors
    reduced = iter(here.all_reduce(tf.distribute.ReduceOp.MEAN, known))
    return [None if tensor is None else next(reduced) for tensor in tensors]


def average_scalars(scalars):
    """Name -> mean over the replicas of name -> scalar, which travel as one vector."""
    if context() is None or not scalars:
        return scalars
    vector = tf.stack([tf.cast(value, tf.float32) for value in scalars.values()])
    (vector,) = average([vector])
    return dict(zip(scalars, tf.unstack(vector), strict=True))


def disable_gradient_sum(optimizer):
    """Lets an optimizer move by the gradients that it is given, which are means over the replicas.

    Keras's would add them up over the replicas first.
    """
    for one in {optimizer, getattr(optimizer, "inner_optimizer", optimizer)}:
        one._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars


def distribute(strategy, dataset, step):
    """A step-addressed data set from a step on, of which each worker reads its own rows alone.

    Args:
        strategy: A `tf.distribute.Strategy`.
        dataset: As `keras_gan.batches.step_addressed` makes them.
        step: Int.

    Returns:
        A `tf.distribute.DistributedDataset`.
    """

    def of_worker(context):
        shard = (context.input_pipeline_id, context.num_input_pipelines)
        size = context.get_per_replica_batch_size(dataset.batch_size)
        return dataset.from_step(step, shard).rebatch(size, drop_remainder=True)

    return strategy.distribute_datasets_from_function(of_worker)
