package dev.halfrate.simulator;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** What a model says, within the tokens it was allowed. */
record Completion(String text, long tokens, boolean cut) {

    static Completion within(long tokensMax, SplittableRandom random) {
        String whole = Prose.text(random);
        String text = Prose.cut(whole, Usage.bytesOf(tokensMax));
        long tokens = Usage.tokensOf(text.getBytes(StandardCharsets.UTF_8).length);
        return new Completion(text, tokens, text.length() < whole.length());
    }
}
