"""Pod records in the storage: a home that takes a run over finds its pods, and counts what they have cost."""

from luthier.compute.orders import Remote
from luthier.compute.pods.record import PodRecord, Records


class SharedRecords:
    """Every call raises StorageUnavailable or StorageError."""

    def __init__(self, remote: Remote, records: Records):
        self.remote, self.records = remote, records
        self.place = f"{remote.root}/pods"
        self.sent: dict[int, PodRecord] = {}

    def send(self) -> None:
        """Store the records that changed; before a pod gets an order, so that none works that nobody can find."""
        for record in self.records.all():
            if self.sent.get(record.number) != record:
                self.remote.put_json(f"{self.place}/{record.number}.json", record.model_dump(mode="json"))
                self.sent[record.number] = record

    def take(self) -> None:
        """Bring those that this home does not have, or has not seen end."""
        mine = {record.number: record for record in self.records.all()}
        for stored in self.remote.bucket.list(self.place):
            record = PodRecord.model_validate(self.remote.get_json(stored.key))
            known = mine.get(record.number)
            if known is None or (known.ended_at is None and record.ended_at is not None):
                self.records.write(record)
            self.sent[record.number] = record
