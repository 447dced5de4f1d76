"""Makes the docs searchable: chunks, embedded, in one index of vectors and words.

Only texts that no earlier index of the project holds are embedded. Alone:

    python steps/build_index.py --project redraft --dataset_id ID --embedding_model demo-embed --pipeline_task ID
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from redraft.corpus.chunking import split_document
from redraft.corpus.index import build_index, chroma_server, pack_index, texts_to_embed
from redraft.records import Chunk, Document
from redraft.settings import AnswerSettings, IndexSettings
from redraft.tracking.artifacts import get_records, put_file, put_records
from redraft.tracking.call_report import recorded
from redraft.tracking.embedding import make_embedder
from redraft.tracking.indexes import newest_index, unpacked
from redraft.tracking.shard import PARAMETERS as SHARD_PARAMETERS
from redraft.tracking.shared_vectors import embed_in_shards, embed_share
from redraft.tracking.step import log, open_step, run_step

PARAMETERS = ["project", "dataset_id", "embedding_model", "embedding_endpoint", *SHARD_PARAMETERS]


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, {"index": IndexSettings, "answer": AnswerSettings})
    settings = step.sections["index"]
    documents = get_records(step.args["dataset_id"], "documents", Document)
    chunks = [chunk for document in documents for chunk in split_document(document, settings)]
    sources = {document.path: (document.title, document.source_url) for document in documents}
    with tempfile.TemporaryDirectory() as folder, recorded(step) as calls:
        embedder = make_embedder(
            step.args["embedding_model"], step.sections["answer"], step.name, calls, index=settings
        )
        parent = newest_index(step.args["project"], embedder.identity)
        parent_folder = unpacked(parent, Path(folder) / "parent") if parent else None
        server = chroma_server(os.environ)
        texts = texts_to_embed(chunks, embedder.identity, parent_folder, server)
        if step.args["shard"]:
            return embed_share(step, embedder, calls, texts)
        embedded = embed_in_shards(step, embedder, calls, texts)
        report = build_index(
            chunks, embedded, Path(folder) / "index", parent=parent_folder, sources=sources, server=server
        )
        put_file(step.id, "index", pack_index(Path(folder) / "index", Path(folder) / "index.zip"))
    put_records(step.id, "chunks", Chunk, chunks)
    step.result(
        index_id=report.index_id,
        embedder=embedder.identity,
        dataset_id=step.args["dataset_id"],
        texts_embedded=report.texts_embedded,
        texts_reused=report.texts_reused,
    )
    step.task.get_logger().report_single_value("texts embedded", report.texts_embedded)
    log.info("%d chunks: %d embedded, %d taken over", report.n_chunks, report.texts_embedded, report.texts_reused)
    return 0


if __name__ == "__main__":
    sys.exit(run_step(main))
