package dev.halfrate.benchmark;

import java.io.IOException;
import java.util.List;

/** One of the things that are measured. */
public interface Measure {
    /** As {@code --only} takes it. */
    String name();

    /** One sentence, for the list. */
    String question();

    List<Row> run(Bench bench) throws IOException, InterruptedException;
}
