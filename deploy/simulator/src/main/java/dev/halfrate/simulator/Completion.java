package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** What a model says, within the tokens it was allowed. */
record Completion(String text, long tokens, boolean cut) {

    /** Prose, or what the request wants instead, well written or not. */
    static Completion within(
            long tokensMax, InputLine.Body body, Execution execution, Seed seed, SplittableRandom random) {
        JsonNode schema = StructuredOutput.schemaOf(body.parameters());
        String whole = schema == null || seed.hits("odd", execution.attempt(), execution.oddOutputs())
                ? Prose.text(execution.answerBytesMin(), random)
                : StructuredOutput.text(schema, random);
        return within(tokensMax, whole);
    }

    private static Completion within(long tokensMax, String whole) {
        String text = Prose.cut(whole, Usage.bytesOf(tokensMax));
        long tokens = Usage.tokensOf(text.getBytes(StandardCharsets.UTF_8).length);
        return new Completion(text, tokens, text.length() < whole.length());
    }
}
