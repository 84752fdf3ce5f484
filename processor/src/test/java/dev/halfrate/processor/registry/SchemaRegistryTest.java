package dev.halfrate.processor.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.codec.DeadLetter.Reason;
import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.config.RegistryConfig.Subjects;
import dev.halfrate.processor.config.RegistryTlsConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.registry.SchemaRegistry.DownException;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.simulator.RegistryServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchemaRegistryTest {
    private final RegistryServer server = RegistryServer.start(0);

    @AfterEach
    void stop() {
        server.close();
    }

    static RegistryConfig config(List<URI> urls) {
        return config(urls, "", "", "", true, Subjects.TOPIC);
    }

    private static RegistryConfig config(
            List<URI> urls, String user, String password, String token, boolean register, Subjects subjects) {
        return new RegistryConfig(
                urls,
                user,
                new Secret(password),
                new Secret(token),
                RegistryTlsConfig.NONE,
                Duration.ofSeconds(2),
                register,
                subjects);
    }

    private SchemaRegistry registry() {
        return new SchemaRegistry(config(List.of(server.url())));
    }

    private int register(String subject, String body) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(
                            server.url().resolve("/subjects/" + subject.replace("/", "%2F") + "/versions"))
                    .POST(BodyPublishers.ofString(body))
                    .build();
            var answer = http.send(request, BodyHandlers.ofString()).body();
            return Integer.parseInt(answer.replaceAll(".*\"id\":(\\d+).*", "$1"));
        }
    }

    @Test
    void whatIsLookedUpIsNotRegistered() throws Exception {
        try (var registry = SchemaRegistry.askingOnce(config(List.of(server.url())))) {
            registry.reach();

            assertThat(registry.lookUp("llm.results", PublicSchemas.RESULT)).isEmpty();
            assertThat(registry.lookUp("llm.results", PublicSchemas.RESULT)).isEmpty();
            var id = registry.idOf("llm.results", PublicSchemas.RESULT);
            assertThat(registry.lookUp("llm.results", PublicSchemas.RESULT)).hasValue(id);
        }
    }

    @Test
    void whatIsRegisteredIsFoundUnderItsId() throws Exception {
        try (var registry = registry()) {
            var id = registry.idOf("llm.results", PublicSchemas.RESULT);

            assertThat(registry.find(new SchemaRef.Id(id))).isEqualTo(new Lookup.Found(PublicSchemas.RESULT));
            assertThat(registry.idOf("llm.results", PublicSchemas.RESULT)).isEqualTo(id);
        }
    }

    @Test
    void itIsFoundUnderItsGuidToo() throws Exception {
        try (var registry = registry();
                var http = HttpClient.newHttpClient()) {
            var id = registry.idOf("t", PublicSchemas.REQUEST);
            var answer = http.send(
                            HttpRequest.newBuilder(server.url().resolve("/schemas/ids/" + id))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            var guid = UUID.fromString(answer.replaceAll("(?s).*\"guid\":\"([^\"]+)\".*", "$1"));

            assertThat(registry.find(new SchemaRef.Guid(guid))).isEqualTo(new Lookup.Found(PublicSchemas.REQUEST));
        }
    }

    @Test
    void subjectsAreNamedByTopicRecordOrBoth() {
        assertThat(List.of(Subjects.values()))
                .map(subjects -> subjects.of("llm.results", "dev.halfrate.Result"))
                .containsExactly("llm.results-value", "dev.halfrate.Result", "llm.results-dev.halfrate.Result");
    }

    @Test
    void referencesAreFollowedHoweverDeep() throws Exception {
        register(
                "a/a",
                "{\"schema\": \"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"A\\\",\\\"symbols\\\":[\\\"X\\\"]}\"}");
        register("b", """
                {"schema": "{\\"type\\":\\"record\\",\\"name\\":\\"B\\",\\"fields\\":[{\\"name\\":\\"a\\",\\"type\\":\\"A\\"}]}",
                 "references": [{"name": "A", "subject": "a/a", "version": 1}]}""");
        var id = register("c", """
                {"schema": "{\\"type\\":\\"record\\",\\"name\\":\\"C\\",\\"fields\\":[{\\"name\\":\\"b\\",\\"type\\":\\"B\\"},{\\"name\\":\\"a\\",\\"type\\":\\"A\\"}]}",
                 "references": [{"name": "B", "subject": "b", "version": 1}, {"name": "A", "subject": "a/a", "version": 1}]}""");

        try (var registry = registry()) {
            assertThat(registry.find(new SchemaRef.Id(id)))
                    .isInstanceOfSatisfying(
                            Lookup.Found.class,
                            found -> assertThat(found.schema()
                                            .getField("b")
                                            .schema()
                                            .getField("a")
                                            .schema()
                                            .getEnumSymbols())
                                    .containsExactly("X"));
        }
    }

    @Test
    void whatIsNotThereOrNotAvroIsNamed() throws Exception {
        var protobuf = server.register("p", "PROTOBUF", "syntax = \"proto3\";");
        try (var registry = registry()) {
            assertThat(registry.find(new SchemaRef.Id(99)))
                    .isEqualTo(new Lookup.Missing(Reason.SCHEMA_UNKNOWN, "the registry has no schema of id 99"));
            assertThat(registry.find(new SchemaRef.Id(protobuf)))
                    .isEqualTo(new Lookup.Missing(
                            Reason.SCHEMA_INCOMPATIBLE, "the schema of id 1 is of type PROTOBUF, it must be AVRO"));
        }
    }

    @Test
    void anotherUrlAnswersWhereOneDoesNot() throws Exception {
        var nobody = URI.create("http://localhost:" + freePort());
        try (var registry = new SchemaRegistry(config(List.of(nobody, server.url())))) {
            assertThat(registry.idOf("t", PublicSchemas.REQUEST)).isPositive();
        }
    }

    @Test
    void aRegistryThatIsDownIsNoAnswer() {
        server.stop();
        try (var registry = registry()) {
            assertThatThrownBy(() -> registry.find(new SchemaRef.Id(1))).isInstanceOf(DownException.class);
            assertThatThrownBy(() -> registry.idOf("t", PublicSchemas.REQUEST))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("schema-registry.urls");
        }
    }

    @Test
    void whoIsNotLetInKnowsNothing() {
        server.requireAuthorization("Basic dTpwOnc=");
        try (var registry = registry()) {
            assertThatThrownBy(() -> registry.find(new SchemaRef.Id(1)))
                    .isInstanceOf(DownException.class)
                    .hasMessageContaining("does not let us in");
        }
    }

    @Test
    void userAndPasswordOrATokenAreSentAndNeverQuoted() throws Exception {
        server.requireAuthorization("Basic dTpwOnc=");
        try (var registry = new SchemaRegistry(config(List.of(server.url()), "u", "p:w", "", true, Subjects.RECORD))) {
            assertThat(registry.idOf("t", PublicSchemas.REQUEST)).isPositive();
        }
        server.requireAuthorization("Bearer tok");
        try (var registry = new SchemaRegistry(config(List.of(server.url()), "", "", "tok", true, Subjects.TOPIC))) {
            assertThat(registry.idOf("t", PublicSchemas.REQUEST)).isPositive();
        }
        var wrong = config(List.of(server.url()), "", "", "other-token", true, Subjects.TOPIC);
        assertThat(wrong.toString()).doesNotContain("other-token");
        try (var registry = new SchemaRegistry(wrong)) {
            assertThatThrownBy(() -> registry.idOf("t", PublicSchemas.REQUEST))
                    .hasMessageContaining("does not let us in")
                    .hasMessageNotContaining("other-token");
        }
    }

    @Test
    void aSchemaThatMayNotBeRegisteredMustBeThere() throws Exception {
        var config = config(List.of(server.url()), "", "", "", false, Subjects.TOPIC);
        try (var registry = new SchemaRegistry(config)) {
            assertThatThrownBy(() -> registry.idOf("t", PublicSchemas.RESULT))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("subject t-value does not have the schema of dev.halfrate.Result");
            var id = server.register("t-value", "AVRO", PublicSchemas.RESULT.toString());

            assertThat(registry.idOf("t", PublicSchemas.RESULT)).isEqualTo(id);
        }
    }

    @Test
    void aSubjectThatHoldsSomethingElseIsNamed() {
        server.register("t-value", "AVRO", Schema.create(Schema.Type.INT).toString());
        try (var registry = registry()) {
            assertThatThrownBy(() -> registry.idOf("t", PublicSchemas.RESULT))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("subject t-value");
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
