"""Where everything is: by default what ./halfrate local starts."""

import os

BOOTSTRAP_SERVERS = os.environ.get("BOOTSTRAP_SERVERS", "127.0.0.1:19092")
SCHEMA_REGISTRY_URL = os.environ.get("SCHEMA_REGISTRY_URL", "http://127.0.0.1:18081")
REQUESTS = os.environ.get("REQUESTS_TOPIC", "llm.requests")
RESULTS = os.environ.get("RESULTS_TOPIC", "llm.results")
