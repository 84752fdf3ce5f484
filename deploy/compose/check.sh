#!/bin/sh
# Whether the stack of compose.yaml works: a request there and back, its metrics in Prometheus, its dashboard in Grafana.
# It starts what does not run. `--without grafana` leaves a service out, where its image cannot be had.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
without=none
[ "${1:-}" != --without ] || without=$2
seconds_max=${HALFRATE_CHECK_SECONDS:-180}

if docker compose version >/dev/null 2>&1; then
    compose() { docker compose -p halfrate -f "$here/compose.yaml" "$@"; }
else
    compose() { docker-compose -p halfrate -f "$here/compose.yaml" "$@"; }
fi

fail() {
    echo "check: $*" >&2
    exit 1
}

# Tries "$@" every two seconds.
await() {
    what=$1
    shift
    tries=$((seconds_max / 2))
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$what: not within $seconds_max seconds"
        sleep 2
    done
    echo "$what: yes"
}

# The brokers' image has a Java and Kafka's tools, whatever it has of shells.
kafka_tool() {
    compose exec -T kafka java -cp '/opt/kafka/libs/*' "$@" 2>/dev/null
}

get() {
    curl --silent --fail --max-time 5 "$@"
}

is_ready() {
    get http://localhost:18090/readyz >/dev/null
}

is_answered() {
    kafka_tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server kafka:9092 --topic llm.results \
        --from-beginning --command-property isolation.level=read_committed --timeout-ms 10000 |
        grep "\"$id\"" | grep -q '"status":"succeeded"'
}

is_scraped() {
    get 'http://localhost:19090/api/v1/query?query=up%7Bjob%3D%22halfrate%22%7D' | grep -q '"1"\]'
}

is_counted() {
    get 'http://localhost:19090/api/v1/query?query=sum(halfrate_requests_routed_total)' | grep -Eq '"[1-9][0-9]*"\]'
}

has_rules() {
    get http://localhost:19090/api/v1/rules | grep -q HalfrateBatchesOnHold
}

has_dashboard() {
    get http://localhost:13000/api/dashboards/uid/halfrate | grep -q '"title":"Halfrate"'
}

"$here/secrets.sh"
services=$(compose config --services | grep -vx "$without")
# shellcheck disable=SC2086 # one service is one word
compose up -d $services

await "halfrate is ready" is_ready
status=$(curl --silent --output /dev/null --write-out '%{http_code}' http://localhost:18090/metrics)
[ "$status" = 401 ] || fail "metrics without a token: $status"

id=check-$(date +%s)
printf '{"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}}\n' "$id" |
    kafka_tool org.apache.kafka.tools.ConsoleProducer --bootstrap-server kafka:9092 --topic llm.requests
await "the request is answered" is_answered
await "prometheus scrapes it" is_scraped
await "prometheus counts the request" is_counted
await "prometheus has the rules" has_rules
[ "$without" = grafana ] || await "grafana has the dashboard" has_dashboard
echo "the stack works"
