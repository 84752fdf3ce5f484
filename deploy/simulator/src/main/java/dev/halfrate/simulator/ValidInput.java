package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;

/** An input file that passed validation: where its lines are, and what they have in common. */
final class ValidInput implements LineInput {

    private final Path file;
    private final Endpoint endpoint;
    private final String model;
    private final long promptTokens;
    private final long[] offsets;

    /**
     * @param model that all lines ask for
     * @param offsets where each line starts, and last where the file ends
     */
    ValidInput(Path file, Endpoint endpoint, String model, long promptTokens, long[] offsets) {
        this.file = file;
        this.endpoint = endpoint;
        this.model = model;
        this.promptTokens = promptTokens;
        this.offsets = offsets;
    }

    @Override
    public Path file() {
        return file;
    }

    String model() {
        return model;
    }

    /** Of all lines together. */
    long promptTokens() {
        return promptTokens;
    }

    @Override
    public int lines() {
        return offsets.length - 1;
    }

    @Override
    public ValidLine read(FileChannel channel, int line) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) (offsets[line + 1] - offsets[line]));
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offsets[line] + bytes.position()) < 0) {
                throw new IOException("%s has become shorter".formatted(file));
            }
        }
        InputLine parsed = InputLine.parse(bytes.array()).orElseThrow(() -> new IOException(file + " has changed"));
        InputLine.Body body = Objects.requireNonNull(parsed.body());
        return new ValidLine(
                Objects.requireNonNull(parsed.customId()),
                body,
                BillingBook.contentOf(endpoint.path(), body.bytesIn(bytes.array())));
    }
}
