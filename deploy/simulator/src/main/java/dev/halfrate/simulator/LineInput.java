package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The lines of a batch that may run: in a file, read one at a time. */
interface LineInput {

    /**
     * What is left to know of a line that passed validation.
     *
     * @param content stands for the endpoint and the exact bytes of the body
     */
    record ValidLine(String customId, InputLine.Body body, String content) {}

    Path file();

    int lines();

    /** @param channel on the file */
    ValidLine read(FileChannel channel, int line) throws IOException;
}
