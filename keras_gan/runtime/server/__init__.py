"""A preview server for exported generators: TF Serving's REST API over onnxruntime.

    DIR/<version>/assets.extra/generator.onnx -> http://127.0.0.1:8501/v1/models/NAME

A client written for TF Serving finds what it knows: paths, signatures, row and columnar format,
status codes and wording. It is TF Serving's policy too that only the newest version is served, and
the one before it unloaded once the new one is ready. What differs, on purpose:

- A latent that is NaN or infinite, a label that no class has, and a count, seed or truncation out
  of range are refused (400), where the SavedModel would compute something.
- Requests have limits: rows, bytes, seconds; 413, 408, 431. A full queue is 503 with Retry-After.
- Only `predict` works, as the exported signatures allow; version labels aren't supported.
- Beyond the API there are `/`, `/healthz`, `/readyz`, `/metrics` and `NAME/sample.png?count=16`.

`serving.py` is the process, `versions.py` what is served, `app.py`
the paths, `rest.py` TF Serving's JSON, `batching.py` the queue, and `protocol.py` the patience with
clients.
"""
