"""Redraft improves the prompt of a documentation question-answering bot from what people say about its answers.

The words, one an idea:

- **document**: one page of the docs, as text; **chunk**: a piece of it that is searched; **index**: all chunks of one
  docs version, by vectors (Chroma) and by words (BM25); **top_k**: how many chunks a question is answered from.
- **prompt**: an instruction to the model: of kind `answer` (write the answer) or `extract` (copy out what helps).
- **variant**: what people judge: both prompts, the chat model, sampling and retrieval settings together.
- **candidate**: a prompt that the writer model proposed; **meta-prompt**: what the writer model was shown.
- **question**, **answer**, **rating** (1 to 5, by a **reviewer**), **score** (what the ratings say of a variant).
- **review**: people rate answers blind, each variant behind a **letter**; a **slot** is one person's part of the
  plan, a **block** what one slot rates of one question, an **anchor** an answer of an earlier review, rated again.
- **theme**: what several comments have in common; **edit**: a sentence that a prompt gained to answer one; **judge**: a
  model that rates answers, to choose among candidates, never instead of people.
- **decision**: an entry of the log that says which variant is current (promote, keep, reject, rollback) or to stop.
- **iteration**: one improvement round = one run of the ClearML pipeline; **task**, **dataset**, **artifact** and
  **queue** are ClearML's; **current** is the variant that was promoted last.
"""

__version__ = "0.1.0"
