package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JsonToken;
import java.math.BigDecimal;
import java.util.Optional;

/** The values a number may have, and the vendor's words for one outside of them. */
record ParameterRange(String kind, BigDecimal min, BigDecimal max) {

    static ParameterRange integers(long min, long max) {
        return new ParameterRange("integer", BigDecimal.valueOf(min), BigDecimal.valueOf(max));
    }

    static ParameterRange decimals(long min, long max) {
        return new ParameterRange("decimal", BigDecimal.valueOf(min), BigDecimal.valueOf(max));
    }

    Optional<OpenAiError> violation(String param, BigDecimal got) {
        if (got.compareTo(min) < 0) {
            return Optional.of(outside(param, got, "below minimum", ">= " + min, "_below_min_value"));
        }
        if (got.compareTo(max) > 0) {
            return Optional.of(outside(param, got, "above maximum", "<= " + max, "_above_max_value"));
        }
        return Optional.empty();
    }

    /** A whole number that arrived as text, in a form or a query. */
    long parse(String param, String text) {
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException _) {
            throw RefusedException.badRequest(OpenAiError.wrongType(param, "an integer", JsonToken.VALUE_STRING));
        }
        violation(param, BigDecimal.valueOf(number)).ifPresent(error -> {
            throw RefusedException.badRequest(error);
        });
        return number;
    }

    private OpenAiError outside(String param, BigDecimal got, String where, String expected, String code) {
        return OpenAiError.invalidRequest(
                "Invalid '%s': %s %s value. Expected a value %s, but got %s instead."
                        .formatted(param, kind, where, expected, got),
                param,
                kind + code);
    }
}
