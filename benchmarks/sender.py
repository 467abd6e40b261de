"""Sends a checkpoint to a bucket over and over, until it is killed; one byte in COUNT each time.

python -m benchmarks.sender CHECKPOINT BUCKET COUNT
"""

import sys
from pathlib import Path

from luthier.bucket import Bucket
from luthier.training.checkpoint_upload import upload

if __name__ == "__main__":
    bucket = Bucket(sys.argv[2])
    with Path(sys.argv[3]).open("ab", buffering=0) as count:
        while True:
            name = upload(Path(sys.argv[1]), bucket, "checkpoints", lambda: None)
            for stored in bucket.list(f"checkpoints/{name}"):
                bucket.delete(stored.key)
            count.write(b".")
