"""Prints what happens to topics of a hub: `python3 spoke.py ws://127.0.0.1:8787 session.status:proj_123 …`."""

import json
import sys

from client import connect

url, *topics = sys.argv[1:]
client, handle_next = connect(url, lambda step: print(json.dumps(step, ensure_ascii=False), flush=True))
for topic in topics:
    client.subscribe(topic)
client.publish("spoke.joined", "python", {"name": "a spoke in Python"})
client.flush()
while handle_next():
    pass
