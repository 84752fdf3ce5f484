package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The values to send, one for each line, byte for byte. */
interface RequestLines {
    /** A request in OpenAI's form: number, task, order, product, opinion. */
    String COMPLETION = """
            {"custom_id": "demo-%06d", "method": "POST", "url": "/v1/chat/completions", "body": \
            {"model": "gpt-4o-mini", "messages": [{"role": "system", "content": "%s."}, \
            {"role": "user", "content": "Order %d: the %s %s."}], "max_tokens": 200}}""";

    /** The same in Anthropic's. */
    String MESSAGE = """
            {"custom_id": "demo-%06d", "params": {"model": "claude-haiku-4-5", "max_tokens": 200, "system": "%s.", \
            "messages": [{"role": "user", "content": "Order %d: the %s %s."}]}}""";

    /** How many there are. */
    long count();

    /**
     * @param number of the line, from 0
     * @return its record's headers, by their names
     */
    default Map<String, String> headers(long number) {
        return Map.of();
    }

    Reader open();

    /** Reads once from the first to the last. */
    interface Reader extends AutoCloseable {
        /** @return null after the last one */
        byte @Nullable [] next();

        @Override
        void close();
    }

    /**
     * The lines of a file as kcat -l would send them: empty ones are left out.
     *
     * @throws CommandException if there is nothing to read
     */
    static RequestLines ofFile(Path file) {
        var count = 0L;
        try (var reader = new FileReader(file)) {
            while (reader.next() != null) {
                count++;
            }
        }
        if (count == 0) {
            throw new CommandException(file + " is empty: each line must hold a request");
        }
        var counted = count;
        return new RequestLines() {
            @Override
            public long count() {
                return counted;
            }

            @Override
            public Reader open() {
                return new FileReader(file);
            }
        };
    }

    /** As below, in OpenAI's form. */
    static RequestLines generated(long count, long seed) {
        return generated(count, seed, false);
    }

    /**
     * Made-up requests, the same for equal seeds.
     *
     * @param messages whether they are Anthropic's
     */
    static RequestLines generated(long count, long seed, boolean messages) {
        return new RequestLines() {
            @Override
            public long count() {
                return count;
            }

            @Override
            public Reader open() {
                return new Generator(count, new SplittableRandom(seed), messages ? MESSAGE : COMPLETION);
            }
        };
    }

    /** Splits at line feeds only: a carriage return is white space to JSON, and the line's bytes are its producer's. */
    final class FileReader implements Reader {
        private final Path file;
        private final InputStream bytes;

        FileReader(Path file) {
            this.file = file;
            try {
                bytes = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            } catch (IOException e) {
                throw unreadable(e);
            }
        }

        @Override
        public byte @Nullable [] next() {
            var line = new ByteArrayOutputStream(1_024);
            try {
                for (var b = bytes.read(); b >= 0; b = bytes.read()) {
                    if (b != '\n') {
                        line.write(b);
                    } else if (line.size() > 0) {
                        return line.toByteArray();
                    }
                }
            } catch (IOException e) {
                throw unreadable(e);
            }
            return line.size() > 0 ? line.toByteArray() : null;
        }

        @Override
        public void close() {
            try {
                bytes.close();
            } catch (IOException e) {
                throw unreadable(e);
            }
        }

        private CommandException unreadable(IOException e) {
            var reason = switch (e) {
                case NoSuchFileException _ -> "there is no such file";
                case java.nio.file.AccessDeniedException _ -> "permission denied";
                default -> String.valueOf(e.getMessage());
            };
            return new CommandException("%s cannot be read: %s".formatted(file, reason), e);
        }
    }

    /** Questions of a kind that people do send in batches. */
    final class Generator implements Reader {
        private static final String[] TASKS = {
            "Classify the tone of this review as positive, neutral or negative",
            "Extract the product and the complaint from this message as JSON",
            "Translate this review into French",
            "Summarise this message in one sentence",
            "Write a friendly two-sentence reply to this customer"
        };
        private static final String[] PRODUCTS = {
            "coffee grinder", "bicycle lamp", "rain jacket", "desk chair", "kettle", "tent", "keyboard", "backpack"
        };
        private static final String[] OPINIONS = {
            "arrived two days late but works as described",
            "broke after a week and nobody answers my mails",
            "is the best I have ever had, my neighbours want one too",
            "looks smaller than in the pictures, otherwise fine",
            "came without its manual, could you send me one",
            "does what it should, nothing more and nothing less"
        };

        private final long count;
        private final SplittableRandom random;
        private final String form;
        private long made;

        Generator(long count, SplittableRandom random, String form) {
            this.count = count;
            this.random = random;
            this.form = form;
        }

        @Override
        public byte @Nullable [] next() {
            if (made == count) {
                return null;
            }
            made++;
            return form.formatted(made, pick(TASKS), random.nextInt(10_000, 100_000), pick(PRODUCTS), pick(OPINIONS))
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }

        @Override
        public void close() {}

        private String pick(String[] among) {
            return among[random.nextInt(among.length)];
        }
    }
}
