"""The metrics at `/metrics`."""

import prometheus_client as prometheus


class Metrics:
    """The server's Prometheus metrics, in a separate registry."""

    def __init__(self):
        self.registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self.registry)
        self.requests = prometheus.Counter(
            "keras_gan_requests",
            "Requests by model, signature or path, and status",
            ("model", "signature", "status"),
            registry=self.registry,
        )
        self.seconds = prometheus.Histogram(
            "keras_gan_request_seconds",
            "From a request's headers to its answer",
            ("model", "signature"),
            registry=self.registry,
        )
        self.batches = prometheus.Histogram(
            "keras_gan_batch_samples",
            "Samples computed together",
            buckets=[2**power for power in range(11)],
            registry=self.registry,
        )
        self.queued = prometheus.Gauge(
            "keras_gan_queued_samples", "Samples that wait", registry=self.registry
        )
        self.version = prometheus.Gauge(
            "keras_gan_version", "The version that is served", ("model",), registry=self.registry
        )

    def text(self) -> bytes:
        """Returns all metrics in Prometheus's text format."""
        return prometheus.generate_latest(self.registry)
