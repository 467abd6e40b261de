"""Breaking one guard on purpose, to see that the rehearsal would notice."""

from typing import Literal

import orjson

from luthier.compute.orders import Remote
from luthier.models.weights import ADAPTER, MODEL
from luthier.rehearsal.cloud import Cloud, Pod, Watch
from luthier.rehearsal.phases import phase_of
from luthier.rehearsal.plan import Strike
from luthier.storage import sha256_bytes, sha256_json
from luthier.training.checkpoints import MANIFEST

Sabotage = Literal["torn", "no-resume", "leak"]


def strikes_for(interruptions: int, checkpoint_every: int) -> list[Strike]:
    """Interruptions so late in the training that to begin it anew costs more steps than may be lost."""
    after = 2 * checkpoint_every + 2
    return [Strike("training", "outbid", after=after, delay_s=0) for _ in range(max(interruptions, 1))]


def leak(cloud: Cloud) -> Watch:
    """From the evaluation on, the last stage that needs a pod, none can be ended: not by home and not by itself.

    Returns what waits for that moment.
    """

    def deny(_pod: Pod) -> None:
        cloud.faults.add("500", on="terminate", times=10**6)

    return cloud.watch("luthier-", lambda pod: phase_of(pod.disk) == "evaluating", deny)


def spoil(sabotage: Sabotage, remote: Remote) -> None:
    """To be called after an interruption.

    torn: the newest checkpoint gets other weights and a manifest that says they are right, as if manifests were
    written without looking. no-resume: all checkpoints are gone, as if none had ever been sent.
    """
    if sabotage == "no-resume":
        for stored in remote.bucket.list(remote.checkpoints):
            remote.bucket.delete(stored.key)
    elif sabotage == "torn":
        _tear(remote)


def _tear(remote: Remote) -> None:
    manifests = [stored.key for stored in remote.bucket.list(remote.checkpoints) if stored.key.endswith(MANIFEST)]
    if not manifests:
        return
    place = max(manifests).removesuffix(MANIFEST)
    manifest = orjson.loads(remote.bucket.get(place + MANIFEST) or b"")
    manifest.pop("sha256")
    entry = next(entry for entry in manifest["files"] if entry["path"] in (ADAPTER.weights, MODEL.weights))
    weights = bytearray(remote.bucket.get(place + entry["path"]) or b"")
    weights[-2] ^= 0x40  # a bit of the last number's exponent
    remote.bucket.put(place + entry["path"], bytes(weights))
    entry["sha256"] = sha256_bytes(bytes(weights))
    remote.bucket.put(place + MANIFEST, orjson.dumps(manifest | {"sha256": sha256_json(manifest)}))
