package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Traceparent;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.source.Rendered;
import dev.halfrate.processor.source.Source;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Makes requests of sources' events, skips those that a source does not take, and buries the rest. An event counts once
 * for each source of its topic; of its counts, routed are the rendered and rejected the skipped.
 */
final class EventReading implements Reading {
    private static final ReadCounts TOMBSTONE = new ReadCounts(0, 1, 0, 0, 0, true);
    private static final ReadCounts RENDERED = new ReadCounts(1, 0, 1, 0, 0, true);
    private static final ReadCounts SKIPPED = new ReadCounts(1, 0, 0, 1, 0, true);
    private static final ReadCounts DEAD_LETTERED = new ReadCounts(1, 0, 0, 0, 1, true);

    private final HalfrateConfig config;
    private final List<Source> sources;
    private final SourceMeters meters;

    EventReading(HalfrateConfig config, List<Source> sources, SourceMeters meters) {
        this.config = config;
        this.sources = List.copyOf(sources);
        this.meters = meters;
    }

    @Override
    public String name() {
        return "sources";
    }

    @Override
    public List<String> topics() {
        return config.sourceTopics();
    }

    @Override
    public Sorting with(Topics topics) {
        return (records, now) -> {
            var decided = new Deciding(topics, now);
            records.forEach(decided::add);
            return decided;
        };
    }

    @Override
    public void countRestart() {
        meters.countRestart();
    }

    @Override
    public void showGap(Collection<ReadCounts> counts) {
        meters.showGap(counts);
    }

    /** The events of one poll. */
    private final class Deciding implements Decided {
        private final Topics topics;
        private final Instant now;
        private final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        private final Map<TopicPartition, ReadCounts> counts = new HashMap<>();
        private final List<Runnable> metered = new ArrayList<>();
        private final Map<TopicPartition, Long> stalled = new HashMap<>();
        private boolean deadLetters;

        Deciding(Topics topics, Instant now) {
            this.topics = topics;
            this.now = now;
        }

        void add(ConsumerRecord<byte[], byte[]> event) {
            var partition = new TopicPartition(event.topic(), event.partition());
            if (stalled.containsKey(partition)) {
                return;
            }
            if (event.value() == null) {
                count(event, TOMBSTONE, meters::countTombstone);
                return;
            }
            var at = RecordTime.of(event, now);
            // Its request would be as old, and over before it was read.
            var expired = !at.plus(config.requests().ttl()).isAfter(now);
            var rendered = new LinkedHashMap<Source, Rendered>();
            for (var source : sources) {
                if (source.topic().equals(event.topic())) {
                    rendered.put(source, expired ? new Rendered.Skipped() : source.render(event, at));
                }
            }
            if (rendered.containsValue(new Rendered.Pending())) {
                stalled.put(partition, event.offset());
            } else {
                rendered.forEach((source, made) -> add(source, event, at, made, expired));
            }
        }

        private void add(
                Source source, ConsumerRecord<byte[], byte[]> event, Instant at, Rendered made, boolean expired) {
            switch (made) {
                case Rendered.Request request -> write(source, event, at, request);
                case Rendered.Skipped() ->
                    count(
                            event,
                            SKIPPED,
                            () -> meters.countSkipped(
                                    source.name(), expired ? SourceMeters.Skip.EXPIRED : SourceMeters.Skip.WHEN));
                case Rendered.Unusable(var reason, var message) -> bury(source, event, reason, message);
                case Rendered.Pending() -> throw new IllegalStateException("it comes again");
            }
        }

        private void write(Source source, ConsumerRecord<byte[], byte[]> event, Instant at, Rendered.Request request) {
            var key = request.customId().getBytes(UTF_8);
            var bytes = (long) key.length + request.value().length + Topics.HEAD_BYTES_MAX;
            var bytesMax = topics.bytesMax(source.to());
            if (bytes > bytesMax) {
                bury(
                        source,
                        event,
                        DeadLetter.Reason.TEMPLATE,
                        "source %s: the request has %d bytes with its head, topic %s takes %d"
                                .formatted(source.name(), bytes, source.to(), bytesMax));
                return;
            }
            var record =
                    new ProducerRecord<>(source.to(), null, at.toEpochMilli(), key, request.value(), request.headers());
            Traceparent.write(record.headers(), Traceparent.read(event.headers()));
            for (var name : config.requests().echoHeaders()) {
                var header = event.headers().lastHeader(name);
                if (header != null) {
                    record.headers().add(header);
                }
            }
            records.add(record);
            count(event, RENDERED, () -> meters.countRendered(source.name()));
        }

        private void bury(
                Source source, ConsumerRecord<byte[], byte[]> event, DeadLetter.Reason reason, String message) {
            deadLetters = true;
            records.add(DeadLetterCodec.toRecord(
                    config.topics().deadLetters(), DeadLetters.of(event, reason, message, topics)));
            count(event, DEAD_LETTERED, () -> meters.countDeadLettered(source.name(), reason));
        }

        private void count(ConsumerRecord<?, ?> event, ReadCounts more, Runnable meter) {
            counts.merge(new TopicPartition(event.topic(), event.partition()), more, ReadCounts::plus);
            metered.add(meter);
        }

        @Override
        public List<ProducerRecord<byte[], byte[]>> records() {
            return records;
        }

        @Override
        public Map<TopicPartition, ReadCounts> counts() {
            return counts;
        }

        @Override
        public Map<TopicPartition, Long> stalled() {
            return stalled;
        }

        @Override
        public boolean hasDeadLetters() {
            return deadLetters;
        }

        @Override
        public void committed() {
            metered.forEach(Runnable::run);
        }
    }
}
