"""Serves moto to local/moto.ts, which starts this file with moto's own Python: `moto-server.py --port 5000`.

Differs from moto's `moto_server` command in three things: it ends when its standard input ends, which is how it dies
with the process that started it, however that process died; it is silent about requests that went well; and it leaves
queue messages to the local runner.
"""

import logging
import os
import sys
import threading


def leave_with_the_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


threading.Thread(target=leave_with_the_parent, daemon=True).start()

from moto import server  # noqa: E402  (a parent that dies during this long import must be noticed too)
from moto.sqs.models import Queue  # noqa: E402

# moto hands each message to the mapped function at once, in Docker. The local runner polls the queue instead, as Lambda
# does, so the mappings stay visible to the Lambda API and unknown to the queue.
Queue.lambda_event_source_mappings = property(lambda queue: {}, lambda queue, mappings: None)

logging.getLogger("werkzeug").setLevel(logging.ERROR)

server.main(sys.argv[1:])
