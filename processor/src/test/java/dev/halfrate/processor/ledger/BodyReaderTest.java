package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BodyReaderTest {
    private final ReplayedPartition topic = new ReplayedPartition(Refs.TOPIC);
    private @Nullable Uuid topicId = Refs.TOPIC_ID;
    private int lookUps;
    private final BodyReader reader = new BodyReader(topic, name -> {
        lookUps++;
        return topicId;
    });

    @AfterEach
    void close() {
        reader.close();
    }

    private Taken read(List<ManifestItem> items) throws Exception {
        reader.start();
        var taken = new Taken();
        reader.read(items, taken);
        return taken;
    }

    @Test
    void bodiesAreFoundWhereTheRefsPoint() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        topic.add(20, "c");

        var taken = read(Refs.items("a", "b", "c"));

        assertThat(taken.found).containsExactly("0 <<a>", "1 <<b>", "2 <<c>");
        assertThat(taken.gone).isEmpty();
    }

    @Test
    void aTopicIsLookedUpOnceHoweverManyBodiesAreWanted() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        topic.add(20, "c");

        read(Refs.items("a", "b", "c"));

        assertThat(lookUps).isOne();
    }

    @Test
    void shortGapsAreReadOver() throws Exception {
        for (var offset = 0; offset < 1_000; offset++) {
            topic.add(offset, "a");
        }

        var taken = read(List.of(Refs.item(0, 0, 0, "a"), Refs.item(1, 0, 999, "a")));

        assertThat(taken.found).hasSize(2);
        assertThat(topic.seeks()).containsExactly(0L);
    }

    @Test
    void whatIsFarBehindIsReachedByASeek() throws Exception {
        for (var offset = 0; offset < 20; offset++) {
            topic.add(offset, "a");
        }
        topic.add(50_000, "c");

        var taken = read(List.of(Refs.item(0, 0, 0, "a"), Refs.item(2, 0, 50_000, "c")));

        assertThat(taken.found).hasSize(2);
        assertThat(topic.seeks()).containsExactly(0L, 50_000L);
    }

    @Test
    void aRecordThatWasCompactedAwayIsGone() throws Exception {
        topic.add(0, "a");
        topic.add(20, "c");

        var taken = read(Refs.items("a", "b", "c"));

        assertThat(taken.found).hasSize(2);
        assertThat(taken.gone).containsExactly(1);
    }

    @Test
    void whatLiesBeforeTheTopicsBeginningOrBehindItsEndIsGone() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        topic.deleteUntil(5);

        var taken = read(Refs.items("a", "b", "c"));

        assertThat(taken.found).containsExactly("1 <<b>");
        assertThat(taken.gone).containsExactly(0, 2);
    }

    @Test
    void aTopicOfTheSameNameIsNotTheOneThatWasRead() throws Exception {
        topic.add(0, "a");
        topicId = new Uuid(1, 1);

        assertThat(read(Refs.items("a")).gone).containsExactly(0);
    }

    @Test
    void withoutTheTopicAllIsGone() throws Exception {
        topicId = null;

        assertThat(read(Refs.items("a", "b")).gone).containsExactly(0, 1);
    }

    @Test
    void jobsThatWaitTogetherShareOneScan() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        topic.add(20, "c");
        var one = new Taken();
        var other = new Taken();
        var first = waiting(Refs.items("a", "b", "c"), one);
        var second = waiting(Refs.items("a", "b"), other);

        reader.start();
        first.end.get();
        second.end.get();

        assertThat(one.found).hasSize(3);
        assertThat(other.found).hasSize(2);
        assertThat(topic.seeks()).containsExactly(0L);
    }

    @Test
    void aJobThatFailsFailsAlone() throws Exception {
        topic.add(0, "a");
        topic.add(10, "b");
        var other = new Taken();
        var full = waiting(Refs.items("a", "b"), new FullDisk());
        var fine = waiting(Refs.items("a", "b"), other);

        reader.start();

        assertThatThrownBy(full.end::get)
                .hasRootCauseInstanceOf(IOException.class)
                .hasRootCauseMessage("disk full");
        fine.end.get();
        assertThat(other.found).hasSize(2);
    }

    @Test
    void aJobThatNobodyWaitsForAnyMoreIsLeftOut() throws Exception {
        topic.add(0, "a");
        var left = new Taken();
        var leaving = waiting(Refs.items("a"), left);
        leaving.thread.interrupt();
        leaving.thread.join();

        assertThat(read(Refs.items("a")).found).hasSize(1);
        assertThat(left.found).isEmpty();
    }

    @Test
    void twoPollsAreInMemoryAtMostAndASlowJobHoldsTheOthersUpOnlyWhileItWaits() throws Exception {
        var items = Refs.items("a", "b", "c", "d", "e", "f", "g", "h", "i");
        for (var item : items) {
            topic.add(item.ref().getOffset(), "abcdefghi".substring(item.item(), item.item() + 1));
        }
        var slow = new Stuck();
        var slowly = waiting(items, slow);
        var other = new Taken();
        var fine = waiting(items, other);

        reader.start();
        await().until(() -> slow.stuck && other.found.size() == 3 && blocked("body-reader"));

        assertThat(topic.position(new TopicPartition(Refs.TOPIC, 0)))
                .as("what the slow one has and the next poll")
                .isEqualTo(items.get(5).ref().getOffset() + 1);
        slowly.thread.interrupt();
        fine.end.get();
        assertThat(other.found).hasSize(items.size());
        assertThat(slow.found).isEmpty();
    }

    @Test
    void aJobWaitsForAnotherOnesBodiesBeforeItsNextPollIsKept() throws Exception {
        var items = Refs.items("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
        for (var item : items) {
            topic.add(item.ref().getOffset(), "abcdefghijkl".substring(item.item(), item.item() + 1));
        }
        var slow = new Stuck();
        var slowly = waiting(items.subList(0, 3), slow);
        var other = new Taken();
        var fine = waiting(items.subList(3, 12), other);

        reader.start();
        await().until(() -> slow.stuck && blocked("body-reader"));

        assertThat(other.found)
                .as("what was polled beside what the slow one has")
                .isEmpty();
        assertThat(topic.position(new TopicPartition(Refs.TOPIC, 0)))
                .isEqualTo(items.get(5).ref().getOffset() + 1);
        slowly.thread.interrupt();
        fine.end.get();
        assertThat(other.found).hasSize(9);
    }

    @Test
    void aSinkThatFailsUnexpectedlyEndsItsOwnJobOnly() throws Exception {
        var items = Refs.items("a", "b");
        for (var item : items) {
            topic.add(item.ref().getOffset(), "ab".substring(item.item(), item.item() + 1));
        }
        var failing = waiting(items, new Taken() {
            @Override
            public void found(ManifestItem item, ByteBuffer value) {
                throw new IllegalArgumentException("unknown format");
            }
        });
        var other = new Taken();
        var fine = waiting(items, other);

        reader.start();

        assertThat(failing.end)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(BodyReader.BodiesUnavailableException.class);
        fine.end.get();
        assertThat(other.found).hasSize(2);
    }

    private static boolean blocked(String thread) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(any -> any.getName().equals(thread) && any.getState() == Thread.State.WAITING);
    }

    private record Reading(Thread thread, CompletableFuture<@Nullable Void> end) {}

    /** A job that is in the queue of the reader, which is not started yet. */
    private Reading waiting(List<ManifestItem> items, BodyReader.Sink sink) {
        var end = new CompletableFuture<@Nullable Void>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                reader.read(items, sink);
                end.complete(null);
            } catch (IOException | InterruptedException | RuntimeException e) {
                end.completeExceptionally(e);
            }
        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return new Reading(thread, end);
    }

    private static class Taken implements BodyReader.Sink {
        final List<String> found = new CopyOnWriteArrayList<>();
        final List<Integer> gone = new ArrayList<>();

        @Override
        public void found(ManifestItem item, ByteBuffer value) throws IOException {
            found.add(item.item() + " " + UTF_8.decode(value));
        }

        @Override
        public void gone(ManifestItem item) {
            gone.add(item.item());
        }
    }

    private static final class FullDisk extends Taken {
        @Override
        public void found(ManifestItem item, ByteBuffer value) throws IOException {
            throw new IOException("disk full");
        }
    }

    private static final class Stuck extends Taken {
        private volatile boolean stuck;

        @Override
        public void found(ManifestItem item, ByteBuffer value) throws IOException {
            stuck = true;
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new InterruptedIOException();
            }
        }
    }
}
