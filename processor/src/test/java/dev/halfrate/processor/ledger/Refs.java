package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/** Requests as they stand in a manifest, and their records. */
final class Refs {
    static final Uuid TOPIC_ID = new Uuid(7, 9);
    static final String TOPIC = "llm.requests";

    /** Writes {@code <id> <body>}. */
    static final LineFormat FORMAT = new LineFormat() {
        @Override
        public int lineBytes(String endpoint, int bodyBytes) {
            return UpstreamId.BYTES + 1 + bodyBytes + 1;
        }

        @Override
        public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
            return (id.text() + " " + UTF_8.decode(body.duplicate()) + "\n").getBytes(UTF_8);
        }
    };

    private Refs() {}

    static Source source(Uuid topicId) {
        var bytes = ByteBuffer.allocate(16)
                .putLong(topicId.getMostSignificantBits())
                .putLong(topicId.getLeastSignificantBits());
        return new Source(new TopicId(bytes.array()), TOPIC);
    }

    static ManifestItem item(int item, int partition, long offset, String body) {
        return item(item, partition, offset, body, 0, 0, 0);
    }

    /** @param deadline epoch milliseconds, 0 for none */
    static ManifestItem item(int item, int partition, long offset, String body, long deadline) {
        return item(item, partition, offset, body, deadline, 0, 0);
    }

    /**
     * @param prefix stands for what it begins with
     * @param room that its line has beyond what it needs
     */
    static ManifestItem item(int item, int partition, long offset, String body, long deadline, long prefix, int room) {
        return new ManifestItem(
                item,
                source(TOPIC_ID),
                Ref.newBuilder()
                        .setSource(0)
                        .setPartition(partition)
                        .setOffset(offset)
                        .setCustomId("request-" + item)
                        .setBodyOffset(2)
                        .setBodyBytes(body.length())
                        .setLineBytes(FORMAT.lineBytes(Examples.HEADER.endpoint(), body.length()) + room)
                        .setPrefix(prefix)
                        .setContent(new Hash(
                                ContentHash.of(Examples.HEADER.endpoint(), ByteBuffer.wrap(body.getBytes(UTF_8)))))
                        .setRequestedAt(0)
                        .setExpiresAt(Long.MAX_VALUE)
                        .setAttempts(0)
                        .setTag("")
                        .setTraceparent(null)
                        .setDeadline(deadline)
                        .build());
    }

    /** @return items 0, 1, … of partition 0 at offsets 0, 10, 20, … */
    static List<ManifestItem> items(String... bodies) {
        var items = new ArrayList<ManifestItem>();
        for (var body : bodies) {
            items.add(item(items.size(), 0, items.size() * 10L, body));
        }
        return items;
    }

    /** The request's record: two bytes before the body and one after it. */
    static byte[] value(String body) {
        return ("<<" + body + ">").getBytes(UTF_8);
    }

    static Batch sealed(int items) {
        return Batch.sealed(Examples.header(Examples.HEADER.batchId(), items, 1), Examples.NOW);
    }

    /** Puts a word behind the bodies of requests that begin alike. */
    record Marking(int markedFrom) implements LineFormat {
        @Override
        public int lineBytes(String endpoint, int bodyBytes) {
            return FORMAT.lineBytes(endpoint, bodyBytes);
        }

        @Override
        public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
            return FORMAT.encode(id, endpoint, body);
        }

        @Override
        public ByteBuffer marked(ByteBuffer body) {
            return ByteBuffer.wrap((UTF_8.decode(body.duplicate()) + "+mark").getBytes(UTF_8));
        }
    }
}
