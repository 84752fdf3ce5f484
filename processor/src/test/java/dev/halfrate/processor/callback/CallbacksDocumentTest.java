package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.CallbackUrls;
import dev.halfrate.processor.config.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The receiver that docs/callbacks.md shows takes what Halfrate sends, and nothing else. */
class CallbacksDocumentTest {
    private static final Pattern PYTHON = Pattern.compile("```python\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path directory;

    @Test
    void theReceiverTakesWhatIsGenuine() throws Exception {
        assumeThat(hasPython()).as("python3 is needed to run the example").isTrue();
        var document = PYTHON.matcher(Files.readString(Path.of("../docs/callbacks.md")));
        assertThat(document.find()).isTrue();
        var script = Files.writeString(directory.resolve("receiver.py"), document.group(1));
        var port = freePort();
        var log = directory.resolve("log");
        var builder = new ProcessBuilder("python3", script.toString(), String.valueOf(port))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("CALLBACK_SECRET", Records.whsec(Records.KEY));
        var receiver = builder.start();
        try (var post = new Post(
                CallbackUrls.of("http://127.0.0.1:%d/".formatted(port)),
                Duration.ofSeconds(10),
                true,
                InetAddress::getAllByName,
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system())) {
            var event = event("b-1");
            var now = Instant.now();
            var both = List.of(new Secret(Records.whsec(Records.NEXT_KEY)), new Secret(Records.whsec(Records.KEY)));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !(post.send(
                                    Map.of("webhook-signature", "none", "webhook-id", "x", "webhook-timestamp", "0"),
                                    new byte[0])
                            instanceof Reply.Silent));

            assertThat(send(post, event, event, both, now)).isEqualTo(204);
            assertThat(send(post, event, event, both.subList(0, 1), now)).isEqualTo(401);
            assertThat(send(post, event("b-2"), event, both, now)).isEqualTo(401);
            assertThat(send(post, event, event, both, now.minusSeconds(600))).isEqualTo(401);
            assertThat(Files.readString(log))
                    .contains("settled-b-1 batch.settled b-1")
                    .doesNotContain("b-2");
        } finally {
            receiver.destroyForcibly().waitFor();
        }
    }

    private static int send(Post post, Event sent, Event signed, List<Secret> secrets, Instant at) {
        var headers = Message.headers(signed, secrets, at).orElseThrow();
        return post.send(headers, sent.body()) instanceof Reply.Answered answer ? answer.status() : 0;
    }

    private static Event event(String batch) {
        var body = "{\"type\":\"batch.settled\",\"data\":{\"batch_id\":\"%s\"}}".formatted(batch);
        return new Event(
                "settled-" + batch, batch, new TopicPartition("llm.batches", 0), 0, Records.AT, body.getBytes(UTF_8));
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
