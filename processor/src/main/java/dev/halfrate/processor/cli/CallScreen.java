package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.ProgressBar.number;

import dev.halfrate.processor.call.CallCounts;

/** Progress of calls. */
final class CallScreen {
    private final ProgressBar bar;

    CallScreen(ProgressBar bar) {
        this.bar = bar;
    }

    void show(CallCounts counts) {
        bar.show(state(counts));
    }

    void finish(CallCounts counts) {
        bar.finish(state(counts));
    }

    private static ProgressBar.State state(CallCounts counts) {
        var done = counts.requests() - counts.left();
        var note = new StringBuilder("%d of %d at once".formatted(counts.underWay(), counts.callsMax()));
        append(note, counts.failed(), "failed");
        append(note, counts.sentAgain(), "again");
        append(note, counts.exposure(), "exposed");
        return new ProgressBar.State(counts.elapsed(), done, done, counts.requests(), note.toString());
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(", ").append(number(count)).append(' ').append(what);
        }
    }
}
