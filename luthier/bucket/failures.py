"""obstore's failures in a person's words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from luthier.errors import LuthierError, StorageError, StorageUnavailable

WHERE = "luthier.toml: storage (or LUTHIER_STORAGE)"

FIXES = {
    r"NoSuchBucket|InvalidBucketName": "Create the bucket, or name another.",
    r"AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraint|status code: 30\d": (
        "Set storage_region and storage_endpoint to the bucket's own."
    ),
    r"ExpiredToken|TokenRefreshRequired": "The credentials have run out. Get new ones.",
    r"RequestTimeTooSkewed": "Set this machine's clock.",
    r"/latest/api/token|[Cc]redential": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    r"status code: 40[13]": (
        "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may read, write, list and delete there."
    ),
    r"status code: 4(?!08|29)\d\d": "Check storage, storage_endpoint and storage_region.",
    r"os error (13|17|20|21|30)\b": "Name a folder that can be written.",
    r"os error (28|122)\b": "Make room there.",
}
"""What will not mend itself, told by a service's codes or the system's numbers; the first that fits counts.

Without keys an EC2 machine's own are asked for, at …/latest/api/token.
"""


@contextmanager
def told(uri: str, key: str | None = None) -> Iterator[None]:
    """Raise obstore's failures as StorageUnavailable or StorageError; a missing `key` as FileNotFoundError.

    Of a service's answer only code and message are repeated: the rest quotes what was signed.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        text = str(error)
        if isinstance(error, FileNotFoundError) and key is not None and "NoSuchBucket" not in text:
            raise FileNotFoundError(f"{uri} holds no {key}") from None
        raise _in_words(uri, text) from None


def _in_words(uri: str, text: str) -> LuthierError:
    for pattern, fix in FIXES.items():
        if re.search(pattern, text):
            return StorageError(f"the storage {uri} cannot be used", _reason(text), fix, WHERE)
    fix = "What runs goes on and is stored later; check the network and storage_endpoint if it stays so."
    return StorageUnavailable(f"the storage {uri} does not answer", _reason(text), fix)


def _reason(text: str) -> str:
    """The service's own code and message, or the innermost cause that obstore names."""
    code, message = (re.search(f"<{tag}>(.*?)</{tag}>", text) for tag in ("Code", "Message"))
    if code and message:
        return f"{code[1]}: {message[1]}"
    outcome, _, details = text.partition("\n\nDebug source:")
    inner = re.findall(r'(?:message|error): "([^"]+)"', details)
    return inner[-1] if inner else outcome.rpartition(" - ")[2].splitlines()[0]
