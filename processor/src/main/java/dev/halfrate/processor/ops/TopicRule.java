package dev.halfrate.processor.ops;

import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * What one setting of one topic has to be.
 *
 * @param fits whether a value found on the cluster will do
 * @param wanted in words
 * @param value what a new topic gets, and what an unfit one should be changed to
 */
public record TopicRule(String setting, Predicate<String> fits, String wanted, String value) {

    static TopicRule is(String setting, String value) {
        return new TopicRule(setting, value::equals, value, value);
    }

    /** For a new topic only; one that exists may be what its owner wants. */
    static TopicRule initially(String setting, String value) {
        return new TopicRule(setting, _ -> true, "anything", value);
    }

    static TopicRule atLeast(String setting, long min, long value) {
        return number(setting, found -> found >= min, "at least " + min, value);
    }

    /** A retention; -1 on the cluster stands for no limit. */
    static TopicRule retention(String setting, long min, String because, long value) {
        return number(setting, found -> found == -1 || found > min, "more than " + min + " (" + because + ")", value);
    }

    private static TopicRule number(String setting, LongPredicate fits, String wanted, long value) {
        return new TopicRule(setting, found -> fits.test(Long.parseLong(found)), wanted, Long.toString(value));
    }
}
