"""Keys that give themselves away by their form, after what their issuers publish.

A sign that stands in every one comes first: it is looked for before the dear pattern.
"""

import re

_BEFORE = r"(?<![A-Za-z0-9_-])"


def _form(sign: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return sign, re.compile(_BEFORE + pattern)


FORMS = (
    _form("AKIA", r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])"),  # AWS, IAM reference: unique identifiers
    _form("ASIA", r"ASIA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _form(
        "sk-", r"sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?(?=[A-Za-z_-]*+\d)[A-Za-z0-9_-]{20,}"
    ),  # OpenAI, Anthropic
    _form("hf_", r"hf_[A-Za-z0-9]{30,}"),  # Hugging Face
    _form("gh", r"gh[pousr]_[A-Za-z0-9]{36,}"),  # GitHub: about authentication
    _form("github_pat_", r"github_pat_\w{40,}"),
    _form("gl", r"gl(?:pat|dt|rt|ptt|cbt|ft|soat)-[\w.-]{20,}"),  # GitLab: token overview
    _form("xox", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}"),  # Slack: token types
    _form("xapp-", r"xapp-[\w-]{10,}"),
    _form("hooks.slack.com", r"hooks\.slack\.com/services/T\w{4,20}/B\w{4,20}/\w{20,}"),
    _form("k_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),  # Stripe: API keys
    _form("whsec_", r"whsec_[A-Za-z0-9+/=]{24,}"),
    _form("AIza", r"AIza[\w-]{35}"),  # Google Cloud: API keys
    _form("GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    _form("ya29.", r"ya29\.[\w-]{20,}"),
    _form("eyJ", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),  # RFC 7519; {" in base64
    _form("rp", r"rp[as]_[A-Za-z0-9]{20,}"),  # RunPod
    _form("npm_", r"npm_[A-Za-z0-9]{36}"),  # GitHub blog: npm's new token format
    _form("pypi-", r"pypi-[\w-]{50,}"),  # PyPI help: API tokens
    _form(":AA", r"\d{8,10}:AA[\w-]{32,34}(?![\w-])"),  # Telegram: bots
    _form("SG.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),  # SendGrid
    _form("gsk_", r"gsk_[A-Za-z0-9]{40,}"),  # Groq
    _form("xai-", r"xai-[A-Za-z0-9]{40,}"),
    _form("nvapi-", r"nvapi-[\w-]{40,}"),
    _form("pplx-", r"pplx-[A-Za-z0-9]{40,}"),
    _form("r8_", r"r8_[A-Za-z0-9]{30,}"),  # Replicate
    _form("dop_v1_", r"dop_v1_[0-9a-f]{64}"),  # DigitalOcean
    _form("dapi", r"dapi[0-9a-f]{32}"),  # Databricks
    _form("shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),  # Shopify
    _form("hvs.", r"hvs\.[\w-]{24,}"),  # HashiCorp Vault
    _form("dckr_pat_", r"dckr_pat_[\w-]{20,}"),
    _form("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    _form("Key=", r"(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{42,}={0,2}"),  # Azure: connection strings
    _form("sig=", r"sig=[A-Za-z0-9%/+]{40,}(?:=|%3D)?"),  # Azure: shared access signatures
)
