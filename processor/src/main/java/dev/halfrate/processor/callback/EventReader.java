package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.BatchProgressCodec;
import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.ResultTopics;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** What of the public topics one endpoint is told, and how. Format: docs/formats.md. */
final class EventReader {
    private static final String SETTLED = "settled";
    private static final int BYTES_AROUND_DATA = 80;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final String batches;
    private final ResultTopics results;
    private final CallbackConfig config;
    private final FeedReader feeds;

    EventReader(String batches, ResultTopics results, CallbackConfig config, FeedReader feeds) {
        this.batches = batches;
        this.results = results;
        this.config = config;
        this.feeds = feeds;
    }

    /** @return the topics that it is about */
    List<String> topics() {
        return config.events().stream()
                .flatMap(event -> switch (event) {
                    case BATCH_SETTLED -> Stream.of(batches);
                    case RESULT -> results.all().stream();
                })
                .toList();
    }

    /** @throws MalformedRecordException if it is none of ours */
    Reading read(ConsumerRecord<byte[], byte[]> received) {
        if (received.value() == null) {
            return new Reading.Unwanted(); // somebody deletes what is old
        }
        return received.topic().equals(batches)
                ? feeds.batch(received).map(batch -> settled(received, batch)).orElseGet(Reading.Pending::new)
                : feeds.result(received).map(result -> result(received, result)).orElseGet(Reading.Pending::new);
    }

    private Reading settled(ConsumerRecord<byte[], byte[]> received, BatchProgress batch) {
        return batch.state().equals(SETTLED)
                        && config.wants(
                                CallbackConfig.Event.BATCH_SETTLED,
                                batch.account(),
                                batch.model(),
                                batch.tags().keySet())
                ? new Reading.Told(new Event(
                        "settled-" + batch.batchId(),
                        batch.batchId(),
                        partition(received),
                        received.offset(),
                        batch.at(),
                        body("batch.settled", batch.at(), BatchProgressCodec.encode(batch))))
                : new Reading.Unwanted();
    }

    private Reading result(ConsumerRecord<byte[], byte[]> received, Result result) {
        var labels = result.tag().isEmpty() ? List.<String>of() : List.of(result.tag());
        return config.wants(CallbackConfig.Event.RESULT, result.account(), result.model(), labels)
                ? new Reading.Told(new Event(
                        // A custom_id may come back, and so may an offset of a topic that was made again.
                        "result-%s%d-%d-%d"
                                .formatted(
                                        received.topic().equals(results.usual()) ? "" : received.topic() + "-",
                                        received.partition(),
                                        received.offset(),
                                        received.timestamp()),
                        result.batchId().isEmpty() ? "request " + result.customId() : result.batchId(),
                        partition(received),
                        received.offset(),
                        result.publishedAt(),
                        body(
                                "result",
                                result.publishedAt(),
                                ResultCodec.encode(
                                        config.includeResponse() ? result : result.withoutWhatTheVendorSaid()))))
                : new Reading.Unwanted();
    }

    private static TopicPartition partition(ConsumerRecord<byte[], byte[]> received) {
        return new TopicPartition(received.topic(), received.partition());
    }

    private static byte[] body(String type, Instant at, byte[] data) {
        var body = new ByteArrayOutputStream(data.length + BYTES_AROUND_DATA);
        body.writeBytes("{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":"
                .formatted(type, TIME.format(at))
                .getBytes(US_ASCII));
        body.writeBytes(data);
        body.write('}');
        return body.toByteArray();
    }
}
