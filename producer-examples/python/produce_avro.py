"""Sends each argument as a question, in Avro with Confluent's serializer and a schema registry, and prints the answers.

    python produce_avro.py "What is 2+2?"
"""

import json
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from sending import id_of, send
from settings import REQUESTS, RESULTS, SCHEMA_REGISTRY_URL
from wait_for_results import line_of, wait_for_results

URL = "/v1/chat/completions"
SCHEMA = """
{"type": "record", "name": "Request", "namespace": "dev.halfrate", "fields": [
  {"name": "custom_id", "type": "string"},
  {"name": "url", "type": "string"},
  {"name": "body", "type": "string"}]}
"""

registry = SchemaRegistryClient({"url": SCHEMA_REGISTRY_URL})
serialize = AvroSerializer(registry, SCHEMA)
deserialize = AvroDeserializer(registry)


def request(question):
    # The body is a text of your own making, and goes to the vendor as it is, byte for byte.
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]}, ensure_ascii=False)
    custom_id = id_of(URL, body)
    value = {"custom_id": custom_id, "url": URL, "body": body}
    return custom_id, serialize(value, SerializationContext(REQUESTS, MessageField.VALUE))


def decode(value):
    """Results are in JSON or Avro, as the operator chose (formats.results); Avro begins with a byte 0, JSON never."""
    if value[0] == 0:
        return deserialize(value, SerializationContext(RESULTS, MessageField.VALUE))
    return json.loads(value)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    requests = dict(request(question) for question in sys.argv[1:])
    send(requests.items(), headers={"halfrate-tag": "python-example"})
    for result in wait_for_results(requests, decode=decode):
        print(line_of(result), flush=True)
