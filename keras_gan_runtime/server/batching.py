"""Requests that wait are computed together, by one thread.

The thread takes what is queued whenever it is free, up to a batch's samples; so nobody waits while
the processor is idle, and the busier it is, the fuller the batches are. A request that is larger
than a batch is computed in parts, which take turns with the others.
"""

import asyncio
import collections
import threading

from keras_gan_runtime.generator import to_uint8
from keras_gan_runtime.server.errors import RequestError, invalid

import numpy as np

MAX_QUEUED_BYTES = 2**29


class Job:
    """A request's samples.

    Args:
        model: The `Model` that it asked.
        count: Samples.
        latents, labels: float32 `(count, n)`, or None to be drawn; int32 `(count,)`.
        seed, truncation: Of latents that are drawn.
        pixels: Whether it wants uint8 pixels instead of floats.
    """

    def __init__(self, model, count, labels, latents=None, seed=0, truncation=1.0, pixels=False):
        self.model, self.count, self.labels, self.latents = model, count, labels, latents
        self.seed, self.truncation, self.pixels = seed, truncation, pixels
        self.future = asyncio.get_running_loop().create_future()
        self.taken = self.filled = 0
        self.samples = None

    def fill(self, start, samples):
        """Keeps a part of the samples; whether it was the last."""
        if self.samples is None:
            shape = (self.count, *samples.shape[1:])
            self.samples = np.empty(shape, np.uint8 if self.pixels else np.float32)
        part = to_uint8(samples) if self.pixels else samples
        self.samples[start : start + len(part)] = part
        self.filled += len(part)
        return self.filled == self.count


class Batcher:
    """The queue and its thread.

    Args:
        batch_size: Samples computed together.
        wait: Seconds that a batch waits to be full.
        max_count: Samples of the largest request, for which there is room at least.
        metrics: The `Metrics`.
    """

    def __init__(self, batch_size, wait, max_count, metrics):
        self.batch_size, self.wait, self.max_count = batch_size, wait, max_count
        self.metrics, self.queue, self.queued = metrics, collections.deque(), 0
        self.condition, self.ended = threading.Condition(), False
        self.loop = asyncio.get_running_loop()
        self.thread = threading.Thread(target=self._work, name="batches", daemon=True)
        self.thread.start()

    def submit(self, job):
        """Queues a job; returns the future of its samples.

        Raises:
            RequestError: 503 where the queue is full.
        """
        with self.condition:
            if self.queued and self.queued + job.count > self._room(job.model):
                raise RequestError(
                    503,
                    "The batch scheduling queue to which this task was submitted is full",
                    {"Retry-After": "1"},
                )
            self.queue.append(job)
            self.queued += job.count
            self.metrics.queued.set(self.queued)
            self.condition.notify()
        return job.future

    def close(self):
        """Ends the thread once the queue is empty."""
        with self.condition:
            self.ended = True
            self.condition.notify()
        self.thread.join()

    def _room(self, model):
        """Samples that may wait: so many that their memory is bounded."""
        size = 4 * int(np.prod(model.shape))
        return max(self.max_count, min(8 * self.max_count, MAX_QUEUED_BYTES // size))

    def _work(self):
        while parts := self._take():
            try:
                done = self._compute(parts)
            except Exception as error:  # a job's fault must not end the thread
                done = [(job, error) for job, _, _ in parts]
            self.loop.call_soon_threadsafe(deliver, done)

    def _take(self):
        """Waits for jobs; returns `(job, start, stop)`s of one model, or none at the end."""
        with self.condition:
            parts = []
            while not parts:
                self.condition.wait_for(lambda: self.queue or self.ended)
                if not self.queue:
                    return []
                if self.wait and self.queued < self.batch_size:
                    self.condition.wait_for(lambda: self.queued >= self.batch_size, self.wait)
                parts = self._parts()
            self.metrics.queued.set(self.queued)
            return parts

    def _parts(self):
        """The next jobs, as far as a batch holds them; the rest of a large one goes last."""
        parts, room, model = [], self.batch_size, self.queue[0].model
        while room and self.queue and self.queue[0].model is model:
            job = self.queue.popleft()
            left = job.count - job.taken
            if job.future.done():  # its client is gone, or a part of it failed
                self.queued -= left
                continue
            size = min(room, left)
            parts.append((job, job.taken, job.taken + size))
            job.taken += size
            self.queued -= size
            room -= size
            if size < left:
                self.queue.append(job)
        return parts

    def _compute(self, parts):
        """Runs the model; returns `(job, samples or error)` of the jobs that are done."""
        model = parts[0][0].model
        draw_latents(model, [job for job, _, _ in parts if job.latents is None])
        latents = np.concatenate([job.latents[start:stop] for job, start, stop in parts])
        labels = np.concatenate([job.labels[start:stop] for job, start, stop in parts])
        self.metrics.batches.observe(len(latents))
        samples, done, place = model.run(latents, labels), [], 0
        for job, start, stop in parts:
            part = samples[place : place + stop - start]
            place += stop - start
            if not np.isfinite(part).all():
                done.append((job, invalid("expected latents whose samples are finite numbers.")))
            elif job.fill(start, part):
                done.append((job, job.samples))
        return done


def draw_latents(model, jobs):
    """Gives jobs the latents of their seeds."""
    drawn = model.generator.latents_of([(job.count, job.seed) for job in jobs]) if jobs else []
    for job, latents in zip(jobs, drawn, strict=True):
        job.latents = np.float32(job.truncation) * latents


def deliver(done):
    """Hands results over, in the loop's thread."""
    for job, result in done:
        if job.future.done():
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
