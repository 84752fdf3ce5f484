package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.call.CallJournal.Sent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallJournalTest {
    private static final CallRequest A = request("a");
    private static final CallRequest B = request("b");

    @TempDir
    private Path dir = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void file() {
        file = dir.resolve("journal");
    }

    @Test
    void whatWasSentIsKnownToTheNextRun() {
        try (var journal = CallJournal.open(file)) {
            journal.sending(List.of(A, B));
            journal.sending(List.of(A));
            journal.refused(List.of("b"));
        }

        try (var journal = CallJournal.open(file)) {
            assertThat(journal.used()).isTrue();
            assertThat(journal.sent())
                    .containsOnlyKeys("a", "b")
                    .containsEntry("a", new Sent(A.hash(), 2))
                    .containsEntry("b", new Sent(B.hash(), 0));
        }
    }

    @Test
    void itHoldsNoPrompt() throws IOException {
        try (var journal = CallJournal.open(file)) {
            journal.sending(List.of(A));
        }

        assertThat(Files.readString(file)).contains("\"a\"").doesNotContain("canary");
    }

    @Test
    void aGroupThatBrokeOffWasNeverSent() throws IOException {
        try (var journal = CallJournal.open(file)) {
            journal.sending(List.of(A));
        }
        var whole = Files.size(file);
        Files.writeString(file, "{\"sending\":[{\"id\":\"b\",\"ha", StandardOpenOption.APPEND);

        try (var journal = CallJournal.open(file)) {
            assertThat(journal.sent()).containsOnlyKeys("a");
            assertThat(Files.size(file)).isEqualTo(whole);
            journal.sending(List.of(B));
        }

        try (var journal = CallJournal.open(file)) {
            assertThat(journal.sent()).containsOnlyKeys("a", "b");
        }
    }

    @Test
    void wholeLinesThatAreDamagedAreNotGuessedAt() throws IOException {
        try (var journal = CallJournal.open(file)) {
            journal.sending(List.of(A));
        }
        Files.writeString(file, "{\"sending\":[{\"id\":\n", StandardOpenOption.APPEND);

        assertThatThrownBy(() -> CallJournal.open(file))
                .isInstanceOf(CallException.class)
                .hasMessage("%s is damaged at line 3, so nobody knows what was sent", file);
    }

    @Test
    void somebodyElsesFileIsLeftAlone() throws IOException {
        Files.writeString(file, "{\"a\":1}\n");

        assertThatThrownBy(() -> CallJournal.open(file))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("is no journal of this command");
        assertThat(Files.readString(file)).isEqualTo("{\"a\":1}\n");
    }

    @Test
    void somebodyElsesFileWithoutALineIsLeftAloneToo() throws IOException {
        Files.writeString(file, "notes");

        assertThatThrownBy(() -> CallJournal.open(file))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("is no journal of this command");
        assertThat(Files.readString(file)).isEqualTo("notes");
    }

    @Test
    void aHeadThatBrokeOffIsBegunAnew() throws IOException {
        Files.writeString(file, "{\"journal\":\"half");

        try (var journal = CallJournal.open(file)) {
            assertThat(journal.used()).isFalse();
            journal.sending(List.of(A));
        }

        assertThat(Files.readString(file)).startsWith("{\"journal\":\"halfrate call\",\"version\":1}\n{\"sending\"");
    }

    @Test
    void onlyOneRunHasIt() {
        try (var _ = CallJournal.open(file)) {
            assertThatThrownBy(() -> CallJournal.open(file))
                    .isInstanceOf(CallException.class)
                    .hasMessageContaining("another halfrate call");
        }
        try (var journal = CallJournal.open(file)) {
            assertThat(journal.used()).isFalse();
        }
    }

    @Test
    void noOtherProcessHasItMeanwhile() throws Exception {
        try (var _ = CallJournal.open(file)) {
            assertThat(anotherProcessOpens()).contains("another halfrate call");
        }
        assertThat(anotherProcessOpens()).isEmpty();
    }

    private String anotherProcessOpens() throws Exception {
        var process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        AnotherProcess.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Opens a journal, and says why it cannot. */
    static final class AnotherProcess {
        public static void main(String[] args) {
            try (var _ = CallJournal.open(Path.of(args[0]))) {
                System.out.flush();
            } catch (CallException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    @Test
    void oneThatNobodyNeededLeavesNoTrace() {
        try (var journal = CallJournal.open(file)) {
            assertThat(journal.used()).isFalse();
        }

        assertThat(file).doesNotExist();
    }

    @Test
    void whereItCannotBeIsSaid() {
        assertThatThrownBy(() -> CallJournal.open(dir.resolve("none/journal")))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("cannot be written");
    }

    private static CallRequest request(String id) {
        return new CallRequest(1, id, "/v1/messages", "m", "{\"x\":\"canary-prompt\"}".getBytes(UTF_8));
    }
}
