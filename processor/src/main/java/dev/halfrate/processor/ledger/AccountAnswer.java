package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.Outcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.UploadOutcome;

/** What the outcome of a call says about the account, whatever was asked for. */
sealed interface AccountAnswer {
    /** The vendor did what was asked. */
    record Done() implements AccountAnswer {}

    record Refused(Refusal refusal) implements AccountAnswer {}

    /** No answer, or none that says anything. */
    record Silence() implements AccountAnswer {}

    static AccountAnswer of(Outcome outcome) {
        return switch (outcome) {
            case CancelOutcome.Cancelling _,
                    CreateOutcome.Created _,
                    DeleteOutcome.Deleted _,
                    FindOutcome.Found _,
                    FindOutcome.Absent _,
                    FindOutcome.Candidates _,
                    MarkerOutcome.Marker _,
                    PollOutcome.Seen _,
                    ResultsOutcome.Complete _,
                    SweepOutcome.Swept _,
                    UploadOutcome.Uploaded _ -> new Done();
            case CancelOutcome.Refused(var refusal) -> new Refused(refusal);
            case CreateOutcome.Refused(var refusal) -> new Refused(refusal);
            case DeleteOutcome.Refused(var refusal) -> new Refused(refusal);
            case MarkerOutcome.Refused(var refusal) -> new Refused(refusal);
            case PollOutcome.Refused(var refusal) -> new Refused(refusal);
            case ResultsOutcome.Refused(var refusal) -> new Refused(refusal);
            case UploadOutcome.Refused(var refusal) -> new Refused(refusal);
            case CancelOutcome.NoAnswer _,
                    CreateOutcome.InDoubt _,
                    DeleteOutcome.NoAnswer _,
                    FindOutcome.CannotTell _,
                    MarkerOutcome.NoAnswer _,
                    PollOutcome.NoAnswer _,
                    ResultsOutcome.BrokenOff _,
                    SweepOutcome.CannotTell _,
                    UploadOutcome.Unknown _ -> new Silence();
        };
    }
}
