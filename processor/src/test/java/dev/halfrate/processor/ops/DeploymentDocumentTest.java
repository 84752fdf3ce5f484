package dev.halfrate.processor.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Right.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

/** The tables of docs/deployment.md are those that a start, the doctor and the scripts go by. */
class DeploymentDocumentTest {
    private final HalfrateConfig config = config("topics: {create: false}");

    private static HalfrateConfig config(String more) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: 'kafka:9092'}
                accounts: [{name: main, key: {env: KEY}}]
                %s
                """.formatted(more), Map.of("KEY", "sk"));
    }

    @Test
    void topicsAreAsPlanned() throws IOException {
        var documented = table("| topic |").stream()
                .map(cells -> "%s %s".formatted(cells.get(0), cells.get(2)))
                .toList();

        assertThat(TopicPlan.of(config).stream()
                        .map(plan -> "%s %s"
                                .formatted(
                                        plan.name(),
                                        plan.settings().entrySet().stream()
                                                .map(setting -> setting.getKey() + "=" + setting.getValue())
                                                .collect(Collectors.joining(" ")))))
                .containsExactlyElementsOf(documented);
    }

    @Test
    void rightsAreAsListed() throws IOException {
        var documented = table("| principal |").stream()
                .map(cells -> String.join(" | ", cells))
                .toList();

        assertThat(Rights.of(config).stream().map(DeploymentDocumentTest::row)).containsExactlyElementsOf(documented);
    }

    private static String row(Right right) {
        return Stream.of(
                        right.part().word(),
                        right.resource(),
                        right.name(),
                        right.pattern().name(),
                        right.may().stream().map(AclOperation::name).collect(Collectors.joining(", ")))
                .collect(Collectors.joining(" | "));
    }

    @Test
    void whoMakesTopicsMayMakeEachOfThem() {
        var making = Rights.of(config("topics: {create: true}"));

        assertThat(TopicPlan.of(config))
                .allSatisfy(plan -> assertThat(allowed(making, plan.name())).contains(AclOperation.CREATE));
        assertThat(allowed(Rights.of(config), "llm.requests")).doesNotContain(AclOperation.CREATE);
    }

    @Test
    void sourcesCallbacksAndTopicsOfResultsNeedMore() {
        var more = Rights.of(config("""
                        topics: {create: false, work: elsewhere}
                        results: [{name: r, to: my.results, topics: [llm.requests]}]
                        sources: [{name: s, topic: events, custom-id: '{{ key }}', url: /v1/chat/completions, body: {model: m}}]
                        callbacks:
                          - {name: c, url: 'https://example.com/c', secrets: [{env: KEY}], events: [batch.settled, result]}
                        """.replace("{env: KEY}]", "{file: " + secret() + "}]")));

        assertThat(allowed(more, "events")).containsExactly(AclOperation.READ);
        assertThat(allowed(more, "llm.requests")).contains(AclOperation.READ, AclOperation.WRITE);
        assertThat(allowed(more, "llm.batches")).contains(AclOperation.READ, AclOperation.WRITE);
        assertThat(allowed(more, "llm.results")).contains(AclOperation.READ, AclOperation.WRITE);
        assertThat(allowed(more, "my.results")).contains(AclOperation.READ, AclOperation.WRITE);
        assertThat(allowed(more, "elsewhere"))
                .contains(AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS);
    }

    private static Path secret() {
        try {
            return Files.writeString(
                    Files.createTempFile("secret", ""), "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<AclOperation> allowed(List<Right> rights, String topic) {
        return rights.stream()
                .filter(right -> right.part() == Part.HALFRATE && right.type() == ResourceType.TOPIC)
                .filter(right -> right.covers(topic))
                .flatMap(right -> right.may().stream())
                .toList();
    }

    @Test
    void aRightIsALineForAShell() {
        var right = Rights.of(config).stream()
                .filter(it -> it.type() == ResourceType.TRANSACTIONAL_ID)
                .findFirst()
                .orElseThrow();

        assertThat(right.command("kafka:9092", "User:CN=it's me", right.may()))
                .isEqualTo("kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:CN=it'\\''s me'"
                        + " --operation Write --transactional-id halfrate- --resource-pattern-type prefixed");
    }

    /** @return the cells of the first table whose header begins like that, without backquotes */
    private static List<List<String>> table(String header) throws IOException {
        return Files.readString(Path.of("../docs/deployment.md"))
                .lines()
                .dropWhile(line -> !line.startsWith(header))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> Stream.of(line.substring(1, line.length() - 1).split("\\|"))
                        .map(cell -> cell.replace("`", "").strip())
                        .toList())
                .toList();
    }
}
