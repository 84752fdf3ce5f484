package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.ManifestChunk;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestsTest {
    private final Manifests manifests = new Manifests();

    static ManifestChunk chunk(String batchId, int index, int chunks) {
        return ManifestChunk.newBuilder()
                .setBatchId(batchId)
                .setPool("pool")
                .setLane(new LaneId("main", "/v1/chat/completions", "model", "", List.of(), "24h", ""))
                .setIndex(index)
                .setChunks(chunks)
                .setItems(5)
                .setBytes(500)
                .setFirstItem(0)
                .setFrom(0)
                .setUntil(1)
                .setRefChunk(ByteBuffer.allocate(0))
                .setChecksum(0)
                .setWorkPartition(0)
                .setInboxPartition(2)
                .setSealedAt(1_000)
                .build();
    }

    @Test
    void aBatchBeginsWithTheLastOfItsChunksWhateverTheirOrder() {
        assertThat(manifests.add(7, chunk("b", 1, 2))).isEmpty();

        assertThat(manifests.add(9, chunk("b", 0, 2))).hasValueSatisfying(header -> {
            assertThat(header.batchId()).isEqualTo("b");
            assertThat(header.items()).isEqualTo(5);
            assertThat(header.firstWorkOffset()).isEqualTo(7);
            assertThat(header.lastWorkOffset()).isEqualTo(9);
        });
    }

    @Test
    void aChunkThatComesTwiceCountsOnce() {
        manifests.add(7, chunk("b", 0, 2));

        assertThat(manifests.add(8, chunk("b", 0, 2))).isEmpty();
    }

    @Test
    void readingBeginsAgainAtTheFirstChunkOfAnyIncompleteManifest() {
        assertThat(manifests.restartOffset(5)).isEqualTo(5);

        manifests.add(5, chunk("a", 0, 2));
        manifests.add(6, chunk("b", 0, 2));
        manifests.add(7, chunk("b", 1, 2));
        assertThat(manifests.restartOffset(8)).isEqualTo(5);

        manifests.add(8, chunk("a", 1, 2));
        assertThat(manifests.restartOffset(9)).isEqualTo(9);
    }
}
