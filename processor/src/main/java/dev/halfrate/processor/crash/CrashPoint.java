package dev.halfrate.processor.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The moments at which dying is hardest to come back from, each with its number in the kill matrix. In production
 * they do nothing. A process started with {@code -Dhalfrate.crash-point=CP9} kills itself (SIGKILL, no shutdown hooks)
 * where it reaches CP9 for the first time, with {@code CP9:3} for the third time; with {@code CP9:1:STOP} it stops
 * itself, and goes on exactly there once it is sent SIGCONT. It says so on standard error before.
 *
 * <p>The numbers that are missing here are moments in a call that only the vendor can tell: the simulator delays
 * the call, and the process is killed from outside.
 */
public enum CrashPoint {
    /** Intake has read requests, and written nothing. */
    REQUESTS_POLLED("CP1"),
    /** A lane has written a manifest, uncommitted. */
    SEAL_WRITTEN("CP2"),
    /** A committed manifest has come to its owner, who has not looked at it. */
    SEAL_UNREAD("CP3"),
    /** Some lines of the spool file are written. */
    SPOOLING("CP4"),
    /** All lines of an upload have been handed to the connection, its end has not. */
    UPLOADING("CP5"),
    /** The vendor has named the uploaded file, which is not yet committed. */
    UPLOAD_ANSWERED("CP7"),
    /** The commit of an upload has been sent, its outcome is lost. */
    UPLOAD_COMMITTED("CP8"),
    /** CREATING is committed, no byte of the create has been sent. */
    CREATE_INTENDED("CP9"),
    /** A part of the create's body has been handed to the connection. */
    CREATE_HALF_SENT("CP10"),
    /** The vendor has named the remote batch, which is written, uncommitted. */
    CREATE_ANSWERED("CP13"),
    /** The commit of the remote batch has been sent, its outcome is lost. */
    CREATE_COMMITTED("CP14"),
    /** An attempt was proven absent and revoked, the next one has not begun. */
    NEXT_ATTEMPT("CP17"),
    /** The remote batch's end is written, uncommitted. */
    END_SEEN("CP19"),
    /** Some lines of a result file have been read. */
    DOWNLOADING("CP20"),
    /** Some results are committed, more are to come. */
    LINES_PUBLISHED("CP21"),
    /** The last results of a batch are written, uncommitted. */
    LAST_LINES_WRITTEN("CP22"),
    /** Items that go back to their lane are written, uncommitted. */
    RETURN_WRITTEN("CP24"),
    /** A dead letter is written, uncommitted. */
    DEAD_LETTER_WRITTEN("CP25"),
    /** A settled batch's files are being deleted at the vendor. */
    FILE_DELETED("CP26"),
    /** Some of the ledger has been replayed. */
    RESTORING("CP27"),
    /** The earlier owner is fenced, nothing has been replayed. */
    FENCED("CP29"),
    /** A batch and the parts that it is split into are written, uncommitted. */
    SPLIT_WRITTEN("CP31"),
    /** A command has come to the lanes, who have done nothing about it. */
    LANE_COMMANDED("CP32"),
    /** Requests that are sent alone are committed as called, none of them is sent. */
    CALLS_INTENDED("CP33"),
    /** The answer of a request that was sent alone is written, uncommitted. */
    CALL_ANSWERED("CP35"),
    /** Hedges are committed as called, none of them is sent. */
    HEDGES_INTENDED("CP36"),
    /** A hedge's answer is committed, its batch runs and will bring another one. */
    HEDGE_ANSWERED("CP37"),
    /** What a command makes of the lanes is written, uncommitted. */
    LANE_OBEYED("CP38"),
    /** A command that ends a batch's requests has come to the batch's owner, who has done nothing about it. */
    BATCH_COMMANDED("CP39"),
    /** Requests that somebody has cancelled have ended, uncommitted. */
    WITHDRAWAL_WRITTEN("CP40"),
    /** A command that resolves a hold has come to its owner, who has done nothing about it. */
    HOLD_COMMANDED("CP41");

    private final String number;

    CrashPoint(String number) {
        this.number = number;
    }

    public String number() {
        return number;
    }

    /** Ends or stops the process here, if it was started to. */
    public void reached() {
        if (this == Armed.POINT) {
            Armed.hit();
        }
    }

    /** In a class of its own: what it holds is constant once the enum is there. */
    private static final class Armed {
        private static final String PROPERTY = "halfrate.crash-point";
        private static final Pattern VALUE = Pattern.compile("(CP\\d+)(?::(\\d{1,6}))?(?::(KILL|STOP))?");

        private static final String[] WORDS = words(System.getProperty(PROPERTY));
        private static final @Nullable CrashPoint POINT = WORDS.length == 0 ? null : point(WORDS[0]);
        private static final AtomicInteger TIMES_LEFT =
                new AtomicInteger(WORDS.length == 0 ? 0 : Integer.parseInt(WORDS[1]));

        private static String[] words(@Nullable String value) {
            if (value == null) {
                return new String[0];
            }
            var matcher = VALUE.matcher(value);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "%s must be such as CP9, CP9:3 or CP9:1:STOP, got %s".formatted(PROPERTY, value));
            }
            return new String[] {
                matcher.group(1),
                matcher.group(2) == null ? "1" : matcher.group(2),
                matcher.group(3) == null ? "KILL" : matcher.group(3)
            };
        }

        private static CrashPoint point(String number) {
            return Arrays.stream(CrashPoint.values())
                    .filter(point -> point.number.equals(number))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "%s: no point in the code is called %s".formatted(PROPERTY, number)));
        }

        private static void hit() {
            if (TIMES_LEFT.decrementAndGet() != 0) {
                return;
            }
            System.err.println("halfrate: crash point " + WORDS[0] + " reached, " + WORDS[2]);
            var pid = Long.toString(ProcessHandle.current().pid());
            try {
                new ProcessBuilder("kill", "-" + WORDS[2], pid).start().onExit().join();
            } catch (IOException e) {
                throw new UncheckedIOException("crash points need the command kill", e);
            }
        }
    }
}
