package dev.halfrate.simulator;

import org.jspecify.annotations.Nullable;

/** Why a batch failed validation; {@code line} counts from 1. */
record BatchError(
        @Nullable String code,
        String message,
        @Nullable String param,
        @Nullable Integer line) {

    static BatchError ofLine(int line, OpenAiError error) {
        return new BatchError(error.code(), error.message(), error.param(), line);
    }

    static BatchError ofLine(int line, String code, @Nullable String param, String message) {
        return new BatchError(code, message, param, line);
    }

    static BatchError ofFile(String code, @Nullable String param, String message) {
        return new BatchError(code, message, param, null);
    }
}
