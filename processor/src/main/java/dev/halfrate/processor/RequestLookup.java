package dev.halfrate.processor;

import dev.halfrate.processor.admin.Peers;
import dev.halfrate.processor.admin.RequestSearch;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.topology.LaneStreams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Asks every pool's lanes for a request: this process about its own, other processes about theirs. */
final class RequestLookup implements RequestSearch {
    private final List<String> pools;
    private final Supplier<Optional<LaneStreams>> lanes;
    private final Peers peers;

    /** @param lanes empty as long as the process starts */
    RequestLookup(HalfrateConfig config, Supplier<Optional<LaneStreams>> lanes, Peers peers) {
        this.pools =
                config.accounts().stream().map(AccountConfig::pool).distinct().toList();
        this.lanes = lanes;
        this.peers = peers;
    }

    @Override
    public Found find(String customId, boolean everywhere, String authorization) throws InterruptedException {
        var sightings = new ArrayList<Sighting>();
        var unanswered = new TreeMap<String, String>();
        var elsewhere = new TreeMap<String, List<String>>();
        var streams = lanes.get();
        for (var pool : pools) {
            var owner = streams.flatMap(it -> it.owner(pool));
            if (streams.isEmpty() || owner.isEmpty()) {
                unanswered.put(pool, "its lanes change hands: ask again");
            } else if (owner.get().here()) {
                streams.get()
                        .find(owner.get().inboxPartition(), pool, customId)
                        .ifPresentOrElse(
                                found -> found.forEach(sighting -> sightings.add(sighting(pool, sighting))),
                                () -> unanswered.put(pool, "its lanes change hands: ask again"));
            } else if (everywhere && owner.get().address().isEmpty()) {
                unanswered.put(pool, "its lanes are in a process without admin.advertised");
            } else if (everywhere) {
                elsewhere
                        .computeIfAbsent(owner.get().address(), _ -> new ArrayList<>())
                        .add(pool);
            }
        }
        for (var peer : elsewhere.entrySet()) {
            switch (peers.ask(peer.getKey(), customId, authorization)) {
                case Peers.Reply.Sightings(var found) ->
                    found.stream()
                            .filter(sighting -> peer.getValue().contains(sighting.pool()))
                            .forEach(sightings::add);
                case Peers.Reply.None(var why) -> peer.getValue().forEach(pool -> unanswered.put(pool, why));
            }
        }
        return new Found(List.copyOf(sightings), Map.copyOf(unanswered));
    }

    private static Sighting sighting(String pool, dev.halfrate.processor.topology.Sighting found) {
        return new Sighting(Place.valueOf(found.place().name()), pool, found.lane(), found.batchId(), found.item());
    }
}
