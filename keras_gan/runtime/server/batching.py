"""Batching: queued requests are computed together, by one thread per core.

A free thread takes as many queued samples as a batch holds. No request waits while a core is idle,
and batches grow with the load. A request that exceeds a batch is computed in parts, in turn with
the others. Parallel batches on one core each are faster than one batch on all cores, whose threads
wait for each other.
"""

import asyncio
import collections
import threading
from collections.abc import Sequence

from keras_gan.runtime.generator import to_uint8
from keras_gan.runtime.server.errors import RequestError, invalid
from keras_gan.runtime.server.metrics import Metrics
from keras_gan.runtime.server.settings import ServerSettings
from keras_gan.runtime.server.versions import Model

import numpy as np

MAX_QUEUED_BYTES = 2**29


class Job:
    """The computation of a request's samples.

    Args:
        model: The requested `Model`.
        count: Number of samples.
        labels: Labels, int32 `(count,)`; ignored by models without classes.
        latents: Latents, float32 `(count, n)`, or None to draw them from the seed.
        seed: Seed of the latents.
        truncation: Truncation of the latents.
        pixels: Whether to return uint8 pixels instead of floats.

    Attributes:
        kind: `(model, truncation)`, which is equal for jobs in the same batch. The truncation is 1
            if it scales the latents.
        future: The future of the samples.
        started: Number of samples in batches so far.
        finished: Number of samples computed so far.
    """

    def __init__(
        self,
        model: Model,
        count: int,
        labels: np.ndarray,
        latents: np.ndarray | None = None,
        seed: int = 0,
        truncation: float = 1.0,
        pixels: bool = False,
    ):
        self.model, self.count, self.labels, self.latents = model, count, labels, latents
        self.seed, self.pixels = seed, pixels
        scales = model.generator.scales_latents
        self.scale, self.kind = (truncation, (model, 1.0)) if scales else (1.0, (model, truncation))
        self.future = asyncio.get_running_loop().create_future()
        self.started = self.finished = 0
        self.samples = np.empty((count, *model.shape), np.uint8 if pixels else np.float32)


class Batcher:
    """The queue and its threads.

    Args:
        settings: The `ServerSettings`, with `batch_size`, `batch_wait`, `threads` and `max_count`.
        metrics: The `Metrics`.
    """

    def __init__(self, settings: ServerSettings, metrics: Metrics):
        self.settings, self.metrics = settings, metrics
        self.queue, self.queued, self.ended = collections.deque(), 0, False
        self.condition, self.loop = threading.Condition(), asyncio.get_running_loop()
        self.threads = [
            threading.Thread(target=self._work, name=f"batches-{index}", daemon=True)
            for index in range(settings.threads)
        ]
        for thread in self.threads:
            thread.start()

    def submit(self, job: Job) -> asyncio.Future:
        """Queues a job; returns the future of its samples.

        Raises:
            RequestError: 503 if the queue is full.
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

    def close(self) -> None:
        """Ends the threads once the queue is empty."""
        with self.condition:
            self.ended = True
            self.condition.notify_all()
        for thread in self.threads:
            thread.join()

    def _room(self, model):
        """Returns the number of samples that may be queued, which bounds their memory."""
        size = 4 * int(np.prod(model.shape))
        max_count = self.settings.max_count
        return max(max_count, min(8 * max_count, MAX_QUEUED_BYTES // size))

    def _work(self):
        while parts := self._wait_for_batch():
            try:
                results = self._compute(parts)
            except Exception as error:  # a job's fault must not end the thread
                results = [(job, error) for job, _, _ in parts]
            self.loop.call_soon_threadsafe(deliver, results)

    def _wait_for_batch(self):
        """Waits for jobs; returns `(job, start, stop)` of the same kind, or none at the end."""
        with self.condition:
            parts = []
            while not parts:
                self.condition.wait_for(lambda: self.queue or self.ended)
                if not self.queue:
                    return []
                if self.queued < self.settings.batch_size and self.settings.batch_wait:
                    self.condition.wait_for(self._is_full, self.settings.batch_wait)
                parts = self._next_batch()
            self.metrics.queued.set(self.queued)
            if self.queue:
                self.condition.notify()
            return parts

    def _is_full(self):
        """Returns whether the queue fills a batch."""
        return self.queued >= self.settings.batch_size

    def _next_batch(self):
        """Takes jobs from the queue up to a batch; the rest of a large job moves to its end."""
        if not self.queue:  # another thread was faster
            return []
        parts, room, kind = [], self.settings.batch_size, self.queue[0].kind
        while room and self.queue and self.queue[0].kind == kind:
            job = self.queue.popleft()
            remaining = job.count - job.started
            if job.future.done():  # its client disconnected, or a part of it failed
                self.queued -= remaining
                continue
            size = min(room, remaining)
            parts.append((job, job.started, job.started + size))
            job.started += size
            self.queued -= size
            room -= size
            if size < remaining:
                self.queue.append(job)
        return parts

    def _compute(self, parts):
        """Runs the model; returns `(job, samples or error)` of the finished jobs."""
        model, truncation = parts[0][0].kind
        draw_latents(model, [job for job, _, _ in parts if job.latents is None])
        latents = np.concatenate([job.latents[start:stop] for job, start, stop in parts])
        labels = np.concatenate([job.labels[start:stop] for job, start, stop in parts])
        self.metrics.batches.observe(len(latents))
        samples, results, offset = model.run(latents, labels, truncation), [], 0
        for job, start, stop in parts:
            part = samples[offset : offset + stop - start]
            offset += stop - start
            if not np.isfinite(part).all():
                results.append((job, invalid("expected latents whose samples are finite numbers.")))
            elif self._store(job, start, part):
                results.append((job, job.samples))
        return results

    def _store(self, job, start, samples):
        """Stores a part of a job's samples; returns whether the job is finished."""
        stop = start + len(samples)
        job.samples[start:stop] = to_uint8(samples) if job.pixels else samples
        with self.condition:
            job.finished += len(samples)
            return job.finished == job.count


def draw_latents(model: Model, jobs: Sequence[Job]) -> None:
    """Draws the latents of jobs; threads with parts of the same job draw the same ones."""
    if not jobs:
        return
    draws = model.generator.latents_of([(job.count, job.seed) for job in jobs])
    for job, latents in zip(jobs, draws, strict=True):
        job.latents = np.float32(job.scale) * latents


def deliver(results: Sequence[tuple[Job, np.ndarray | Exception]]) -> None:
    """Sets the results of futures, in the thread of the event loop."""
    for job, result in results:
        if job.future.done():
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
