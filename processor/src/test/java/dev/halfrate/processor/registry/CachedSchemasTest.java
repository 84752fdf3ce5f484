package dev.halfrate.processor.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.codec.DeadLetter.Reason;
import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.simulator.RegistryServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CachedSchemasTest {
    private static final SchemaRef ID = new SchemaRef.Id(1);

    private final RegistryServer server = RegistryServer.start(0);
    private final SchemaRegistry registry = new SchemaRegistry(SchemaRegistryTest.config(List.of(server.url())));
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private volatile Instant now = Instant.EPOCH;
    private final CachedSchemas schemas = new CachedSchemas(registry, () -> now, meters);

    @AfterEach
    void stop() {
        registry.close();
        server.close();
    }

    private void register() {
        server.register("t-value", "AVRO", PublicSchemas.REQUEST.toString());
    }

    /** However slow the machine is. */
    private Lookup settled() {
        return await().until(() -> schemas.find(ID), lookup -> !(lookup instanceof Lookup.Pending));
    }

    private void awaitCalls(int calls) {
        await().until(() -> {
            schemas.find(ID);
            return server.calls() >= calls;
        });
    }

    @Test
    void whatIsFoundIsAskedForOnce() {
        register();

        assertThat(settled()).isEqualTo(new Lookup.Found(PublicSchemas.REQUEST));
        now = now.plus(Duration.ofDays(100));
        assertThat(schemas.find(ID)).isEqualTo(new Lookup.Found(PublicSchemas.REQUEST));
        assertThat(server.calls()).isEqualTo(1);
    }

    @Test
    void onlyAtTheSecondTimeAndForAWhileIsItBelievedThatThereIsNone() {
        awaitCalls(1);
        assertThat(schemas.find(ID)).isEqualTo(new Lookup.Pending());
        now = now.plus(CachedSchemas.ASK_AGAIN);
        assertThat(settled())
                .isInstanceOfSatisfying(
                        Lookup.Missing.class,
                        missing -> assertThat(missing.reason()).isEqualTo(Reason.SCHEMA_UNKNOWN));
        assertThat(server.calls()).isEqualTo(2);

        register();
        assertThat(schemas.find(ID)).isInstanceOf(Lookup.Missing.class);
        now = now.plus(CachedSchemas.MISSING_FOR);
        assertThat(settled()).isInstanceOf(Lookup.Found.class);
    }

    @Test
    void aSchemaThatArrivesLateIsFoundAtTheSecondTime() {
        awaitCalls(1);
        register();
        now = now.plus(CachedSchemas.ASK_AGAIN);

        assertThat(settled()).isInstanceOf(Lookup.Found.class);
    }

    @Test
    void manyThatAreNotThereAreBelievedAtOnce() {
        for (var id = 1; id <= CachedSchemas.SECOND_QUESTIONS_MAX; id++) {
            var schema = new SchemaRef.Id(id);
            await().until(() -> {
                schemas.find(schema);
                return server.calls() >= schema.id();
            });
        }
        now = now.plusMillis(1);
        var next = new SchemaRef.Id(1_000);

        assertThat(await().until(() -> schemas.find(next), lookup -> !(lookup instanceof Lookup.Pending)))
                .isInstanceOf(Lookup.Missing.class);
        assertThat(server.calls()).isEqualTo(CachedSchemas.SECOND_QUESTIONS_MAX + 1);
    }

    @Test
    void aRegistryThatIsDownSaysNothingUntilItIsBack() {
        register();
        server.stop();

        await().until(() -> {
            now = now.plus(CachedSchemas.BACK_OFF_MAX);
            return schemas.find(ID) instanceof Lookup.Pending
                    && meters.get("halfrate.registry.failures").counter().count() >= 2;
        });
        server.restart();

        await().until(() -> {
            now = now.plus(CachedSchemas.BACK_OFF_MAX);
            return schemas.find(ID) instanceof Lookup.Found;
        });
    }

    @Test
    void whileItIsDownItIsNotAskedAgainAtOnce() {
        server.stop();
        await().until(() -> {
            schemas.find(ID);
            return meters.get("halfrate.registry.failures").counter().count() == 1;
        });

        for (var i = 0; i < 100; i++) {
            assertThat(schemas.find(ID)).isEqualTo(new Lookup.Pending());
        }
        assertThat(meters.get("halfrate.registry.failures").counter().count()).isEqualTo(1);
    }
}
