package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

class ManifestRoomTest {
    private final ManifestRoom room = new ManifestRoom(100);
    private final LinkedBlockingQueue<Integer> entered = new LinkedBlockingQueue<>();

    @Test
    void smallManifestsAreInMemoryFourAtATime() throws InterruptedException {
        for (var i = 0; i < ManifestRoom.MANIFESTS_MAX; i++) {
            assertThat(room.enter(1)).isEqualTo(25);
        }

        waits(1);

        room.leave(25);
        assertThat(entered.take()).isEqualTo(25);
    }

    @Test
    void aManifestThatIsLargerThanTheRoomIsThereAlone() throws InterruptedException {
        var small = room.enter(30);

        waits(50_000);

        room.leave(small);
        assertThat(entered.take()).isEqualTo(100);
        room.leave(100);
        assertThat(room.isEmpty()).isTrue();
    }

    @Test
    void aSmallHeapHoldsOneLargeManifestAndALargeOneSeveral() {
        var small = new HeapShares(128 << 20);
        var large = new HeapShares(1 << 30);

        assertThat(small.spooledItems()).isLessThan(50_000);
        assertThat(small.collectedItems()).isLessThan(50_000);
        assertThat(small.letterBytes()).isEqualTo(2 << 20);
        assertThat(large.spooledItems()).isGreaterThan(4 * 50_000);
        assertThat(large.letterBytes()).isEqualTo(8 << 20);
    }

    private void waits(int items) {
        var thread = Thread.ofVirtual().start(() -> {
            try {
                entered.add(room.enter(items));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        assertThat(entered).isEmpty();
    }
}
