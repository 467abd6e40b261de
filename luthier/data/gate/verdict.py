"""What the gate says of all chunks together."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

PLACES = 20
"""Lines that are kept of a failed rule."""


class Verdict(NamedTuple):
    """`expectations`: {suite, expectation, column, severity, success, broken, unexpected, reason, lines} each."""

    expectations: list[dict[str, Any]]

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [each for each in self.expectations if not each["success"]]

    @property
    def max_severity(self) -> str | None:
        failed = {each["severity"] for each in self.failed}
        return next((severity for severity in ("critical", "warning", "info") if severity in failed), None)

    @property
    def passed(self) -> bool:
        """A check that broke has not been made, whatever its severity."""
        return self.max_severity != "critical" and not any(each["broken"] for each in self.failed)


def joined(chunks: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The results of one suite on every chunk as one result an expectation."""
    return [_joined(results) for results in zip(*chunks, strict=True)]


def _joined(results: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    counts = [each["unexpected"] for each in results if each["unexpected"] is not None]
    return results[0] | {
        "success": all(each["success"] for each in results),
        "broken": any(each["broken"] for each in results),
        "unexpected": sum(counts) if counts else None,
        "lines": [line for each in results for line in each["lines"]][:PLACES],
    }


def told(suite: str, result: "ExpectationValidationResult") -> dict[str, Any]:
    wanted = result.expectation_config
    assert wanted is not None
    outcome = result.result
    rows = outcome.get("unexpected_index_list") or []
    return {
        "suite": suite,
        "expectation": wanted.type,
        "column": wanted.kwargs.get("column", ""),
        "severity": severity(wanted),
        "success": bool(result.success),
        "broken": _raised(result.exception_info or {}),
        "unexpected": outcome.get("unexpected_count"),
        "reason": (wanted.meta or {}).get("reason", ""),
        "lines": [str(row["source_line"]) for row in rows[:PLACES] if isinstance(row, dict)],
    }


def _raised(told: dict[str, Any]) -> bool:
    """Whether a check ended with an error of its own: told once, or by the metric that failed."""
    parts = [told, *(each for each in told.values() if isinstance(each, dict))]
    return any(part.get("raised_exception") for part in parts)


def severity(wanted: "ExpectationConfiguration") -> str:
    return str(getattr(wanted.severity, "value", wanted.severity))
