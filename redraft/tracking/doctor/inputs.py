"""The docs, questions and seed prompts of a run can be read on this machine; a controller reads them where it runs."""

from __future__ import annotations

from redraft.learning.words import counted
from redraft.tracking.datasets import resolve_docs
from redraft.tracking.doctor.finding import Check, Seen, Subject
from redraft.tracking.given import given_questions, given_seed_prompts
from redraft.tracking.prepare import docs_identity

REMEDY = "name what this machine can read in run.docs, run.questions, write.seed_prompts; dataset:<id> is everywhere"


def look(subject: Subject) -> Seen:
    """Read them.

    Raises:
        InputError: A file, folder or dataset is missing or wrong.
    """
    config = subject.config
    docs_identity(resolve_docs(subject.project, config.run.docs), config.docs)
    questions = given_questions(config.run.questions)
    given_seed_prompts(config.write.seed_prompts)
    return Seen(words=f"{config.run.docs}, and {counted(len(questions), 'question')} of {config.run.questions}")


INPUTS = Check(name="docs and questions", look=look, timeout_s=60.0, remedy=REMEDY)
