import socket

import pytest
from crafted_server import Reply

from redraft.errors import ModelRefused, ModelReplyError, ModelUnavailable
from redraft.llm import check_models

KEY = "sk-secret-of-this-test"


@pytest.fixture
def environ(crafted_server):
    return {"OPENAI_BASE_URL": crafted_server.base_url, "OPENAI_API_KEY": KEY}


def error_of(environ, chat="model-a", embedding="model-e"):
    with pytest.raises((ModelRefused, ModelUnavailable, ModelReplyError)) as caught:
        check_models(environ, chat_models=[chat], embedding_model=embedding)
    error = caught.value
    assert error.__context__ is None
    assert error.__cause__ is None
    assert KEY not in repr(error) + str(error)
    return error


def test_models_that_answer_pass_and_each_is_asked_once(environ, crafted_server):
    check_models(environ, chat_models=["model-a", "model-b", "model-a"], embedding_model="model-e")
    assert [request["model"] for request in crafted_server.requests] == ["model-a", "model-b", "model-e"]


def test_the_stand_in_passes(model_server):
    check_models(
        {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": "any"},
        chat_models=["demo-chat"],
        embedding_model="demo-embed",
    )


def test_no_endpoint_names_the_address_and_the_variable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    error = error_of({"OPENAI_BASE_URL": address, "OPENAI_API_KEY": KEY})
    assert isinstance(error, ModelUnavailable)
    assert str(error).startswith(f"no model endpoint can be reached at {address}: ")
    assert str(error).endswith("Start it, or set OPENAI_BASE_URL.")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_its_variable_and_not_the_key(environ, crafted_server, status):
    crafted_server.otherwise = lambda _body: Reply(status=status, error=f"Incorrect API key provided: {KEY}")
    error = error_of(environ)
    assert isinstance(error, ModelRefused)
    assert f"the key in OPENAI_API_KEY (HTTP {status})" in str(error)


def test_a_missing_key_is_asked_for(crafted_server):
    crafted_server.otherwise = lambda _body: Reply(status=401, error="no key")
    error = error_of({"OPENAI_BASE_URL": crafted_server.base_url})
    assert str(error) == f"{crafted_server.base_url} asks for a key (HTTP 401). Set OPENAI_API_KEY."


def test_an_unknown_model_lists_those_that_there_are(environ, crafted_server):
    crafted_server.otherwise = lambda _body: Reply(
        status=404, error={"message": "The model `gpt-9` does not exist", "code": "model_not_found"}
    )
    error = error_of(environ, chat="gpt-9")
    assert str(error) == (
        f"{crafted_server.base_url} has no model 'gpt-9' (HTTP 404); it has: model-a, model-b. Name one of these."
    )


def test_an_address_without_its_path_says_so(environ, crafted_server):
    environ["OPENAI_BASE_URL"] = crafted_server.base_url.removesuffix("/v1")
    error = error_of(environ)
    assert "has nothing at that path (HTTP 404" in str(error)
    assert "/v1" in error.remedy


def test_a_spent_quota_is_not_called_a_passing_trouble(environ, crafted_server):
    crafted_server.otherwise = lambda _body: Reply(
        status=429,
        error={"message": "You exceeded your quota", "code": "insufficient_quota"},
        headers={"retry-after-ms": "1"},
    )
    assert isinstance(error_of(environ), ModelRefused)


def test_an_endpoint_that_keeps_failing_is_unavailable(environ, crafted_server):
    crafted_server.otherwise = lambda _body: Reply(status=503, error="loading", headers={"retry-after-ms": "1"})
    error = error_of(environ)
    assert isinstance(error, ModelUnavailable)
    assert "HTTP 503: loading" in str(error)


def test_a_web_page_is_no_model_endpoint(environ, crafted_server):
    crafted_server.otherwise = lambda _body: Reply(raw="<html>Welcome to our proxy</html>")
    assert isinstance(error_of(environ), ModelReplyError)


def test_the_embedding_model_is_checked_at_its_own_endpoint(environ):
    error = error_of({**environ, "REDRAFT_EMBEDDING_BASE_URL": "http://127.0.0.1:9/v1"})
    assert "http://127.0.0.1:9/v1" in str(error)
    assert "REDRAFT_EMBEDDING_BASE_URL" in error.remedy
