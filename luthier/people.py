"""Whom a team tells what: the sections `channels` and `people` of luthier.toml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from luthier.secrets import is_secret

Kind = Literal["completed", "failed", "crashed", "cancelled", "waiting", "interrupted", "retention", "cost"]
"""What there is to tell of a run. No stage measures retention yet, so nothing tells of it."""

FINAL: tuple[Kind, ...] = ("completed", "failed", "crashed", "cancelled")
USUAL: tuple[Kind, ...] = (*FINAL, "waiting", "retention", "cost")
"""What is told where nobody chose: an interrupted worker goes on by itself."""


def _kept_from_workers(variable: str) -> str:
    if not is_secret(variable):
        raise ValueError(
            f"{variable}: let its name end in _WEBHOOK, _SECRET, _TOKEN or _PASSWORD; then it is kept secret"
        )
    return variable


Secret = Annotated[str, AfterValidator(_kept_from_workers)]
"""The name of an environment variable that holds a secret."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SlackChannel(_Section):
    """An incoming webhook. Who has its address can write to the channel, so it never stands in the file."""

    kind: Literal["slack"]
    url_env: Secret


class EmailChannel(_Section):
    kind: Literal["email"]
    host: str = Field(min_length=1)
    port: int = Field(587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: Secret | None = None
    sender: str = Field(pattern=r"@")
    to: list[Annotated[str, Field(pattern=r"@")]] = Field(default_factory=list)

    @model_validator(mode="after")
    def no_password_in_clear_text(self) -> "EmailChannel":
        if self.security == "none" and self.password_env:
            raise ValueError("a password is not sent without TLS; set security to starttls or tls")
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env belong together")
        return self


class WebhookChannel(_Section):
    """JSON to an address, signed where a secret is named."""

    kind: Literal["webhook"]
    url: str | None = Field(None, pattern=r"^https?://")
    url_env: Secret | None = None
    secret_env: Secret | None = None

    @model_validator(mode="after")
    def one_address(self) -> "WebhookChannel":
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        return self


class AppriseChannel(_Section):
    """Any address that Apprise knows."""

    kind: Literal["apprise"]
    url_env: Secret


Channel = Annotated[SlackChannel | EmailChannel | WebhookChannel | AppriseChannel, Field(discriminator="kind")]


class Person(_Section):
    """Who is told what, and where. `channels` are names of channels; `email` is the address at those of e-mail."""

    name: str = ""
    channels: list[str] = Field(min_length=1)
    email: Annotated[str, Field(pattern=r"@")] | None = None
    kinds: list[Kind] = Field(default_factory=lambda: list(USUAL))
    projects: list[str] = Field(default_factory=list)
    digest: Literal["off", "daily"] = "off"
    urgent: list[Kind] = Field(default_factory=list)


def check_known(people: dict[str, Person], channels: dict[str, Any]) -> None:
    """Raises ValueError where a person's channel does not exist, or needs an address that is not given."""
    for key, person in people.items():
        for name in person.channels:
            if name not in channels:
                raise ValueError(f"{key}: there is no channel {name}; known: {', '.join(channels) or 'none'}")
            if channels[name].kind == "email" and person.email is None:
                raise ValueError(f"{key}: channel {name} needs the person's email")
