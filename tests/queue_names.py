"""The default names of the queues, as tests use them."""

from redraft.tracking.queues import default_queues

SERVICES_QUEUE, STEPS_QUEUE, REVIEW_QUEUE = (default_queues().services, default_queues().steps, default_queues().review)
