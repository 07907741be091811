"""Requests that wait are computed together, by a thread for each processor.

A thread takes what is queued whenever it is free, up to a batch's samples; so nobody waits while
a processor is idle, and the busier they are, the fuller the batches are. A request that is larger
than a batch is computed in parts, which take turns with the others. Batches beside each other, each
on one processor, are faster than one batch on all of them, whose threads wait for each other.
"""

import asyncio
import collections
import threading

from keras_gan.runtime.generator import to_uint8
from keras_gan.runtime.server.errors import RequestError, invalid

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

    Attributes:
        kind: What jobs have in common that are computed together: the model, and a truncation
            that is no factor of the latents.
    """

    def __init__(self, model, count, labels, latents=None, seed=0, truncation=1.0, pixels=False):
        self.model, self.count, self.labels, self.latents = model, count, labels, latents
        self.seed, self.pixels = seed, pixels
        scales = model.generator.scales_latents
        self.scale, self.kind = (truncation, (model, 1.0)) if scales else (1.0, (model, truncation))
        self.future = asyncio.get_running_loop().create_future()
        self.taken = self.filled = 0
        self.samples = np.empty((count, *model.shape), np.uint8 if pixels else np.float32)


class Batcher:
    """The queue and its threads.

    Args:
        settings: `batch_size`, `batch_wait` in seconds, `threads` and `max_count`.
        metrics: The `Metrics`.
    """

    def __init__(self, settings, metrics):
        self.settings, self.metrics = settings, metrics
        self.queue, self.queued, self.ended = collections.deque(), 0, False
        self.condition, self.loop = threading.Condition(), asyncio.get_running_loop()
        self.threads = [
            threading.Thread(target=self._work, name=f"batches-{index}", daemon=True)
            for index in range(settings.threads)
        ]
        for thread in self.threads:
            thread.start()

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
        """Ends the threads once the queue is empty."""
        with self.condition:
            self.ended = True
            self.condition.notify_all()
        for thread in self.threads:
            thread.join()

    def _room(self, model):
        """Samples that may wait: so many that their memory is bounded."""
        size = 4 * int(np.prod(model.shape))
        most = self.settings.max_count
        return max(most, min(8 * most, MAX_QUEUED_BYTES // size))

    def _work(self):
        while parts := self._take():
            try:
                done = self._compute(parts)
            except Exception as error:  # a job's fault must not end the thread
                done = [(job, error) for job, _, _ in parts]
            self.loop.call_soon_threadsafe(deliver, done)

    def _take(self):
        """Waits for jobs; returns `(job, start, stop)`s of one kind, or none at the end."""
        with self.condition:
            parts = []
            while not parts:
                self.condition.wait_for(lambda: self.queue or self.ended)
                if not self.queue:
                    return []
                if self.queued < self.settings.batch_size and self.settings.batch_wait:
                    self.condition.wait_for(self._is_full, self.settings.batch_wait)
                parts = self._parts()
            self.metrics.queued.set(self.queued)
            if self.queue:
                self.condition.notify()
            return parts

    def _is_full(self):
        """Whether a batch has no room for more."""
        return self.queued >= self.settings.batch_size

    def _parts(self):
        """The next jobs, as far as a batch holds them; the rest of a large one goes last."""
        if not self.queue:  # another thread took what this one waited for
            return []
        parts, room, kind = [], self.settings.batch_size, self.queue[0].kind
        while room and self.queue and self.queue[0].kind == kind:
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
        model, truncation = parts[0][0].kind
        draw_latents(model, [job for job, _, _ in parts if job.latents is None])
        latents = np.concatenate([job.latents[start:stop] for job, start, stop in parts])
        labels = np.concatenate([job.labels[start:stop] for job, start, stop in parts])
        self.metrics.batches.observe(len(latents))
        samples, done, place = model.run(latents, labels, truncation), [], 0
        for job, start, stop in parts:
            part = samples[place : place + stop - start]
            place += stop - start
            if not np.isfinite(part).all():
                done.append((job, invalid("expected latents whose samples are finite numbers.")))
            elif self._fill(job, start, part):
                done.append((job, job.samples))
        return done

    def _fill(self, job, start, samples):
        """Keeps a part of a job's samples; whether it was the last."""
        stop = start + len(samples)
        job.samples[start:stop] = to_uint8(samples) if job.pixels else samples
        with self.condition:
            job.filled += len(samples)
            return job.filled == job.count


def draw_latents(model, jobs):
    """Gives jobs the latents of their seeds; two threads with parts of one job draw the same."""
    drawn = model.generator.latents_of([(job.count, job.seed) for job in jobs]) if jobs else []
    for job, latents in zip(jobs, drawn, strict=True):
        job.latents = np.float32(job.scale) * latents


def deliver(done):
    """Hands results over, in the loop's thread."""
    for job, result in done:
        if job.future.done():
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
