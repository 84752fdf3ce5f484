package dev.halfrate.processor.batch;

/**
 * What an account's vendor can do as far as a batch's life depends on it, and what is wanted of doubts.
 *
 * @param inline whether the create's own body holds the requests, so that there is no upload
 * @param exact whether an attempt can be told from all others in a listing; otherwise there are only candidates
 * @param releasedLinesMax with {@link DoubtPolicy#RESUBMIT_AFTER_QUIESCE}, lines of one batch that may be bought twice
 * @param deletesFiles whether files are deleted once their batch has settled
 * @param callsAgain whether a request that was sent alone and got no answer is tried again
 * @param primersFrom of how many requests that begin alike one is sent alone before the others; 0 for never
 */
public record AccountRules(
        boolean inline,
        boolean exact,
        DoubtPolicy policy,
        int releasedLinesMax,
        boolean deletesFiles,
        boolean callsAgain,
        int primersFrom) {}
