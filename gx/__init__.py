"""The Great Expectations file context of the data gate; luthier.data.gate opens a copy of it."""
