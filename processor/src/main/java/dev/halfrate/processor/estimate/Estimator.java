package dev.halfrate.processor.estimate;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.call.CallException;
import dev.halfrate.processor.call.CallRequest;
import dev.halfrate.processor.call.RequestFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/** Reads a file of requests and counts. Only sizes are kept. */
public final class Estimator {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a chat has beside its texts, as OpenAI's cookbook counts it. */
    private static final int TOKENS_OF_A_MESSAGE = 4;

    private final Tokenizer tokenizer = new Tokenizer();
    private final TreeMap<String, Estimate> byModel = new TreeMap<>();

    /**
     * @return an estimate for each model of the file
     * @throws CallException naming lines that are no requests
     */
    public List<Estimate> read(RequestFile file) {
        file.check(request -> {
            add(request);
            return null;
        });
        return List.copyOf(byModel.values());
    }

    private void add(CallRequest request) {
        var model = request.model();
        try {
            var prompt = Prompt.of(JSON.readTree(request.body()));
            var prefix = tokenizer.count(model, prompt.prefix());
            var input = prompt.tokens()
                    + prefix
                    + tokenizer.count(model, prompt.rest())
                    + TOKENS_OF_A_MESSAGE * (long) prompt.messages();
            byModel.computeIfAbsent(model, _ -> new Estimate(model, tokenizer.knows(model)))
                    .add(hash(prompt.prefix()), prefix, input, prompt);
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was parsed before", e);
        }
    }

    private static String hash(String text) {
        try {
            var sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
