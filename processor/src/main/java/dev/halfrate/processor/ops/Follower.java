package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows ledger and lanes of all of the application's processes, and what operators ask for, so that whoever asks one of them need not wait for Kafka.
 * Whatever Kafka does to it, it starts over.
 */
public final class Follower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Follower.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RESTART_DELAY_MIN = Duration.ofSeconds(1);
    private static final Duration RESTART_DELAY_MAX = Duration.ofMinutes(1);
    private static final Duration STOP_WAIT = Duration.ofSeconds(10);

    /** Between two looks for topics that lanes make when they first start, and two of what may be forgotten. */
    private static final Duration CARE = Duration.ofSeconds(5);

    /** Each wish is a transaction of one record, and its end another. */
    private static final long AUDITS_BACK = 2L * AuditTrail.WISHES_MAX;

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    private final HalfrateConfig config;
    private final InstantSource clock;
    private final Holdings holdings;
    private final AuditTrail audits;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private Duration delay = RESTART_DELAY_MIN;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    public Follower(HalfrateConfig config, Holdings holdings, AuditTrail audits, InstantSource clock) {
        this.config = config;
        this.holdings = holdings;
        this.audits = audits;
        this.clock = clock;
        this.thread = Thread.ofPlatform().name("follower").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        while (wanted()) {
            try {
                follow();
            } catch (WakeupException _) {
                stopped.countDown();
            } catch (TopicAuthorizationException e) {
                if (audits.isReadable()
                        && e.unauthorizedTopics().equals(Set.of(config.topics().audit()))) {
                    LOG.info(
                            "what operators have asked for is not shown: READ on {} is missing",
                            config.topics().audit());
                    audits.unreadable();
                } else {
                    standStill(e);
                }
            } catch (KafkaException e) {
                standStill(e);
            } catch (RuntimeException e) {
                LOG.error("what operators see stands still; tried again in {} s", delay.toSeconds(), e);
                pauseLonger();
            }
        }
    }

    private void standStill(KafkaException e) {
        LOG.warn("what operators see stands still: {}; tried again in {} s", e.toString(), delay.toSeconds());
        LOG.debug("follower", e);
        pauseLonger();
    }

    private boolean wanted() {
        return stopped.getCount() > 0;
    }

    /** Than the last time in a row. */
    private void pauseLonger() {
        pause(delay);
        var doubled = delay.multipliedBy(2);
        delay = doubled.compareTo(RESTART_DELAY_MAX) < 0 ? doubled : RESTART_DELAY_MAX;
    }

    private void pause(Duration time) {
        try {
            var _ = stopped.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            stopped.countDown();
        }
    }

    private void follow() {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, config.application() + "-follower");
        try (var reader = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer = reader;
            holdings.clear();
            audits.clear();
            var audited = !audits.isReadable();
            var parts = Arrays.stream(Holdings.Part.values())
                    .collect(Collectors.toMap(part -> part.topic(config), Function.identity()));
            var missing = EnumSet.allOf(Holdings.Part.class);
            var careAt = clock.instant();
            while (wanted()) {
                if (!clock.instant().isBefore(careAt)) {
                    begin(reader, missing);
                    audited = audited || triedAudits(reader);
                    holdings.trim(clock.instant());
                    careAt = clock.instant().plus(CARE);
                }
                if (reader.assignment().isEmpty()) {
                    pause(CARE);
                    continue;
                }
                var records = reader.poll(POLL);
                var now = clock.instant();
                for (var each : records) {
                    var part = parts.get(each.topic());
                    if (part != null && each.key() != null) {
                        holdings.take(part, each.partition(), each.key(), each.value(), now);
                    } else if (part == null && each.value() != null) {
                        audits.take(each.value());
                    }
                }
                if (isAtEnd(reader)) {
                    holdings.complete(now);
                    delay = RESTART_DELAY_MIN;
                }
            }
        } finally {
            consumer = null;
        }
    }

    /** From the beginning of topics that are there now. */
    private void begin(KafkaConsumer<?, ?> reader, Set<Holdings.Part> missing) {
        var found = new ArrayList<TopicPartition>();
        missing.removeIf(part -> {
            var partitions = reader.partitionsFor(part.topic(config));
            partitions.forEach(partition -> found.add(new TopicPartition(partition.topic(), partition.partition())));
            return !partitions.isEmpty();
        });
        if (!found.isEmpty()) {
            var all = new ArrayList<>(reader.assignment());
            all.addAll(found);
            reader.assign(all);
            reader.seekToBeginning(found);
        }
    }

    /** All else is worth more than they are: as long as they cannot be had they are tried again. */
    private boolean triedAudits(KafkaConsumer<?, ?> reader) {
        try {
            return beginAudits(reader);
        } catch (TimeoutException e) {
            LOG.debug("what operators have asked for cannot be had now", e);
            return false;
        }
    }

    /**
     * From the last of them: it is kept for as long as auditors want.
     *
     * @return whether there is the topic
     */
    private boolean beginAudits(KafkaConsumer<?, ?> reader) {
        var found = reader.partitionsFor(config.topics().audit(), ANSWER_WITHIN).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        if (found.isEmpty()) {
            return false;
        }
        var begins = reader.beginningOffsets(found, ANSWER_WITHIN);
        var ends = reader.endOffsets(found, ANSWER_WITHIN);
        var all = new ArrayList<>(reader.assignment());
        all.addAll(found);
        reader.assign(all);
        for (var partition : found) {
            var begin = begins.getOrDefault(partition, 0L);
            reader.seek(partition, Math.max(begin, ends.getOrDefault(partition, begin) - AUDITS_BACK));
        }
        return true;
    }

    /** Behind the last committed record of every partition of ledger and lanes, as far as brokers have said. */
    private boolean isAtEnd(KafkaConsumer<?, ?> reader) {
        return reader.assignment().stream()
                .filter(partition -> !partition.topic().equals(config.topics().audit()))
                .allMatch(partition -> reader.currentLag(partition).orElse(1) == 0);
    }

    @Override
    public void close() {
        stopped.countDown();
        var reader = consumer;
        if (reader != null) {
            reader.wakeup();
        }
        try {
            thread.join(STOP_WAIT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
