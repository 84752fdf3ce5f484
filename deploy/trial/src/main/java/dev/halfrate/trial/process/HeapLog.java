package dev.halfrate.trial.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What a JVM's log of its collections says.
 *
 * @param peakMegabytes before one of them
 * @param keptMegabytes at most, after one of the whole heap; 0 if there was none
 */
public record HeapLog(int peakMegabytes, int keptMegabytes) {
    private static final Pattern COLLECTION = Pattern.compile("Pause (\\w+) .* (\\d+)M->(\\d+)M\\(\\d+M\\)");

    public static String option(Path log) {
        return "-Xlog:gc:file=" + log;
    }

    public static HeapLog read(Path log) throws IOException {
        var heap = new HeapLog(0, 0);
        for (var line : Files.readAllLines(log, UTF_8)) {
            var collection = COLLECTION.matcher(line);
            if (collection.find()) {
                var kept = collection.group(1).equals("Full") ? Integer.parseInt(collection.group(3)) : 0;
                heap = new HeapLog(
                        Math.max(heap.peakMegabytes, Integer.parseInt(collection.group(2))),
                        Math.max(heap.keptMegabytes, kept));
            }
        }
        return heap;
    }
}
