"""What the provider answers when it does not do as asked, in the words of either protocol."""


class Refusal(Exception):
    """message: for people; code: `extensions.code` of GraphQL; status: of REST."""

    def __init__(self, message: str, code: str, status: int):
        super().__init__(message)
        self.message, self.code, self.status = message, code, status


def no_capacity() -> Refusal:
    """The words are RunPod's own; REST tells it from a broken rule by them alone."""
    return Refusal(
        "There are no longer any instances available with the requested specifications. Please refresh and try again.",
        "SUPPLY_CONSTRAINT",
        400,
    )


def no_balance() -> Refusal:
    """RunPod's wording is not known; the status is."""
    return Refusal("Your balance is too low to deploy this pod. Please add funds.", "INSUFFICIENT_BALANCE", 402)


def broken_rule(message: str) -> Refusal:
    return Refusal(message, "BAD_USER_INPUT", 400)


def not_found(message: str = "resource not found") -> Refusal:
    return Refusal(message, "POD_NOT_FOUND", 404)


def wrong_state(message: str) -> Refusal:
    return Refusal(message, "BAD_USER_INPUT", 409)


def unauthorised() -> Refusal:
    return Refusal("missing bearer token", "UNAUTHENTICATED", 401)


def forbidden() -> Refusal:
    return Refusal("access denied", "FORBIDDEN", 403)
