package dev.halfrate.processor.estimate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.regex.Pattern;

/** How many tokens a text has. Not safe for use by many threads. */
final class Tokenizer {
    private static final Pattern O200K = Pattern.compile("^(gpt-(4o|4\\.|[5-9])|o[1-9]).*");
    private static final Pattern CL100K = Pattern.compile("^(gpt-4|gpt-3\\.5|text-embedding-).*");

    /** As Anthropic says of English text: docs.claude.com, glossary, "Tokens". */
    private static final double BYTES_OF_A_TOKEN = 3.5;

    private final EncodingRegistry encodings = Encodings.newLazyEncodingRegistry();

    /** Whether the model's own tokens are counted; else bytes are. */
    boolean knows(String model) {
        return O200K.matcher(model).matches() || CL100K.matcher(model).matches();
    }

    long count(String model, String text) {
        if (O200K.matcher(model).matches()) {
            return encoding(EncodingType.O200K_BASE).countTokensOrdinary(text);
        }
        return CL100K.matcher(model).matches()
                ? encoding(EncodingType.CL100K_BASE).countTokensOrdinary(text)
                : (long) Math.ceil(text.getBytes(UTF_8).length / BYTES_OF_A_TOKEN);
    }

    private Encoding encoding(EncodingType type) {
        return encodings.getEncoding(type);
    }
}
