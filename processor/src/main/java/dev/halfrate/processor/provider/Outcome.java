package dev.halfrate.processor.provider;

/** How a call ended, whatever was asked for. */
public sealed interface Outcome
        permits CancelOutcome,
                CreateOutcome,
                DeleteOutcome,
                FindOutcome,
                MarkerOutcome,
                PollOutcome,
                ResultsOutcome,
                SweepOutcome,
                UploadOutcome {}
