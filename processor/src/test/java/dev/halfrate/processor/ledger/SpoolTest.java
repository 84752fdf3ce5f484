package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.ItemBits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    private static final Batch BATCH = Refs.sealed(3);

    @TempDir
    private Path dir;

    private final ReplayedPartition topic = new ReplayedPartition(Refs.TOPIC);
    private final BodyReader bodies = new BodyReader(topic, name -> Refs.TOPIC_ID);

    @BeforeEach
    void start() {
        bodies.start();
    }

    @AfterEach
    void close() {
        bodies.close();
    }

    private Path file() {
        return dir.resolve("spool.jsonl");
    }

    private Spool.Written write(Batch batch, List<ManifestItem> items) throws IOException, InterruptedException {
        return Spool.write(batch, items, Refs.FORMAT, file(), bodies);
    }

    private static String line(int item, String body) {
        return "%s-%06d %s".formatted(BATCH.attempt().tag(), item, body);
    }

    @Test
    void linesStandInTheOrderOfTheItemsWhateverTheOrderOfTheirRecords() throws Exception {
        topic.add(0, "long body");
        topic.add(5, "b");
        topic.add(9, "c");

        var written = write(
                BATCH, List.of(Refs.item(0, 0, 9, "c"), Refs.item(1, 0, 0, "long body"), Refs.item(2, 0, 5, "b")));

        assertThat(written.lines()).isEqualTo(3);
        assertThat(Files.readAllLines(file())).containsExactly(line(0, "c"), line(1, "long body"), line(2, "b"));
    }

    @Test
    void linesLargerThanWhatIsHeldBackStandBetweenSmallOnes() throws Exception {
        var bodies = List.of("a", "b".repeat(300_000), "c", "d".repeat(200_000), "e".repeat(200_000), "f");
        var items = new ArrayList<ManifestItem>();
        for (var item = 0; item < bodies.size(); item++) {
            // The last ones are found first.
            var offset = item < 3 ? 10 + item : item;
            topic.add(offset, bodies.get(item));
            items.add(Refs.item(item, 0, offset, bodies.get(item)));
        }

        write(BATCH, items);

        assertThat(Files.readAllLines(file()))
                .containsExactlyElementsOf(IntStream.range(0, bodies.size())
                        .mapToObj(item -> line(item, bodies.get(item)))
                        .toList());
    }

    @Test
    void itemsThatAreDoneAreNotUploadedAgain() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        topic.add(20, "c");
        var batch = new Batch(
                BATCH.header(),
                BATCH.state(),
                BATCH.attempts(),
                ItemBits.of(1),
                ItemBits.NONE,
                BATCH.tally(),
                BATCH.twins(),
                BATCH.exposure(),
                BATCH.calls(),
                BATCH.unwanted(),
                0,
                BATCH.changedAt());

        assertThat(write(batch, Refs.items("a", "b", "c")).lines()).isEqualTo(2);
        assertThat(Files.readAllLines(file())).containsExactly(line(0, "a"), line(2, "c"));
    }

    @Test
    void linesOfBodiesThatAreGoneLeaveNoHoles() throws Exception {
        topic.add(10, "b");
        topic.add(30, "d");

        var written = write(BATCH, Refs.items("a", "b", "c", "d"));

        assertThat(written.gone()).extracting(ManifestItem::item).containsExactly(0, 2);
        assertThat(Files.readAllLines(file())).containsExactly(line(1, "b"), line(3, "d"));
        try (var left = Files.list(dir)) {
            assertThat(left).containsExactly(file());
        }
    }

    @Test
    void aBodyThatIsAnotherOneIsGone() throws Exception {
        topic.add(0, "x");
        topic.add(10, "b");

        var written = write(BATCH, Refs.items("a", "b"));

        assertThat(written.gone()).extracting(ManifestItem::item).containsExactly(0);
        assertThat(Files.readAllLines(file())).containsExactly(line(1, "b"));
    }

    @Test
    void aBodyThatIsShorterThanItsRefIsGone() throws Exception {
        topic.add(0, "");

        assertThat(write(BATCH, Refs.items("much longer")).gone()).hasSize(1);
    }

    @Test
    void whatTheDiskDoesNotTakeIsAnIoException() {
        topic.add(0, "a");

        assertThatThrownBy(() -> Spool.write(
                        BATCH,
                        Refs.items("a"),
                        Refs.FORMAT,
                        dir.resolve("missing").resolve("file"),
                        bodies))
                .isInstanceOf(IOException.class);
    }

    @Test
    void requestsThatBeginAlikeStandTogetherAndAreMarkedIfThereAreEnough() throws Exception {
        var items = new ArrayList<ManifestItem>();
        var prefixes = new long[] {7, 0, 8, 7, 0, 7};
        for (var item = 0; item < prefixes.length; item++) {
            topic.add(item * 10L, "body-" + item);
            items.add(Refs.item(item, 0, item * 10L, "body-" + item, 0, prefixes[item], 5));
        }

        Spool.write(Refs.sealed(6), items, new Refs.Marking(3), file(), bodies);

        assertThat(Files.readAllLines(file()))
                .containsExactly(
                        line(0, "body-0+mark"),
                        line(3, "body-3+mark"),
                        line(5, "body-5+mark"),
                        line(1, "body-1     "),
                        line(2, "body-2     "),
                        line(4, "body-4     "));
    }

    @Test
    void aRequestThatWasReadBeforeMarksWereChosenHasNone() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        var items = List.of(Refs.item(0, 0, 0, "a", 0, 7, 0), Refs.item(1, 0, 10, "b", 0, 7, 0));

        Spool.write(Refs.sealed(2), items, new Refs.Marking(2), file(), bodies);

        assertThat(Files.readAllLines(file())).containsExactly(line(0, "a"), line(1, "b"));
    }

    @Test
    void linesKeepTheirPlacesWhenOneOfTheirOwnKindIsDone() {
        var items = List.of(
                Refs.item(0, 0, 0, "a", 0, 7, 0), Refs.item(1, 0, 10, "b", 0, 8, 0), Refs.item(2, 0, 20, "c", 0, 7, 0));
        var before = SpoolOrder.of(BATCH, items);
        var done = new Batch(
                BATCH.header(),
                BATCH.state(),
                BATCH.attempts(),
                ItemBits.of(0),
                ItemBits.NONE,
                BATCH.tally(),
                BATCH.twins(),
                BATCH.exposure(),
                BATCH.calls(),
                BATCH.unwanted(),
                0,
                BATCH.changedAt());

        assertThat(before).extracting(ManifestItem::item).containsExactly(0, 2, 1);
        assertThat(SpoolOrder.of(done, items)).extracting(ManifestItem::item).containsExactly(2, 1);
    }
}
