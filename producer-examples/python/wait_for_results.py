"""Waits for the results of some requests, by custom_id.

    python wait_for_results.py [--since SECONDS_AGO] CUSTOM_ID...

As a module: `for result in wait_for_results(ids): ...`
"""

import argparse
import json
import time

from confluent_kafka import Consumer, TopicPartition

from settings import BOOTSTRAP_SERVERS, RESULTS


def wait_for_results(custom_ids, timeout=24 * 3600, since=None, decode=json.loads):
    """Yields each result once, as it comes. Raises TimeoutError naming what is missing after `timeout` seconds.

    Reads the topic from its beginning, or from `since` (epoch seconds): a request that was answered earlier is not
    answered again, so its result may be there already. `decode` makes a dict of a record's value.
    """
    wanted = set(custom_ids)
    deadline = time.monotonic() + timeout
    consumer = Consumer(
        {
            "bootstrap.servers": BOOTSTRAP_SERVERS,
            "group.id": "unused",  # the client insists; no group is joined and nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_committed",  # what an unfinished transaction holds may never become true
        }
    )
    try:
        consumer.assign(_start(consumer, since))
        while wanted:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no result yet of {len(wanted)} requests, among them {sorted(wanted)[:3]}")
            record = consumer.poll(min(left, 1.0))
            if record is None:
                continue
            if record.error() is not None:
                raise RuntimeError(str(record.error()))
            custom_id = (record.key() or b"").decode()
            if custom_id in wanted:
                wanted.remove(custom_id)
                yield decode(record.value())
    finally:
        consumer.close()


def _start(consumer, since):
    topic = consumer.list_topics(RESULTS, 30).topics[RESULTS]
    if topic.error is not None:
        raise RuntimeError(str(topic.error))
    begin = -2 if since is None else int(since * 1000)  # -2 is librdkafka's OFFSET_BEGINNING
    partitions = [TopicPartition(RESULTS, partition, begin) for partition in topic.partitions]
    return partitions if since is None else consumer.offsets_for_times(partitions, 30)


def line_of(result):
    """custom_id, status, and the answer's text or the error, between tabs, on one line."""
    response = result["response"]
    if isinstance(response, str):  # in Avro the vendor's JSON is a text
        response = json.loads(response)
    if result["status"] != "succeeded":
        text = result["error"]["message"]
    elif response is None:
        text = "(in parts)"
    elif "choices" in response:
        text = response["choices"][0]["message"]["content"]
    elif "content" in response:
        text = "".join(block.get("text", "") for block in response["content"])
    else:
        text = json.dumps(response)
    return "\t".join([result["custom_id"], result["status"], " ".join(text.split())])


if __name__ == "__main__":
    words = argparse.ArgumentParser(description="Waits for the results of some requests.")
    words.add_argument("--since", type=float, metavar="SECONDS_AGO", help="read no older results")
    words.add_argument("custom_ids", nargs="+", metavar="CUSTOM_ID")
    given = words.parse_args()
    since = None if given.since is None else time.time() - given.since
    for found in wait_for_results(given.custom_ids, since=since):
        print(line_of(found), flush=True)
