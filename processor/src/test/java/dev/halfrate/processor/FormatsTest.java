package dev.halfrate.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.simulator.RegistryServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;

class FormatsTest {
    private static HalfrateConfig config(String more) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: K}}]
                """ + more, Map.of("K", "key", "P", "hidden"));
    }

    private static Formats formats(String more) throws InterruptedException {
        return Formats.of(config(more), new SimpleMeterRegistry());
    }

    /** Of somebody else's; says what it was configured with. */
    public static final class Theirs implements Serializer<Object> {
        private String prefix = "";

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {
            prefix = configs.get("prefix") + "-" + isKey + "-";
        }

        @Override
        public byte[] serialize(String topic, Object value) {
            return (prefix + ((GenericRecord) value).getSchema().getName()).getBytes(UTF_8);
        }
    }

    /** Of somebody else's, whose registry is away. */
    public static final class Failing implements Serializer<Object> {
        @Override
        public byte[] serialize(String topic, Object value) {
            throw new IllegalStateException("hidden");
        }
    }

    @Test
    void jsonNeedsNoRegistry() throws Exception {
        try (var formats = formats("")) {
            assertThat(formats.feeds()).isEqualTo(FeedWriter.JSON);
            assertThat(formats.schemas()).isSameAs(WriterSchemas.NONE);
        }
    }

    @Test
    void avroHasTheIdThatTheRegistryGave() throws Exception {
        try (var server = RegistryServer.start(0)) {
            server.register("other", "AVRO", "\"int\"");
            try (var formats =
                    formats("formats: {results: avro}\nschema-registry: {urls: %s}\nresults: [{name: a, to: t}]"
                            .formatted(server.url()))) {
                var results = formats.feeds().results();
                assertThat(results.encode("llm.results", new RecordHeaders(), Formats.SOME_RESULT))
                        .startsWith(0, 0, 0, 0, 2);
                assertThat(results.encode("t", new RecordHeaders(), Formats.SOME_RESULT))
                        .as("a subject of its own, with the same schema")
                        .startsWith(0, 0, 0, 0, 2);
                assertThat(formats.feeds().batches()).isEqualTo(FeedWriter.JSON_BATCHES);
            }
        }
    }

    @Test
    void aRegistryThatIsAwayStopsTheStartThatNeedsIt() {
        assertThatThrownBy(() -> formats("formats: {batches: avro}\nschema-registry: {urls: http://localhost:1}"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("schema-registry.urls")
                .hasMessageContaining("localhost:1");
    }

    @Test
    void aRegistryThatIsAwayStopsNoStartThatOnlyReads() throws Exception {
        try (var formats = formats("schema-registry: {urls: http://localhost:1}")) {
            assertThat(formats.feeds()).isEqualTo(FeedWriter.JSON);
        }
    }

    @Test
    void aSerializerGetsItsPropertiesWithTheirSecrets() throws Exception {
        var more =
                "formats: {results: %s, serializer-properties: {prefix: {env: P}}}".formatted(Theirs.class.getName());

        assertThat(config(more).describe().toString()).doesNotContain("hidden");
        try (var formats = formats(more)) {
            assertThat(formats.feeds().results().encode("t", new RecordHeaders(), Formats.SOME_RESULT))
                    .isEqualTo("hidden-false-Result".getBytes(UTF_8));
        }
    }

    @Test
    void aSerializerThatFailsOrIsNoneStopsTheStart() {
        assertThatThrownBy(() -> formats("formats: {results: %s}".formatted(Failing.class.getName())))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("formats.results")
                .hasMessageNotContaining("hidden");
        assertThatThrownBy(() -> formats("formats: {batches: no.such.Serializer}"))
                .isInstanceOf(StartupException.class)
                .hasMessage("formats.batches: class no.such.Serializer is not on the class path");
        assertThatThrownBy(() -> formats("formats: {batches: java.lang.String}"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("java.lang.String");
    }
}
