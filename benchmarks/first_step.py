"""Time the first training step after `compile`, with the tracing and all preparation in it.

PEERS_DIR names the folder with the workloads; W4 is a convolutional network of six layers.
"""

import os
import sys
import time

sys.path.insert(0, os.environ.get("PEERS_DIR", "."))

import workloads
from peer_trimtab import Trimtab


def main():
    """Print the seconds of the first step and of the second."""
    peer = Trimtab(workloads.WORKLOADS["W4"], "fit", len(os.sched_getaffinity(0)))
    peer.load()
    peer.build(peer.w["net"])
    batch = peer.w["batch"]
    x, y = peer.X[:batch], peer.y[:batch]
    for name in ("first", "second"):
        start = time.perf_counter()
        peer.model.fit(x, y, batch_size=batch, verbose=0)
        sys.stdout.write(f"{name} step of W4: {time.perf_counter() - start:.3f} s\n")


if __name__ == "__main__":
    main()
