"""Sends records, and returns when all of them are on every replica."""

import hashlib

from confluent_kafka import Producer

from settings import BOOTSTRAP_SERVERS, REQUESTS


def id_of(url, body):
    """A custom_id made of the content: a program that is run again asks, and pays, for nothing twice."""
    return "py-" + hashlib.sha256(f"{url}\n{body}".encode()).hexdigest()[:32]


def send(values, headers=None):
    """Sends (key, value) pairs. Raises KafkaException or RuntimeError if any of them did not arrive."""
    failures = []

    def on_delivery(error, _):
        if error is not None:
            failures.append(error)

    producer = Producer({"bootstrap.servers": BOOTSTRAP_SERVERS, "enable.idempotence": True, "acks": "all"})
    for key, value in values:
        while True:
            try:
                producer.produce(REQUESTS, key=key, value=value, headers=headers, on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(1)  # the client's queue is full
    unsent = producer.flush(60)
    if failures or unsent:
        raise RuntimeError(f"{len(failures) + unsent} requests may not have been sent: {failures[:1]}; run it again")
