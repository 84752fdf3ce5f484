package dev.halfrate.processor.topology;

import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.schemas.internal.PauseRecord;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.state.KeyValueStore;

/** Lanes, and accounts with all of their lanes, that nothing is sealed of until an operator resumes them. */
final class Pauses {
    private static final String AT_ONCE = "@sync";

    private final KeyValueStore<String, PauseRecord> store;
    private final TreeMap<String, PauseRecord> paused = new TreeMap<>();
    private final IntConsumer shown;

    /** @param shown is told how many there are */
    Pauses(KeyValueStore<String, PauseRecord> store, IntConsumer shown) {
        this.store = store;
        this.shown = shown;
        try (var all = store.all()) {
            all.forEachRemaining(entry -> paused.put(entry.key, entry.value));
        }
        shown.accept(paused.size());
    }

    /** A pause that is there already stays as old as it is. */
    void add(PauseRecord pause) {
        var key = key(pause.getPool(), pause.getAccount(), pause.getLane());
        if (paused.putIfAbsent(key, pause) == null) {
            store.put(key, pause);
            shown.accept(paused.size());
        }
    }

    /** @return whether it was paused */
    boolean remove(String pool, String account, String lane) {
        var key = key(pool, account, lane);
        if (paused.remove(key) == null) {
            return false;
        }
        store.delete(key);
        shown.accept(paused.size());
        return true;
    }

    /** Requests of a paused lane are not sent at once instead. */
    boolean holds(Lane lane) {
        if (paused.isEmpty()) {
            return false;
        }
        var account = lane.id().getAccount();
        var name = LaneName.of(lane.id());
        return paused.containsKey(key(lane.pool(), account, ""))
                || paused.containsKey(key(lane.pool(), account, name))
                || (name.endsWith(AT_ONCE)
                        && paused.containsKey(
                                key(lane.pool(), account, name.substring(0, name.length() - AT_ONCE.length()))));
    }

    void close() {
        shown.accept(0);
    }

    /** No name has a space. */
    private static String key(String pool, String account, String lane) {
        return pool + " " + account + " " + lane;
    }
}
