package dev.halfrate.processor.ops;

import java.util.List;

/**
 * Where everything stands, and what to look at.
 *
 * @param gaps what does not add up, at every look
 */
public record StatusDocument(Status status, Status.Lane allLanes, List<Status.Gap> gaps, List<String> alarms) {
    public static StatusDocument of(Status status, List<Status.Gap> gaps) {
        return new StatusDocument(status, status.allLanes(), gaps, status.alarms(gaps));
    }
}
