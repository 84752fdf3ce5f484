package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of files. */
final class RangesTest {

    private static final String LINES = ChatLines.of(3);

    @TempDir
    Path directory;

    private Simulator simulator;
    private RawClient client;
    private String content;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults().withDataDirectory(directory), new ManualClock());
        client = new RawClient(simulator.baseUrl(), "sk-anything");
        content = "/v1/files/" + client.upload(LINES) + "/content";
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    private Answer part(String range, String... more) {
        String[] headers = {"Range", range};
        return client.send(
                "GET",
                content,
                BodyPublishers.noBody(),
                Stream.of(headers, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=10-19, 10, 20",
        "bytes=10-, 10, -1",
        "bytes=-10, -10, -1",
        "bytes=0-0, 0, 1",
        "bytes=5-99999, 5, -1"
    })
    void aPartIsThatPart(String range, int from, int to) {
        byte[] all = LINES.getBytes(StandardCharsets.UTF_8);
        int begin = from < 0 ? all.length + from : from;
        int end = to < 0 ? all.length : to;

        Answer answer = part(range);

        assertThat(answer.status()).isEqualTo(206);
        assertThat(answer.header("Content-Range")).isEqualTo("bytes %d-%d/%d".formatted(begin, end - 1, all.length));
        assertThat(answer.response().body()).isEqualTo(Arrays.copyOfRange(all, begin, end));
    }

    @ParameterizedTest
    @CsvSource({"bytes=10-5", "bytes=-", "'bytes=0-1,3-4'", "lines=1-2"})
    void whatIsNoPartIsIgnored(String range) {
        assertThat(part(range).status()).isEqualTo(200);
        assertThat(part(range).text()).isEqualTo(LINES);
    }

    @Test
    void beyondTheEndThereIsNothing() {
        Answer answer = part("bytes=99999-");

        assertThat(answer.status()).isEqualTo(416);
        assertThat(answer.header("Content-Range"))
                .isEqualTo("bytes */" + LINES.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void anotherVersionIsSentWhole() {
        String version = client.get(content).header("ETag");

        assertThat(part("bytes=10-", "If-Range", version).status()).isEqualTo(206);
        assertThat(part("bytes=10-", "If-Range", "\"other\"").text()).isEqualTo(LINES);
    }

    @Test
    void aVendorMayKnowNoParts() {
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"ranges\": false}"));

        Answer answer = part("bytes=10-");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(LINES);
        assertThat(answer.response().headers().firstValue("ETag")).isEmpty();
    }

    @Test
    void aDamagedFileIsAnotherVersionAndABrokenDownloadIsNot() {
        String whole = client.get(content).header("ETag");
        client.post("/control/faults", "{\"method\": \"GET\", \"path\": \".*content\", \"ends_after\": 20}");
        client.post("/control/faults", "{\"method\": \"GET\", \"path\": \".*content\", \"bytes_per_second\": 99999}");

        String damaged = client.get(content).header("ETag");
        String dripped = client.get(content).header("ETag");

        assertThat(damaged).isNotEqualTo(whole);
        assertThat(dripped).isEqualTo(whole);
    }

    @Test
    void aPartOfADamagedFileIsDamagedToo() {
        client.post("/control/faults", "{\"method\": \"GET\", \"path\": \".*content\", \"ends_after\": 20}");

        Answer answer = part("bytes=10-");

        assertThat(answer.status()).isEqualTo(206);
        assertThat(answer.text()).isEqualTo(LINES.substring(10, 20));
    }
}
