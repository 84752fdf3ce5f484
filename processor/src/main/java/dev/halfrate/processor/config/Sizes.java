package dev.halfrate.processor.config;

import java.util.regex.Pattern;

/** Sizes in bytes as people write them: 20000000, 200MB, 20MiB. */
public final class Sizes {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(KB|MB|GB|KiB|MiB|GiB)|(\\d{1,18})");

    private Sizes() {}

    /** @throws ConfigException naming {@code key} if {@code text} is not a size */
    public static long parse(String key, String text) {
        var form = FORM.matcher(text.strip());
        if (form.matches()) {
            return form.group(3) == null
                    ? Long.parseLong(form.group(1)) * bytes(form.group(2))
                    : Long.parseLong(form.group(3));
        }
        throw new ConfigException(
                "%s must be a size such as 20000000, 200MB, 20MiB or 4GB, got '%s'".formatted(key, text));
    }

    private static long bytes(String unit) {
        return switch (unit) {
            case "KB" -> 1_000;
            case "MB" -> 1_000_000;
            case "GB" -> 1_000_000_000;
            case "KiB" -> 1 << 10;
            case "MiB" -> 1 << 20;
            default -> 1 << 30;
        };
    }
}
