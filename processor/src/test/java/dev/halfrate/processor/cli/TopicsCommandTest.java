package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.ops.Right.Part;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicsCommandTest {
    @TempDir
    Path directory;

    private final StringWriter words = new StringWriter();

    private int topics(String... options) throws IOException {
        var key = Files.writeString(directory.resolve("key"), "sk");
        var config = Files.writeString(directory.resolve("halfrate.yaml"), """
                        kafka: {bootstrap.servers: 'kafka:9092'}
                        topics: {create: false}
                        accounts: [{name: main, key: {file: %s}}]
                        """.formatted(key));
        var arguments = new ArrayList<>(List.of("topics", "--config", config.toString()));
        arguments.addAll(List.of(options));
        return CommandLines.create()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute(arguments.toArray(String[]::new));
    }

    @Test
    void theScriptMakesTopicsAndGivesRightsToThoseWhoAreNamed() throws IOException {
        assertThat(topics("--script", "--principal", "svc", "--principal", "reader=User:web"))
                .isEqualTo(CommandLines.DONE);

        assertThat(words.toString().lines())
                .contains(
                        "kafka-topics.sh --bootstrap-server kafka:9092 --create --topic llm.batches --partitions 8"
                                + " --replication-factor 3 --config min.insync.replicas=2"
                                + " --config unclean.leader.election.enable=false --if-not-exists",
                        "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:svc"
                                + " --operation Read --operation DescribeConfigs --topic llm.requests",
                        "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:web"
                                + " --operation Read --topic llm.results")
                .noneMatch(line -> line.contains("operator"));
    }

    @Test
    void aNameMayHaveAnEqualsSignInIt() {
        assertThat(TopicsCommand.principals(List.of("CN=halfrate,OU=llm", "producer=User:CN=p", "Group:x")))
                .isEqualTo(Map.of(Part.HALFRATE, "Group:x", Part.PRODUCER, "User:CN=p"));
        assertThat(TopicsCommand.principals(List.of("CN=halfrate,OU=llm")))
                .isEqualTo(Map.of(Part.HALFRATE, "User:CN=halfrate,OU=llm"));
    }

    @Test
    void whatDoesNotGoTogetherIsWrongUsage() throws IOException {
        assertThat(topics("--principal", "svc")).isEqualTo(CommandLines.MISUSED);
        assertThat(topics("--script", "--json")).isEqualTo(CommandLines.MISUSED);
        assertThat(topics("--script", "--create")).isEqualTo(CommandLines.MISUSED);
    }
}
