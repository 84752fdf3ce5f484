package dev.halfrate.processor.config;

/**
 * How an account's batches are created, where that is not the usual way.
 *
 * @param inlineField name of the array that holds the requests in the create's own body; empty if they are uploaded as a
 *     file
 * @param idempotencyHeader header that a gateway knows a repeated create by, empty if it has none; it gets the attempt's
 *     tag
 */
public record CreateConfig(String inlineField, String idempotencyHeader) {
    public static final CreateConfig USUAL = new CreateConfig("", "");

    public CreateConfig {
        if (!inlineField.isEmpty()) {
            Check.matches("accounts.create.inline-field", inlineField, "[A-Za-z0-9_]{1,64}");
        }
        if (!idempotencyHeader.isEmpty()) {
            Check.matches("accounts.create.idempotency-header", idempotencyHeader, "[A-Za-z0-9-]{1,64}");
            HttpConfig.requireFree("accounts.create.idempotency-header", idempotencyHeader);
        }
    }
}
