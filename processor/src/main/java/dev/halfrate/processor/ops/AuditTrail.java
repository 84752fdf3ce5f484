package dev.halfrate.processor.ops;

import dev.halfrate.processor.codec.Audit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What operators have asked for last. Safe for threads. */
public final class AuditTrail {
    /** So many are told of. */
    public static final int WISHES_MAX = 50;

    private final Map<String, Wished> last = new HashMap<>();
    private boolean readable = true;

    /**
     * A wish; texts are empty where they do not apply. A request's id is left out: it may be somebody's.
     *
     * @param request whether it was about one request
     * @param repeated how often it was said again
     */
    public record Wished(
            Instant at,
            String by,
            String action,
            String account,
            String lane,
            String batchId,
            boolean request,
            String resolution,
            int attempt,
            String remoteBatchId,
            String commandId,
            int repeated) {
        private static Wished of(Audit audit, int repeated) {
            return new Wished(
                    audit.at(),
                    audit.by(),
                    audit.action(),
                    audit.account(),
                    audit.lane(),
                    audit.batchId(),
                    !audit.customId().isEmpty(),
                    audit.resolution(),
                    audit.attempt(),
                    audit.remoteBatchId(),
                    audit.commandId(),
                    repeated);
        }
    }

    /** Begins anew. */
    synchronized void clear() {
        last.clear();
    }

    /** Takes in a record of the topic; what is none is passed over. */
    public synchronized void take(byte[] value) {
        Audit.read(value).ifPresent(audit -> {
            var before = last.get(audit.commandId());
            last.put(audit.commandId(), before == null ? Wished.of(audit, 0) : Wished.of(audit, before.repeated() + 1));
            if (last.size() > WISHES_MAX) {
                last.values().stream()
                        .min(Comparator.comparing(Wished::at))
                        .map(Wished::commandId)
                        .ifPresent(last::remove);
            }
        });
    }

    /** Kafka does not let us read it. */
    synchronized void unreadable() {
        readable = false;
    }

    public synchronized boolean isReadable() {
        return readable;
    }

    /** @return the latest first */
    public synchronized List<Wished> last() {
        var all = new ArrayList<>(last.values());
        all.sort(Comparator.comparing(Wished::at).reversed().thenComparing(Wished::commandId));
        return all;
    }
}
