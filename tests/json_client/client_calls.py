"""Runs in Airflow 1.10.12's own Python: calls its client as ordered on stdin, and prints what came of each call.

The order is JSON, ``{"url": ..., "auth": [name, password] or null, "calls": [[method, {argument: value}], ...]}``.
"""

from __future__ import annotations

import json
import sys

from airflow.api.client.json_client import Client

order = json.load(sys.stdin)
client = Client(api_base_url=order["url"], auth=tuple(order["auth"]) if order["auth"] else None)
answers = []
for method, arguments in order["calls"]:
    try:
        answers.append({"returned": getattr(client, method)(**arguments)})
    except OSError as error:
        answers.append({"raised": str(error)})
sys.stdout.write("\n" + json.dumps(answers))
