import numpy as np
import pytest
from crafted_server import Reply

from redraft.errors import ModelRefused, ModelReplyError, ModelUnavailable

KEY = "sk-secret-of-this-test"


def test_rows_come_in_the_order_of_the_texts_over_several_batches(make_embedder, crafted_server):
    rows = make_embedder().embed(["a", "bbb", "cc", "dddd", "e"])
    assert rows.dtype == np.float32
    assert rows[:, 0].tolist() == [1, 3, 2, 4, 1]
    assert len(crafted_server.requests) == 3


def test_each_batch_is_one_line_of_the_log_without_texts(make_embedder, log):
    make_embedder().embed(["a", "b", "c"])
    assert [(call.kind, call.model, call.messages, call.tokens_in) for call in log.calls] == [
        ("embed", "model-e", (), 3)
    ] * 2


def test_the_identity_is_the_endpoint_and_the_model(make_embedder, crafted_server):
    assert make_embedder().identity == f"{crafted_server.base_url} model-e"


def test_no_text_is_no_call(make_embedder, crafted_server):
    assert make_embedder().embed([]).shape[0] == 0
    assert crafted_server.requests == []


def test_an_empty_text_is_sent_as_a_space(make_embedder, crafted_server):
    make_embedder().embed(["", "\n"])
    assert crafted_server.requests[0]["input"] == [" ", " "]


def test_what_may_pass_is_retried(make_embedder, crafted_server, log):
    crafted_server.enqueue(Reply(status=429, error="later", headers={"retry-after-ms": "1"}))
    assert make_embedder().embed(["a"]).shape == (1, 2)
    assert log.calls[0].retries == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, ModelRefused), (404, ModelRefused), (429, ModelUnavailable), (500, ModelUnavailable)]
)
def test_a_failure_is_one_error_and_in_the_log(make_embedder, crafted_server, log, status, kind):
    crafted_server.enqueue(*[Reply(status=status, error=f"no, {KEY}", headers={"retry-after-ms": "1"})] * 20)
    with pytest.raises(kind) as caught:
        make_embedder().embed(["a", "b", "c"])
    assert caught.value.__context__ is None
    assert KEY not in f"{caught.value!r} {log.calls}"
    assert log.n_failed >= 1


@pytest.mark.parametrize(
    "rows", [[[1.0]], [[1.0], [1.0], [1.0]], [[float("1"), None], [1.0, 2.0]], [[1.0, 2.0], [1.0]], [[], []]]
)
def test_something_else_than_one_vector_a_text_is_refused(make_embedder, crafted_server, rows):
    crafted_server.embed = lambda _texts: rows
    with pytest.raises(ModelReplyError):
        make_embedder().embed(["a", "b"])


def test_vectors_of_different_lengths_are_refused(make_embedder, crafted_server):
    crafted_server.embed = lambda texts: [[1.0] * len(texts)] * len(texts)
    with pytest.raises(ModelReplyError, match="different lengths"):
        make_embedder().embed(["a", "b", "c"])
