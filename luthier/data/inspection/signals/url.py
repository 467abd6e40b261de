"""Web addresses: what is behind them changes, and models make them up."""


def url(text: str) -> bool:
    return "http://" in text or "https://" in text or "www." in text
