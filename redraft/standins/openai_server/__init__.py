"""A stand-in for a model server: OpenAI's protocol on loopback, so that the loop runs with no model and no key.

It has no weights. `demo-chat` picks sentences from the passages in the request and obeys the instructions that it
recognises; `demo-embed` hashes words. So it shows that a better prompt gives better answers and that every part of the
loop works; **it says nothing about a real model**. Never use its scores to choose a prompt for one.

The parts that play different people (answerer, prompt writer, theme summariser, judge) share no code and no keyword
list, so that none of them is right merely because it reads its own words. All they share is the request's layout
(`tagged.py`).

Run it:

    python -m redraft.standins.openai_server --dir .redraft/model
"""
