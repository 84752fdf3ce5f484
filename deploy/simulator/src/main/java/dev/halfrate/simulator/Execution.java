package dev.halfrate.simulator;

import java.time.Instant;

/**
 * One try to answer a body.
 *
 * @param account for whom
 * @param content stands for the endpoint and the body's bytes
 * @param attempt stands for the content and the batch or the call that it is executed in
 * @param failing share (0..1) of tries that fail for no reason of theirs
 * @param oddOutputs share (0..1) of tries that answer in prose though JSON was asked for
 * @param answerBytesMin how long a text is that a model says, if it may use so many tokens
 */
record Execution(
        String account,
        long content,
        long attempt,
        double failing,
        double oddOutputs,
        int answerBytesMin,
        Instant at) {}
