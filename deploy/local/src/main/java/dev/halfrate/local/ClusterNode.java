package dev.halfrate.local;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A broker's place among the others of its cluster.
 *
 * @param id counts from 1
 * @param port of its broker
 * @param controllerPorts of all nodes, in the order of their ids
 */
public record ClusterNode(int id, int port, List<Integer> controllerPorts) {
    private static final int REPLICAS_MAX = 3;

    public ClusterNode {
        controllerPorts = List.copyOf(controllerPorts);
        if (id < 1 || id > controllerPorts.size()) {
            throw new IllegalArgumentException("id must be 1..%d, got %d".formatted(controllerPorts.size(), id));
        }
    }

    static ClusterNode alone(int port, int controllerPort) {
        return new ClusterNode(1, port, List.of(controllerPort));
    }

    /** @return of every partition, unless its topic was made with another number */
    public int replicas() {
        return Math.min(controllerPorts.size(), REPLICAS_MAX);
    }

    int inSyncReplicasMin() {
        return replicas() < REPLICAS_MAX ? 1 : 2;
    }

    boolean isOneOfSeveral() {
        return controllerPorts.size() > 1;
    }

    int controllerPort() {
        return controllerPorts.get(id - 1);
    }

    /** As Kafka's controller.quorum.voters. */
    String voters(String host) {
        return IntStream.rangeClosed(1, controllerPorts.size())
                .mapToObj(voter -> "%d@%s:%d".formatted(voter, host, controllerPorts.get(voter - 1)))
                .collect(Collectors.joining(","));
    }
}
