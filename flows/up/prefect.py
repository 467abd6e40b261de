"""The home's Prefect server, started again on its port when it is gone."""

from flows.process import end_recorded, lives
from flows.server import alone, begin, healthy, prefect_home
from luthier.settings import Settings
from luthier.storage import read_json


class PrefectServer:
    """Shared with the runs of this home: who leaves last stops it (flows/server.py)."""

    name = "Prefect's server"

    def __init__(self, settings: Settings, url: str, host: str):
        self.settings, self.url, self.host = settings, url, host
        self.home = prefect_home(settings)
        self.log = self.home / "server.log"
        self.record = self.home / "server.json"

    def start(self) -> None:
        with alone(self.home):
            end_recorded(self.record)
            begin(self.settings, int(self.url.removesuffix("/api").rpartition(":")[2]), self.host)

    def alive(self) -> bool:
        return self.record.exists() and lives(read_json(self.record))

    def answers(self) -> bool:
        return healthy(self.url)
