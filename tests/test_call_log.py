import threading

from redraft.call_log import CallLog
from redraft.records import LlmCall


def call(**fields) -> LlmCall:
    return LlmCall(**({"step": "s", "kind": "answer", "model": "m", "messages": (), "reply": "r"} | fields))


def test_calls_stay_in_the_order_in_which_they_ended():
    log = CallLog()
    log.add(call(question_id="q-1"))
    log.add(call(question_id="q-2"))
    assert [each.question_id for each in log.calls] == ["q-1", "q-2"]


def test_totals_are_summed():
    log = CallLog()
    log.add(call(tokens_in=10, tokens_out=2, cost_usd=0.5, retries=1))
    log.add(call(tokens_in=5, tokens_out=1, cost_usd=0.25, error="timed out"))
    assert (log.n_calls, log.n_failed, log.n_retries) == (2, 1, 1)
    assert (log.tokens_in, log.tokens_out, log.cost_usd) == (15, 3, 0.75)


def test_one_unknown_cost_makes_the_total_unknown():
    log = CallLog()
    log.add(call(cost_usd=0.5))
    log.add(call(cost_usd=None))
    assert log.cost_usd is None


def test_an_empty_log_has_cost_nothing():
    assert CallLog().cost_usd == 0


def test_no_call_is_lost_when_threads_add_at_once():
    log = CallLog()
    threads = [threading.Thread(target=lambda: [log.add(call()) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.n_calls == 4000
