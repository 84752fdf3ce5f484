package dev.halfrate.simulator;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** What a model says, within the tokens it was allowed. */
record Completion(String text, long tokens, boolean cut) {

    /** @param bytesMin how much it wants to say at least */
    static Completion within(long tokensMax, int bytesMin, SplittableRandom random) {
        String whole = Prose.text(bytesMin, random);
        String text = Prose.cut(whole, Usage.bytesOf(tokensMax));
        long tokens = Usage.tokensOf(text.getBytes(StandardCharsets.UTF_8).length);
        return new Completion(text, tokens, text.length() < whole.length());
    }
}
