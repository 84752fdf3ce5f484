package dev.halfrate.processor.batch;

import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can happen to a batch. */
public sealed interface BatchEvent {
    /** The batch is taken up: by a new owner, when it was just sealed, or after an effect failed for no known reason. */
    record Taken() implements BatchEvent {}

    /** The spool is complete; {@code lines} requests are in it, {@code gone} are not. */
    record SpoolWritten(int lines, List<ItemReport> gone) implements BatchEvent {
        public SpoolWritten {
            gone = List.copyOf(gone);
        }
    }

    /** The spool could not be written, for a reason that may pass. */
    record SpoolFailed(String reason) implements BatchEvent {}

    record UploadEnded(UploadOutcome outcome) implements BatchEvent {}

    /** The account has room for a create, now. */
    record PermitGranted() implements BatchEvent {}

    record MarkerTaken(MarkerOutcome outcome) implements BatchEvent {}

    record CreateEnded(CreateOutcome outcome) implements BatchEvent {}

    record FindEnded(FindOutcome outcome) implements BatchEvent {}

    record DeleteEnded(DeleteOutcome outcome) implements BatchEvent {}

    record Polled(PollOutcome outcome) implements BatchEvent {}

    /** Somebody says that the remote batch has ended; a poll shows whether it has. */
    record Announced() implements BatchEvent {}

    /** Some lines of the result files, or items that are in none of them. */
    record Reported(List<ItemReport> reports) implements BatchEvent {
        public Reported {
            reports = List.copyOf(reports);
        }
    }

    /**
     * The result files were read, as far as they go; the worst of the outcomes.
     *
     * @param ours lines of this batch's items, those of twins left out
     * @param foreign lines with ids that are none of this batch's
     * @param corrupt lines that could not be read
     */
    record FilesRead(ResultsOutcome outcome, int ours, int foreign, int corrupt) implements BatchEvent {}

    /**
     * A remote batch that carries this batch's id was seen, outside of a search for an attempt.
     *
     * @param tag of the attempt that made it, empty if that is not known
     */
    record Sighted(RemoteBatch remote, String tag) implements BatchEvent {}

    /** How a twin stands, after it was told to end. */
    record TwinSeen(String remoteBatchId, PollOutcome outcome) implements BatchEvent {}

    /**
     * The bodies of some items are at hand, and each has its turn to be called now.
     *
     * @param gone items whose bodies are not in their topic any more
     */
    record CallsPrepared(List<Integer> items, List<ItemReport> gone) implements BatchEvent {
        public CallsPrepared {
            items = List.copyOf(items);
            gone = List.copyOf(gone);
        }
    }

    /** No items can be prepared to be called, for a reason that may pass. */
    record CallsNotPrepared(String reason) implements BatchEvent {}

    /**
     * The same for items whose deadlines are near, while their batch is on its way.
     *
     * @param gone items whose bodies are not in their topic any more; what becomes of them is the batch's matter
     * @param next when the next deadline of the others is, null if they have none
     */
    record HedgesPrepared(
            List<Integer> items,
            List<Integer> gone,
            @Nullable Instant next) implements BatchEvent {
        public HedgesPrepared {
            items = List.copyOf(items);
            gone = List.copyOf(gone);
        }
    }

    /** The same for items that go before the others which begin alike; those whose bodies are gone are left to the spool. */
    record PrimersPrepared(List<Integer> items) implements BatchEvent {
        public PrimersPrepared {
            items = List.copyOf(items);
        }
    }

    /** Somebody has cancelled these items. */
    record Withdrawn(List<Integer> items) implements BatchEvent {
        public Withdrawn {
            items = List.copyOf(items);
        }
    }

    /**
     * What an operator says of a batch on hold.
     *
     * @param attempt its number; of another one it is not said
     * @param remoteBatchId that was found; empty otherwise
     */
    record Resolved(Resolution resolution, int attempt, String remoteBatchId) implements BatchEvent {}

    /** What has to be known of items to end them as cancelled. */
    record WithdrawalsReported(List<ItemReport> reports) implements BatchEvent {
        public WithdrawalsReported {
            reports = List.copyOf(reports);
        }
    }

    /** How calls ended. */
    record CallsEnded(List<ItemReport> reports) implements BatchEvent {
        public CallsEnded {
            reports = List.copyOf(reports);
        }
    }

    /** A timer of {@link Effect.StartTimer} is due. */
    record TimerDue(Effect.Timer timer) implements BatchEvent {}
}
