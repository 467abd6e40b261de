"""Base models from the hub: weights as safetensors only, of one revision."""

from pathlib import Path

from luthier.errors import ModelError

PATTERNS = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]


def download(hub_id: str, revision: str | None, with_code: bool) -> Path:
    """The snapshot's folder in the hub's cache, downloaded if it is not there yet.

    Raises ModelError when the model does not exist, is gated, or cannot be reached.
    """
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
    from huggingface_hub.errors import HFValidationError as NoName
    from huggingface_hub.errors import RevisionNotFoundError as NoRevision

    patterns = [*PATTERNS, "*.py"] if with_code else PATTERNS
    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=patterns))
    except GatedRepoError:
        why, fix = "Its owner asks for consent first.", "Accept the terms on the model's page and set HF_TOKEN."
    except NoRevision:
        raise ModelError(f'{hub_id} has no revision "{revision}"', "", "Name another.", "model.revision") from None
    except NoName as error:
        why, fix = str(error), "Name a folder that exists, or a hub id such as owner/name."
    except RepositoryNotFoundError:
        why, fix = "The hub knows no such model, or it is private.", "Check the name, or set HF_TOKEN."
    except (LocalEntryNotFoundError, HfHubHTTPError, httpx.HTTPError, OSError):
        why = "It is not in the cache and the hub cannot be reached."
        fix = "Go online once, name a local folder, or use model.base: smollm2-135m, which needs no hub."
    raise ModelError(f"the base model {hub_id} is not there", why, fix, "model.base")
