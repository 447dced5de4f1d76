"""`demo-embed` over HTTP: what it returns, and that it is the same in every process."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable

import openai
import pytest
from conftest import Server

TEXTS = ["How do I restore a backup?", "Restoring backups", "定时备份的日志", "A recipe for bread"]


def embed(server: Server, texts: list[str], **more: object) -> list[list[float]]:
    reply = server.post("/v1/embeddings", {"model": "demo-embed", "input": texts, **more})
    assert reply.status_code == 200, reply.text
    return [row["embedding"] for row in reply.json()["data"]]


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_384_dimensions_and_length_one(server: Server) -> None:
    for vector in embed(server, TEXTS):
        assert len(vector) == 384
        assert math.isclose(cosine(vector, vector), 1, abs_tol=1e-5)


def test_dimensions_are_honoured(server: Server) -> None:
    assert len(embed(server, TEXTS[:1], dimensions=64)[0]) == 64


def test_alike_texts_are_nearer_than_others(server: Server) -> None:
    question, alike, chinese, other = embed(server, TEXTS)
    assert cosine(question, alike) > 0.4 > cosine(question, other)
    assert cosine(chinese, embed(server, ["备份日志"])[0]) > cosine(chinese, other)


def test_parts_of_identifiers_count(server: Server) -> None:
    name, words, other = embed(server, ["allow_origins", "allowed origins", "status code"])
    assert cosine(name, words) > cosine(name, other) + 0.3


def test_base64_holds_the_same_vectors_as_floats(server: Server) -> None:
    reply = server.post("/v1/embeddings", {"model": "demo-embed", "input": TEXTS, "encoding_format": "base64"}).json()
    for row, floats in zip(reply["data"], embed(server, TEXTS), strict=True):
        decoded = struct.unpack("<384f", base64.b64decode(row["embedding"]))
        assert decoded == pytest.approx(floats, abs=1e-6)
    assert reply["usage"]["prompt_tokens"] > 0


def test_the_openai_client_reads_them(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="x") as client:
        reply = client.embeddings.create(model="demo-embed", input=TEXTS)
    for row, floats in zip(reply.data, embed(server, TEXTS), strict=True):
        assert row.embedding == pytest.approx(floats, abs=1e-6)


def test_another_process_gives_the_same_vectors(server: Server, start: Callable[..., Server]) -> None:
    assert embed(start(), TEXTS) == embed(server, TEXTS)


def test_lists_of_tokens_are_taken_for_texts(server: Server) -> None:
    one, again, other = embed(server, [[1, 2, 3], [1, 2, 3], [7, 8]])  # type: ignore[list-item]
    assert one == again != other


@pytest.mark.parametrize("texts", [[], [""], "", None, [1.5], {"a": 1}])
def test_inputs_that_are_no_texts_are_refused(server: Server, texts: object) -> None:
    reply = server.post("/v1/embeddings", {"model": "demo-embed", "input": texts})
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "input"


def test_a_text_without_words_has_a_vector_too(server: Server) -> None:
    assert math.isclose(cosine(*embed(server, ["!?", "…"])), 1)
