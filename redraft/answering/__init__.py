"""From a question and its passages to a checked answer: copy out what helps, answer from that, check the answer."""
