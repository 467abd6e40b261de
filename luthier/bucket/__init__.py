"""Where rented machines and this one meet: a folder, or a bucket of any S3 service."""

from luthier.bucket.growth import GrowthReceiver, GrowthSender
from luthier.bucket.store import Bucket, Stored, open_bucket

__all__ = ["Bucket", "GrowthReceiver", "GrowthSender", "Stored", "open_bucket"]
