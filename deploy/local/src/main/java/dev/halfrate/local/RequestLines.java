package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
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
     * @throws LinesException if it cannot be read
     * @throws CommandException if it is empty
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

    /** A carriage return is white space to JSON, and the line's bytes are its producer's. */
    final class FileReader implements Reader {
        /** Of a line: more than any broker takes. */
        private static final int LINE_BYTES_MAX = 1 << 30;

        private final Path file;
        private final ByteLines lines;

        FileReader(Path file) {
            this.file = file;
            try {
                lines = new ByteLines(file, LINE_BYTES_MAX);
            } catch (IOException e) {
                throw LinesException.unreadable(file, e);
            }
        }

        @Override
        public byte @Nullable [] next() {
            try {
                var line = lines.next();
                while (line != null && line.length == 0) {
                    line = lines.next();
                }
                return line;
            } catch (IOException e) {
                throw LinesException.unreadable(file, e);
            }
        }

        @Override
        public void close() {
            try {
                lines.close();
            } catch (IOException e) {
                throw LinesException.unreadable(file, e);
            }
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
