package dev.halfrate.processor.ops;

import java.util.Locale;

/**
 * What never happens in silence, because it would buy again what was bought, or lose what was asked for. An operator
 * who has read what it may cost accepts it for one start.
 */
public enum Guard {
    /** Nothing tells what the application began with, though it has lived before. */
    LOST_BIRTHS,
    /** A requests topic was deleted and created again. */
    NEW_REQUESTS_TOPIC,
    /** A topic of a source's events was deleted and created again. */
    NEW_SOURCE_TOPIC,
    /** An account's name stands for another account than before. */
    CHANGED_ACCOUNT,
    /** An account's key is of another organization, project or workspace than before. No start can see it. */
    CHANGED_ORGANIZATION,
    /** A topic of our own was deleted, created again, or given other partitions. */
    CHANGED_OWN_TOPICS,
    /** A group has no offset for a partition that it has read. */
    LOST_OFFSETS,
    /** A group's offset points to what is not there. */
    OFFSETS_OUT_OF_RANGE;

    /** @return the word after the option */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @return the option of `run` that accepts it */
    public String option() {
        return "--accept " + this;
    }
}
