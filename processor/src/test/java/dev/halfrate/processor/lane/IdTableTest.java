package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdTableTest {
    private record Key(long high, long low) {}

    private record Owned(int owner, long content) {}

    /** Few distinct homes make long probe chains, which is where removal goes wrong. */
    @ParameterizedTest(name = "{0} distinct hashes")
    @ValueSource(longs = {3, 64, 1_000, Long.MAX_VALUE})
    void behavesLikeAHashMap(long hashes) {
        var seed = 20261121L;
        var random = new SplittableRandom(seed);
        var table = new IdTable();
        var model = new HashMap<Key, Owned>();
        for (var step = 0; step < 60_000; step++) {
            // Homes at both ends of the table, so that chains run over its end.
            var high = random.nextLong(hashes) - hashes / 2;
            var id = new Id(high, random.nextLong(200), random.nextLong());
            var key = new Key(id.high(), id.low());
            var wanted = model.getOrDefault(key, new Owned(IdTable.NOBODY, 0));
            assertThat(table.owner(id)).as("seed %d step %d", seed, step).isEqualTo(wanted.owner);
            if (wanted.owner != IdTable.NOBODY) {
                assertThat(table.content(id)).as("seed %d step %d", seed, step).isEqualTo(wanted.content);
            }
            if (random.nextInt(5) < 3) {
                var owner = random.nextInt(1, 100);
                table.put(id, owner);
                model.put(key, new Owned(owner, id.content()));
            } else {
                table.remove(id);
                model.remove(key);
            }
            assertThat(table.size()).isEqualTo(model.size());
        }
        model.forEach((key, owned) ->
                assertThat(table.owner(new Id(key.high, key.low, 0))).isEqualTo(owned.owner));
    }

    @Test
    void growsAndEmpties() {
        var table = new IdTable();
        var ids = new SplittableRandom(7)
                .longs(100_000)
                .mapToObj(high -> new Id(high, ~high, 1))
                .toList();

        ids.forEach(id -> table.put(id, 5));
        assertThat(table.size()).isEqualTo(ids.size());
        assertThat(ids).allMatch(id -> table.owner(id) == 5);
        ids.forEach(table::remove);

        assertThat(table.size()).isZero();
        assertThat(ids).allMatch(id -> table.owner(id) == IdTable.NOBODY);
    }
}
