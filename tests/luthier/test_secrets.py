"""What is secret is hidden in texts, and other text stays as it is."""

from urllib.parse import quote

import pytest

from luthier.secrets import is_secret, redact, without_secrets, worker_environment

SECRET = 'p/lanted+"=secret'


@pytest.mark.parametrize(
    "variable",
    ["RUNPOD_API_KEY", "HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD",
     "SMTP_PASSWORD", "github_token", "DEPLOY_KEYS", "LUTHIER_SIGN_IN", "PREFECT_API_AUTH_STRING"],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(variable):
    assert is_secret(variable)


@pytest.mark.parametrize(
    "variable", ["TOKENIZERS_PARALLELISM", "KEYBOARD", "HF_TOKEN_PATH", "AWS_WEB_IDENTITY_TOKEN_FILE", "PATH", "HOME"]
)
def test_other_variables_are_no_secrets(variable):
    assert not is_secret(variable)


@pytest.mark.parametrize("form", [SECRET, quote(SECRET, safe="")])
def test_this_environments_secrets_are_hidden(monkeypatch, form):
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    assert redact(f"refused: key {form} is unknown") == "refused: key *** is unknown"


def test_a_secret_within_another_leaves_no_rest(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "abcdef")
    monkeypatch.setenv("B_TOKEN", "abcdef-and-more")
    assert redact("abcdef-and-more") == "***"


def test_the_password_of_an_address_is_hidden_wherever_it_stands(monkeypatch):
    monkeypatch.setenv("LUTHIER_MLFLOW_URI", "http://luthier:opensesame@mlflow:5000")
    assert redact("login of luthier with opensesame failed") == "login of luthier with *** failed"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET http://user:word@host/path failed", "GET http://***@host/path failed"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
        ("'authorization': 'Basic dXNlcjpwYXNz'", "'authorization': 'Basic ***'"),
        ("/key?X-Amz-Signature=0123abcd&x=1", "/key?X-Amz-Signature=***&x=1"),
        ("token hf_" + "a1" * 17, "token ***"),
        ("key rpa_" + "B2" * 20, "key ***"),
        ("AccessKeyId AKIA" + "C3" * 8, "AccessKeyId ***"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_whoevers_it_is(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text", ["step 300, loss 1.25, see https://host:8080/a@b", "the bearer of news", "hf_hub", "{{ RUNPOD_SECRET_hf }}"]
)
def test_other_text_is_left(text, monkeypatch):
    monkeypatch.setenv("SHORT_KEY", "step")
    monkeypatch.setenv("EMPTY_KEY", "")
    assert redact(text) == text


def test_a_worker_inherits_the_hubs_token_and_no_other_secret():
    kept = {"PATH": "/bin", "HF_TOKEN": "hf", "HF_HOME": "/cache", "LUTHIER_RUN": "bot", "RUNPOD_GPU_COUNT": "1"}
    secret = {
        "RUNPOD_API_KEY": "k",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_REGION": "eu",
        "AWS_PROFILE": "p",
        "WANDB_API_KEY": "w",
        "LUTHIER_DATABASE": "postgresql+psycopg://luthier:p@db/luthier",
    }
    assert worker_environment(kept | secret) == kept


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://luthier:secret@db:5432/mlflow", "postgresql://db:5432/mlflow"),
        ("http://mlflow:5000", "http://mlflow:5000"),
        ("sqlite:////home/a@b/mlflow.db", "sqlite:////home/a@b/mlflow.db"),
    ],
)
def test_an_address_is_shown_without_its_user(uri, shown):
    assert without_secrets(uri) == shown
