package dev.halfrate.local;

import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.LoggerFactory;

/** Sends made-up requests of two vendors in waves until it is closed, so that there is something to look at. */
final class SteadyLoad implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(250);
    private static final int TICKS_PER_WAVE = 240;

    /** At the mean of a wave. */
    private static final double LINES_PER_TICK = 9;

    /** How much of the mean comes and goes. */
    private static final double SWING = 0.6;

    private final String topic;
    private final List<RequestLines.Reader> readers;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("steady-load").factory());
    private long ticks;
    private double owed;
    private int next;

    private SteadyLoad(HalfrateConfig config, long startedAt) {
        topic = config.topics().requests().getFirst();
        // Two of three are OpenAI's.
        var completions = reader(RequestLines.COMPLETION, "openai", startedAt);
        readers = List.of(completions, completions, reader(RequestLines.MESSAGE, "anthropic", startedAt));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", config.kafka().getOrDefault("bootstrap.servers", ""), "linger.ms", "10"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** With ids that no earlier start has used. */
    private static RequestLines.Reader reader(String form, String vendor, long startedAt) {
        var own = form.replace("demo-", "load-%d-%s-".formatted(startedAt, vendor));
        return new RequestLines.Generator(Long.MAX_VALUE, new SplittableRandom(startedAt), own);
    }

    static SteadyLoad start(HalfrateConfig config) {
        var load = new SteadyLoad(config, System.currentTimeMillis() / 1_000);
        var _ = load.clock.scheduleAtFixedRate(load::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        return load;
    }

    private void tick() {
        try {
            owed += LINES_PER_TICK * (1 + SWING * Math.sin(2 * Math.PI * ticks++ / TICKS_PER_WAVE));
            for (; owed >= 1; owed--) {
                var line = readers.get(next++ % readers.size()).next();
                var _ = producer.send(new ProducerRecord<>(topic, line));
            }
        } catch (RuntimeException e) {
            LoggerFactory.getLogger(SteadyLoad.class).warn("made-up requests are not sent", e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        // What has not been sent by now is of no interest any more.
        producer.close(Duration.ZERO);
    }
}
