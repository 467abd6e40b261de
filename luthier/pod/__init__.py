"""In a rented pod: take orders from the storage, run the worker, send what it makes, end the pod."""
