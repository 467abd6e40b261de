"""RunPod over both of its APIs, so that the end of one is not the end of the product.

Spot pods are rented over GraphQL, on-demand ones over REST v2 or, where that is gone, GraphQL. Pods are looked at and
ended over GraphQL, which knows why a pod ended, or over REST where GraphQL is gone or gives no answer. Renting never
changes over after a silence: the pod may exist.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from luthier.compute.pods.graphql import GraphQL
from luthier.compute.pods.port import Pod, PodProvider, Quote, Wanted
from luthier.compute.pods.rest import Rest
from luthier.errors import ApiWithdrawn, ProviderUnavailable

Answer = TypeVar("Answer")


class RunPod:
    """PodProvider."""

    def __init__(self, graphql: GraphQL, rest: Rest):
        self.graphql, self.rest = graphql, rest

    def create(self, wanted: Wanted) -> Pod:
        if wanted.purchase == "spot":
            return self.graphql.create(wanted)
        try:
            return self.rest.create(wanted)
        except ApiWithdrawn:
            return self.graphql.create(wanted)

    def get(self, pod_id: str) -> Pod | None:
        return _either(lambda: self.graphql.get(pod_id), lambda: self.rest.get(pod_id))

    def list(self, prefix: str) -> Sequence[Pod]:
        return _either(lambda: self.graphql.list(prefix), lambda: self.rest.list(prefix))

    def terminate(self, pod_id: str) -> bool:
        return _either(lambda: self.graphql.terminate(pod_id), lambda: self.rest.terminate(pod_id))

    def logs(self, pod_id: str, tail: int) -> Sequence[str]:
        return self.rest.logs(pod_id, tail)

    def quote(self, gpu: str | None = None) -> Sequence[Quote]:
        return _either(lambda: self.graphql.quote(gpu), lambda: self.rest.quote(gpu))


def open_provider() -> PodProvider:
    """RunPod with the key of RUNPOD_API_KEY or ~/.runpod/config.toml, asked for when a call needs it."""
    return RunPod(GraphQL(), Rest())


def _either(first: Callable[[], Answer], second: Callable[[], Answer]) -> Answer:
    """What `first` gives; what `second` gives where the first API has gone or is silent. Reads and ends only."""
    try:
        return first()
    except (ApiWithdrawn, ProviderUnavailable) as error:
        failure = error
    try:
        return second()
    except ApiWithdrawn:
        raise failure from None
