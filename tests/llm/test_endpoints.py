import pytest

from redraft.errors import ModelRefused, ModelUnavailable
from redraft.llm import chat_endpoint, embedding_endpoint


def test_an_empty_environment_means_openai():
    endpoint = chat_endpoint({})
    assert (endpoint.base_url, endpoint.api_key, endpoint.name) == (
        "https://api.openai.com/v1",
        "",
        "https://api.openai.com/v1",
    )


def test_what_is_pasted_with_a_line_break_is_trimmed():
    endpoint = chat_endpoint({"OPENAI_BASE_URL": " http://host:1/v1/\n", "OPENAI_API_KEY": "sk-abc\n"})
    assert (endpoint.base_url, endpoint.api_key) == ("http://host:1/v1", "sk-abc")


def test_a_configured_name_is_the_identity():
    assert chat_endpoint({"OPENAI_BASE_URL": "http://host/v1", "OPENAI_ENDPOINT_NAME": "lab"}).name == "lab"


def test_no_secret_of_an_address_is_in_name_address_or_repr():
    endpoint = chat_endpoint(
        {"OPENAI_BASE_URL": "https://me:hunter22@host/v1?token=abcdefgh", "OPENAI_API_KEY": "sk-verysecret"}
    )
    shown = f"{endpoint!r} {endpoint} {endpoint.name} {endpoint.address}"
    assert endpoint.address == "https://host/v1"
    for secret in ("hunter22", "abcdefgh", "sk-verysecret"):
        assert secret not in shown
        assert secret not in endpoint.scrub(f"failed: {secret}!")


@pytest.mark.parametrize("url", ["localhost:8000", "host/v1", "ftp://host", "http://", "http://[::1", "http://h:99999"])
def test_an_address_that_is_none_is_refused_by_the_name_of_its_variable(url):
    with pytest.raises(ModelUnavailable, match="OPENAI_BASE_URL must be an address"):
        chat_endpoint({"OPENAI_BASE_URL": url})


def test_a_key_that_cannot_be_one_is_refused_without_showing_it():
    with pytest.raises(ModelRefused, match="OPENAI_API_KEY holds characters") as caught:
        chat_endpoint({"OPENAI_API_KEY": "sk-“smart”"})
    assert "smart" not in str(caught.value)


def test_embeddings_come_from_the_chat_endpoint_unless_said_otherwise():
    environ = {"OPENAI_BASE_URL": "http://a/v1", "OPENAI_API_KEY": "sk-chat", "OPENAI_ENDPOINT_NAME": "lab"}
    endpoint = embedding_endpoint(environ)
    assert (endpoint.base_url, endpoint.api_key, endpoint.name) == ("http://a/v1", "sk-chat", "lab")


def test_the_chat_key_is_not_sent_to_another_host():
    environ = {"OPENAI_BASE_URL": "http://a/v1", "OPENAI_API_KEY": "sk-chat", "OPENAI_ENDPOINT_NAME": "lab"}
    endpoint = embedding_endpoint(environ | {"REDRAFT_EMBEDDING_BASE_URL": "http://b/v1"})
    assert (endpoint.base_url, endpoint.api_key, endpoint.name) == ("http://b/v1", "", "http://b/v1")
    assert endpoint.key_variable == "REDRAFT_EMBEDDING_API_KEY"


def test_another_path_of_the_same_host_gets_the_chat_key():
    environ = {"OPENAI_BASE_URL": "http://a/chat/v1", "OPENAI_API_KEY": "sk-chat"}
    assert embedding_endpoint(environ | {"REDRAFT_EMBEDDING_BASE_URL": "http://a/embed/v1"}).api_key == "sk-chat"


def test_embeddings_can_have_address_key_and_name_of_their_own():
    environ = {
        "OPENAI_API_KEY": "sk-chat",
        "REDRAFT_EMBEDDING_BASE_URL": "http://b/v1",
        "REDRAFT_EMBEDDING_API_KEY": "sk-embed",
        "REDRAFT_EMBEDDING_ENDPOINT_NAME": "gpu box",
    }
    endpoint = embedding_endpoint(environ)
    assert (endpoint.base_url, endpoint.api_key, endpoint.name) == ("http://b/v1", "sk-embed", "gpu box")
