package dev.halfrate.processor.registry;

import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.registry.SchemaRegistry.DownException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the registry has said. A schema never changes under its name; that there is none is believed for a while only,
 * and at the second time of asking, because a registry's servers may lag behind each other. What is not known yet is
 * fetched beside: whoever asks waits for a moment and comes again.
 */
public final class CachedSchemas implements WriterSchemas {
    static final Duration MISSING_FOR = Duration.ofMinutes(1);
    static final Duration ASK_AGAIN = Duration.ofSeconds(2);
    static final Duration BACK_OFF_MIN = Duration.ofMillis(500);
    static final Duration BACK_OFF_MAX = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(300);
    private static final int SCHEMAS_MAX = 2_000;
    private static final int FETCHES_MAX = 8;

    /** Within {@link #MISSING_FOR}: bytes that are no Avro at all seem to name a new schema each time. */
    static final int SECOND_QUESTIONS_MAX = 20;

    private static final Logger LOG = LoggerFactory.getLogger(CachedSchemas.class);

    private final SchemaRegistry registry;
    private final InstantSource clock;
    private final Counter failures;
    private final Map<SchemaRef, Said> said = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SchemaRef, Said> eldest) {
            return size() > SCHEMAS_MAX;
        }
    };
    private final Map<SchemaRef, CompletableFuture<Lookup>> fetches = new HashMap<>();
    private int failuresInARow;
    private Instant secondQuestionsSince = Instant.MIN;
    private int secondQuestions;

    /** @param missed whether the registry did not have it when it was asked last */
    private record Said(Lookup lookup, Instant until, boolean missed) {}

    public CachedSchemas(SchemaRegistry registry, InstantSource clock, MeterRegistry meters) {
        this.registry = registry;
        this.clock = clock;
        this.failures = Counter.builder("halfrate.registry.failures")
                .description("Times that the schema registry could not be asked for a schema")
                .register(meters);
    }

    @Override
    public Lookup find(SchemaRef schema) {
        CompletableFuture<Lookup> fetch;
        synchronized (this) {
            var known = said.get(schema);
            if (known != null && clock.instant().isBefore(known.until())) {
                return known.lookup();
            }
            if (!fetches.containsKey(schema) && fetches.size() >= FETCHES_MAX) {
                return new Lookup.Pending();
            }
            fetch = fetches.computeIfAbsent(schema, this::fetch);
            if (failuresInARow > 0) {
                return new Lookup.Pending();
            }
        }
        try {
            return fetch.get(MOMENT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            return new Lookup.Pending();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Lookup.Pending();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a fetch ends with a value", e);
        }
    }

    private CompletableFuture<Lookup> fetch(SchemaRef schema) {
        var fetch = new CompletableFuture<Lookup>();
        Thread.ofVirtual().name("schema-" + schema).start(() -> {
            Lookup lookup = new Lookup.Pending();
            try {
                lookup = note(schema, registry.find(schema));
            } catch (DownException e) {
                noteDown(schema, e);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                noteDown(schema, new DownException(e.getClass().getSimpleName()));
            } finally {
                synchronized (this) {
                    fetches.remove(schema);
                }
                fetch.complete(lookup);
            }
        });
        return fetch;
    }

    private synchronized Lookup note(SchemaRef schema, Lookup lookup) {
        if (failuresInARow > 0) {
            LOG.info("the schema registry answers again");
        }
        failuresInARow = 0;
        var now = clock.instant();
        var known = said.get(schema);
        var next = switch (lookup) {
            case Lookup.Found _ -> new Said(lookup, Instant.MAX, false);
            case Lookup.Missing _
            when (known == null || !known.missed()) && mayAskAgain(now) ->
                new Said(new Lookup.Pending(), now.plus(ASK_AGAIN), true);
            case Lookup.Missing _ -> new Said(lookup, now.plus(MISSING_FOR), true);
            case Lookup.Pending _ -> new Said(lookup, now, false);
        };
        said.put(schema, next);
        return next.lookup();
    }

    private boolean mayAskAgain(Instant now) {
        if (secondQuestionsSince.isBefore(now.minus(MISSING_FOR))) {
            secondQuestionsSince = now;
            secondQuestions = 0;
        }
        return secondQuestions++ < SECOND_QUESTIONS_MAX;
    }

    private synchronized void noteDown(SchemaRef schema, DownException down) {
        failures.increment();
        if (failuresInARow == 0) {
            LOG.warn(
                    "the schema registry cannot be asked, records wait that were written with schemas not yet known: {}",
                    down.getMessage());
        }
        var backOff = BACK_OFF_MIN.toMillis() << Math.min(failuresInARow, 10);
        failuresInARow++;
        var bounded = Math.min(backOff, BACK_OFF_MAX.toMillis());
        var jittered = ThreadLocalRandom.current().nextLong(bounded / 2, bounded + 1);
        said.put(schema, new Said(new Lookup.Pending(), clock.instant().plusMillis(jittered), false));
    }
}
