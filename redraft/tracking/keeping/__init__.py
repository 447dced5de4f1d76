"""The keeper: what a project needs of somebody who always looks, and what is done about it.

memory.py     what a keeper must remember, on a task of its own; which of several keepers acts
seeing.py     what there is to see on the server at a tick
decide.py     what follows from it: whether a run starts; knows no ClearML
notices.py    what people are told, each once; knows no ClearML
reviews.py    closes reviews that are due or half closed
waking.py     puts runs whose controller died back on their queue
starting.py   starts one run, also when two keepers try
docs.py       a new version of the docs from a folder
git.py        ... from a git repository that moved
schedule.py   when a cron schedule was last due
webhook.py    posts to a Slack-compatible address
service.py    the keeper as a ClearML task that an agent executes
keeper.py     one tick, and many
"""
