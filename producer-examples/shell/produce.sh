#!/bin/sh
# Sends each line of a file as one request, and prints the results until each has its own.
#
#   produce.sh requests.jsonl [bootstrap servers]
#
# A line is one request as in OpenAI's batch files. Needs kcat.
set -eu

file=${1:?"usage: produce.sh FILE [BOOTSTRAP_SERVERS]"}
bootstrap=${2:-127.0.0.1:19092}

# acks=all and idempotence: a line that kcat says it sent is on every replica, once.
kcat -b "$bootstrap" -P -t llm.requests -X acks=all -X enable.idempotence=true -l "$file"

# read_committed: what an unfinished transaction holds may never become true.
# kcat ends after as many results as there are lines; lines without a usable custom_id get none (see llm.dlq).
kcat -b "$bootstrap" -C -q -u -t llm.results -o beginning -X isolation.level=read_committed -c "$(grep -c . "$file")"
