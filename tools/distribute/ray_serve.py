"""Runs the application of `keras-gan serve` on a Ray cluster: many replicas, one address.

    pip install ".[serve]" "ray[serve]"
    python tools/distribute/ray_serve.py saved_models/digits --replicas 4

Clients see no difference: each replica has TF Serving's REST API and loads new versions from the
folder, which all machines have to share. Ray's proxies distribute the requests. Without --address,
a cluster of this machine only is started. Ctrl-C ends it.
"""

import argparse
import contextlib

from keras_gan.cli.serve import add_limits
from keras_gan.runtime.server.app import build_app
from keras_gan.runtime.server.metrics import Metrics
from keras_gan.runtime.server.serving import open_models, read_settings

import ray
from ray import serve


def deployment(arguments):
    """Makes a Ray application whose replicas each load the model."""

    def build():
        return build_app(open_models(arguments), Metrics(), read_settings(arguments))

    @serve.deployment(num_replicas=arguments.replicas, ray_actor_options={"num_cpus": 1})
    @serve.ingress(build)
    class Replica:
        pass

    return Replica.bind()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="DIR", help="the model's folder")
    parser.add_argument("--name", help="of the model in URLs (default: the folder's)")
    parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8501, help="(default: 8501)")
    parser.add_argument("--token-file", metavar="FILE", help="as for keras-gan serve")
    parser.add_argument("--replicas", type=int, default=2, help="(default: 2)")
    parser.add_argument("--address", help="of a running cluster; auto for this machine's")
    add_limits(parser)
    arguments = parser.parse_args()
    ray.init(address=arguments.address)
    serve.start(http_options={"host": arguments.host, "port": arguments.port})
    with contextlib.suppress(KeyboardInterrupt):
        serve.run(deployment(arguments), route_prefix="/", blocking=True)


if __name__ == "__main__":
    main()
