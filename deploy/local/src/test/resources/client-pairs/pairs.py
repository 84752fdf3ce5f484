"""One of the clients of ClientPairsIT, made of the examples: pairs.py write json|avro FILE, requests FILE, results FILE."""

import json
import sys

import wait_for_results
from produce_avro import decode, deserialize, serialize
from confluent_kafka.serialization import MessageField, SerializationContext
from sending import send
from settings import REQUESTS

VALUE = SerializationContext(REQUESTS, MessageField.VALUE)


def as_json(one):
    return '{"custom_id": %s, "method": "POST", "url": %s, "body": %s}' % (
        json.dumps(one["custom_id"]),
        json.dumps(one["url"]),
        one["body"],
    )


def as_written(value):
    return deserialize(value, VALUE) if value[0] == 0 else {"json": value.decode()}


with open(sys.argv[-1], encoding="utf-8") as lines:
    requests = [json.loads(line) for line in lines]
ids = [one["custom_id"] for one in requests]
match sys.argv[1:-1]:
    case ["write", "json"]:
        send((one["custom_id"], as_json(one)) for one in requests)
    case ["write", "avro"]:
        send((one["custom_id"], serialize(one, VALUE)) for one in requests)
    case ["requests"]:
        wait_for_results.RESULTS = REQUESTS
        for found in wait_for_results.wait_for_results(ids, decode=as_written):
            print(json.dumps(found))
    case ["results"]:
        for found in wait_for_results.wait_for_results(ids, decode=decode):
            print(json.dumps(wait_for_results.line_of(found)))
