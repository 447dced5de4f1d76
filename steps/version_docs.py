"""Makes a version of the docs: a ClearML dataset, with the converted text on the same task.

Unchanged docs keep their version. Alone, on a folder:

    python steps/version_docs.py --project redraft --docs data/docs --pipeline_task ID
"""

from __future__ import annotations

import sys
from pathlib import Path

from redraft.config import ROOT
from redraft.corpus.documents import fingerprint, read_documents, staged_files
from redraft.settings import DocsSettings
from redraft.tracking.datasets import named_version, store_version
from redraft.tracking.step import log, open_step, run_step


def main() -> int:
    """Run the step."""
    step = open_step(__file__, ["project", "docs", "docs_fingerprint"], {"docs": DocsSettings})
    settings = step.sections["docs"]
    named = named_version(step.args["docs"])
    if named is not None:
        step.result(dataset_id=named)
        log.info("going back to docs version %s", named)
        return 0
    folder = ROOT / Path(step.args["docs"])
    corpus = read_documents(folder, settings)
    for skipped in corpus.skipped:
        log.warning("skipped %s: %s", skipped.path, skipped.reason)
    log.info("%d documents read, %d files skipped", len(corpus.documents), len(corpus.skipped))
    version = store_version(
        step.args["project"],
        folder,
        staged_files(folder, settings),
        corpus.documents,
        fingerprint=fingerprint(folder, settings),
        step_id=step.id,
    )
    step.result(dataset_id=version.dataset_id, documents=len(corpus.documents), skipped=len(corpus.skipped))
    log.info(version.sentence())
    return 0


if __name__ == "__main__":
    sys.exit(run_step(main))
