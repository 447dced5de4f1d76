"""`demo-embed`: a hashed bag of words, stateless and the same in every process; it knows spelling, not meaning.

A text becomes counts of its words, the parts of its identifiers and the two-character pieces of its Chinese, each
hashed to a signed position of the vector, which is then normalised.
"""

import base64
import hashlib
import math
import re
from collections import Counter
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from redraft.standins.openai_server.protocol import EMBEDDING_MODEL, ApiError, Json, count_tokens, require_model

DIMENSION = 384
MAX_DIMENSION = 1536
MAX_INPUTS = 2048
_WORD = re.compile(r"[A-Za-z0-9_]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_FRAME = "a an and are as at be by can do for from how i if in is it of on or that the this to with you"
_FRAME_WORDS = frozenset(_FRAME.split())

Vector = npt.NDArray[np.float32]
"""One embedding, of length 1."""


def embed(text: str, dimension: int = DIMENSION) -> Vector:
    """Return the embedding of one text."""
    counts: Counter[int] = Counter()
    for word in _WORD.findall(text):
        counts.update(_features(word))
    vector: npt.NDArray[np.float64] = np.zeros(dimension)
    if counts:
        hashes = np.fromiter(counts.keys(), dtype=np.uint64, count=len(counts))
        weights = 1 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))
        light = np.where(hashes & np.uint64(2), 0.15, 1.0)
        signs = np.where(hashes & np.uint64(1), 1.0, -1.0)
        places = ((hashes >> np.uint64(2)) % np.uint64(dimension)).astype(np.intp)
        vector = np.bincount(places, weights * light * signs, minlength=dimension).astype(np.float64)
    length = math.sqrt(float(vector @ vector))
    if length == 0:  # nothing to hash: a fixed direction, since a client may divide by the length
        vector[0] = length = 1.0
    return (vector / length).astype(np.float32)


@lru_cache(maxsize=65536)
def _features(word: str) -> tuple[int, ...]:
    if ord(word[0]) > 0x3000:
        return tuple(_hash(word[i : i + 2]) for i in range(max(1, len(word) - 1)))
    whole = word.lower()
    parts = {p.lower() for p in _PART.findall(word)} | {whole}
    return tuple(_hash(_stem(p)) for p in sorted(parts))


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _hash(word: str) -> int:
    """62 bits of position; then one bit for a word that every text holds, one bit of sign."""
    number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little") >> 2
    return (number << 2) | (2 if word in _FRAME_WORDS else 0) | (number & 1)


def parse_inputs(body: Json) -> tuple[list[str], int, bool]:
    """Check an embeddings request; return the texts, the dimension, and whether base64 was asked for."""
    require_model(body.get("model"), EMBEDDING_MODEL)
    texts = _texts(body.get("input"))
    dimension = body.get("dimensions", DIMENSION)
    if not isinstance(dimension, int) or isinstance(dimension, bool) or not 1 <= dimension <= MAX_DIMENSION:
        raise ApiError(
            400, f"'dimensions' must be between 1 and {MAX_DIMENSION}, got {dimension!r}", param="dimensions"
        )
    form = body.get("encoding_format", "float")
    if form not in {"float", "base64"}:
        raise ApiError(400, f"'encoding_format' must be float or base64, got {form!r}", param="encoding_format")
    return texts, dimension, form == "base64"


def _texts(given: object) -> list[str]:
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list) and given and all(isinstance(t, int) for t in given):
        given = [given]
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_INPUTS:
        raise ApiError(400, f"'input' must be a text or a list of 1 to {MAX_INPUTS} texts", param="input")
    texts = [_text(t) for t in given]
    if not all(texts):
        raise ApiError(400, "'input' cannot hold an empty text", param="input")
    return texts


def _text(item: object) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, list) and all(isinstance(t, int) for t in item):
        return " ".join(f"token{t}" for t in item)  # a client that tokenised: same tokens, same vector
    raise ApiError(400, "'input' must hold texts or lists of token numbers", param="input")


def embedding_row(index: int, vector: Vector, *, as_base64: bool) -> Json:
    """Write one vector as a row of the reply."""
    if as_base64:
        data: object = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    else:
        data = [round(float(v), 8) for v in vector]
    return {"object": "embedding", "index": index, "embedding": data}


def embedding_reply(rows: list[Json], texts: list[str]) -> Json:
    """Build the whole reply."""
    tokens = sum(count_tokens(t) for t in texts)
    counts = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": EMBEDDING_MODEL, "data": rows, "usage": counts}
