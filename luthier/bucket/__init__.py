"""Where rented machines and this one meet: a folder, or a bucket of any S3 service."""

from luthier.bucket.growth import receive_growth, send_growth
from luthier.bucket.store import Bucket, Stored, open_bucket

__all__ = ["Bucket", "Stored", "open_bucket", "receive_growth", "send_growth"]
