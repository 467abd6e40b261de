"""E-mail through a real server with certificates and passwords."""

import pytest
from pydantic import TypeAdapter
from receivers import post
from sending import by_mail, message

from luthier.errors import LuthierError
from luthier.notify.channels import send
from luthier.people import Channel
from luthier.places import Link

HOSTILE = 'x\r\nBcc: all@example.org <script>alert(1)</script> <img src="http://evil.example/p.png">'


def channel(server, **changes):
    return TypeAdapter(Channel).validate_python(by_mail(server, **changes))


def test_by_starttls_with_a_password(mail):
    links = [Link(label="Prefect", target="http://prefect/1"), Link(label="Report", target="/r.html")]
    told = message(
        lead="Better.", cause="c", fix="f", facts=[("Cost", "$1.20")], links=links, summary="<p>first page</p>"
    )
    send(told, channel(mail), "ada@example.org")
    ((to, got),) = mail.mails
    assert to == ["ada@example.org"] and got["Subject"] == "Done: tiny" and got["To"] == "ada@example.org"
    assert got["Message-ID"] == f"<{told.id}@example.org>"
    text, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Cost: $1.20" in text and "What to do: f" in text
    assert "<p>first page</p>" in html and 'href="http://prefect/1"' in html and 'href="/r.html"' not in html


def test_by_tls(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "right-horse")
    with post(tmp_path, "tls") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        send(message(), channel(server, security="tls"), "ada@example.org")
        assert server.titles == ["Done: tiny"]


def test_by_a_relay_without_tls_only_without_a_password(tmp_path):
    with post(tmp_path, "none") as server:
        send(message(), channel(server, security="none", user=None, password_env=None), "ada@example.org")
        assert server.titles == ["Done: tiny"]
        with pytest.raises(ValueError, match="not sent without TLS"):
            channel(server, security="none")


def test_a_certificate_of_nobody_is_refused(mail, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(LuthierError, match="certificate is not trusted") as caught:
        send(message(), channel(mail), "ada@example.org")
    assert caught.value.hopeless and mail.mails == []


def test_a_certificate_of_another_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "right-horse")
    with post(tmp_path, host="mail.example.org") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        with pytest.raises(LuthierError, match="certificate is not trusted"):
            send(message(), channel(server), "ada@example.org")


def test_a_server_that_offers_no_tls_gets_no_password(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "right-horse")
    with post(tmp_path, "none") as server, pytest.raises(LuthierError) as caught:
        send(message(), channel(server), "ada@example.org")
    assert caught.value.hopeless


def test_a_wrong_password_is_hopeless_and_not_shown(mail, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-zebra")
    with pytest.raises(LuthierError, match="user or password is refused") as caught:
        send(message(), channel(mail), "ada@example.org")
    assert caught.value.hopeless and "wrong-zebra" not in str(caught.value)


@pytest.mark.parametrize(("answer", "hopeless"), [("451 later", False), ("550 never", True)])
def test_what_the_server_says_decides_whether_it_is_tried_again_soon(mail, answer, hopeless):
    mail.answers = [answer]
    with pytest.raises(LuthierError, match=answer[:3]) as caught:
        send(message(), channel(mail), "ada@example.org")
    assert caught.value.hopeless is hopeless


def test_nobody_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "right-horse")
    with post(tmp_path) as server:
        gone = channel(server)
    with pytest.raises(LuthierError, match="cannot be reached") as caught:
        send(message(), gone, "ada@example.org")
    assert not caught.value.hopeless


def test_names_add_no_headers_and_no_markup(mail):
    told = message(HOSTILE, lead=HOSTILE, cause=HOSTILE, fix=HOSTILE, facts=[(HOSTILE, HOSTILE)])
    send(told, channel(mail), "ada@example.org")
    ((to, got),) = mail.mails
    assert to == ["ada@example.org"] and got["Bcc"] is None
    html = got.get_body(("html",)).get_content()
    assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html
