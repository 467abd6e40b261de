"""Names of people and places, by Presidio and an installed spaCy model (the extra `presidio`).

Nothing is fetched: Presidio's own engine would download a spaCy model, and its recognizer of e-mail addresses a list of
domains. So the engine gets a model that is installed, by its name, and its registry nothing but that model's entities.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from luthier.data.personal.found import Found
from luthier.errors import DataError

_ENTITIES = {"name": "PERSON", "place": "LOCATION"}
_INSTALL = (
    "Install `pip install 'luthier[presidio]'` and a spaCy model that knows names, such as en_core_web_sm from "
    "https://github.com/explosion/spacy-models/releases, or take {} out of data.personal."
)
PIECE = 100_000
"""Characters that the model sees at once: it holds some kilobytes for each word."""


def finder(kinds: Sequence[str]) -> Callable[[str], list[Found]]:
    """Looks for names and places; loads the model once."""
    analyzer, language = _analyzer(kinds)
    entities = {_ENTITIES[kind]: kind for kind in kinds}

    def find_names(text: str) -> list[Found]:
        return list(_found(analyzer, language, entities, text))

    return find_names


def _found(analyzer: Any, language: str, entities: dict[str, str], text: str) -> Iterator[Found]:
    for first in range(0, len(text), PIECE):
        for each in analyzer.analyze(text[first : first + PIECE], language, entities=list(entities)):
            yield Found(entities[each.entity_type], first + each.start, first + each.end)


def _analyzer(kinds: Sequence[str]) -> tuple[Any, str]:
    try:
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer
    except ImportError as error:
        raise _missing(kinds, f"The package {error.name or 'presidio_analyzer'} is not installed") from error
    model = installed_model()
    if not model:
        raise _missing(kinds, "No spaCy model that knows names is installed, and none is downloaded")
    language = model.split("_")[0]
    engine = SpacyNlpEngine(models=[{"lang_code": language, "model_name": model}])
    registry = RecognizerRegistry(
        recognizers=[SpacyRecognizer(supported_language=language)], supported_languages=[language]
    )
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language]), language


def installed_model() -> str:
    """An installed model that finds entities, an English one first; nothing if there is none."""
    import spacy

    named = sorted(spacy.util.get_installed_models(), key=lambda name: (not name.startswith("en_"), name))
    return next((name for name in named if _knows_names(name)), "")


def _knows_names(model: str) -> bool:
    """By what stands in its package, without loading it."""
    from importlib import import_module

    from spacy.util import get_model_meta, get_package_path

    folder = get_package_path(model)
    meta = (
        get_model_meta(folder)
        if (folder / "meta.json").is_file()
        else import_module(model).__dict__.get("__meta__", {})
    )
    parts = meta.get("components") or meta.get("pipeline") or []
    if not parts:  # the package's own meta.json does not say: the model's folder inside it does
        inner = next(folder.glob(f"{model}-*/meta.json"), None)
        parts = get_model_meta(inner.parent).get("pipeline", []) if inner else []
    return any(part in ("ner", "entity_ruler") for part in parts)


def _missing(kinds: Sequence[str], why: str) -> DataError:
    wanted = " and ".join(f"{kind}s" for kind in kinds)
    return DataError(
        f"{wanted.capitalize()} cannot be looked for",
        why,
        _INSTALL.format(" and ".join(kinds)),
        "data.personal",
    )
