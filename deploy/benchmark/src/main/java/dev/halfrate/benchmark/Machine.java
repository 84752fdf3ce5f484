package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What all of it ran on. */
public final class Machine {
    private static final long MEGABYTE = 1_000_000;

    private Machine() {}

    /** @return one sentence */
    public static String describe() {
        return "%d processors (%s), %,d MB of memory, %s %s, Java %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        entry("/proc/cpuinfo", "model name"),
                        number(entry("/proc/meminfo", "MemTotal")) * 1_024 / MEGABYTE,
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("java.vm.version"));
    }

    private static String entry(String file, String name) {
        try (var lines = Files.lines(Path.of(file), UTF_8)) {
            return lines.filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT)))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException _) {
            return "unknown";
        }
    }

    private static long number(String text) {
        var digits = text.replaceAll("\\D", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits);
    }
}
