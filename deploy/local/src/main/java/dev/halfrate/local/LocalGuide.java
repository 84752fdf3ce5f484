package dev.halfrate.local;

import java.nio.file.Path;

/** What `local` prints: how to connect, in commands that can be pasted. */
final class LocalGuide {
    private LocalGuide() {}

    static String connect(LocalStack stack, Path log) {
        var topics = stack.config().topics();
        return """
                Kafka        %1$s
                  requests   %2$s       one JSON request per record, as in OpenAI's or Anthropic's batches
                  results    %3$s        one result per request, keyed by custom_id
                  batches    %4$s        progress of each batch
                  dead       %5$s            what has no usable custom_id
                simulator    %6$s
                registry     %7$s   for requests in Avro
                page         http://127.0.0.1:%9$d/   where everything stands, live; its API is below /api/
                log          %8$s

                Send and read:
                  echo '{"custom_id": "hello-1", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello!"}]}}' | kcat -b %1$s -P -t %2$s
                  kcat -b %1$s -P -t %2$s -l requests.jsonl
                  kcat -b %1$s -C -t %3$s -o beginning -X isolation.level=read_committed

                """.formatted(
                        stack.bootstrapServers(),
                        topics.requests().getFirst(),
                        topics.results(),
                        topics.batches(),
                        topics.deadLetters(),
                        stack.simulatorUrl(),
                        stack.registryUrl(),
                        log,
                        stack.config().admin().port());
    }

    static String run(Path config) {
        return """
                No processor is running. In another terminal:
                  ./halfrate run --config %s

                """.formatted(config);
    }
}
