package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The bytes of a file as a faulty vendor would have them. */
final class DamagedFile {

    /** It is held in memory. */
    private static final int BYTES_MAX = 64 << 20;

    private DamagedFile() {}

    static byte[] read(Path file, long bytes, Fault fault) throws IOException {
        if (bytes > BYTES_MAX) {
            throw new IOException("files of up to %,d bytes can be damaged".formatted(BYTES_MAX));
        }
        byte[] content;
        try (InputStream in = Files.newInputStream(file)) {
            content = in.readNBytes((int) bytes);
        }
        List<Fault.Damage> damages = fault.lines();
        if (damages != null) {
            content = damaged(new String(content, UTF_8), damages).getBytes(UTF_8);
        }
        return fault.endsAfter() > 0 && fault.endsAfter() < content.length
                ? Arrays.copyOf(content, fault.endsAfter())
                : content;
    }

    private static String damaged(String content, List<Fault.Damage> damages) {
        List<String> lines = new ArrayList<>();
        List<String> last = new ArrayList<>();
        int number = 0;
        for (String line : content.split("(?<=\n)", -1)) {
            if (number == damages.size()) {
                lines.add(line);
                continue;
            }
            switch (damages.get(number++)) {
                case NONE -> lines.add(line);
                case CORRUPT -> lines.add(line.substring(0, line.length() / 2) + "\n");
                case DUPLICATED -> lines.addAll(List.of(line, line));
                case MISSING -> {}
                case REORDERED -> last.add(line);
                case BLANK -> lines.addAll(List.of("\n", line));
                case FOREIGN ->
                    lines.addAll(List.of(
                            line.replaceFirst("(\"custom_id\"\\s*:\\s*\")[^\"]*", "$1nobody-knows-this"), line));
            }
        }
        lines.addAll(last);
        return String.join("", lines);
    }
}
