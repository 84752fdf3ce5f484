package dev.halfrate.processor.provider;

/** How an upload ended. */
public sealed interface UploadOutcome extends Outcome {
    record Uploaded(String inputFileId) implements UploadOutcome {}

    record Refused(Refusal refusal) implements UploadOutcome {}

    /** Nobody knows; a surplus file costs nothing. */
    record Unknown(String reason) implements UploadOutcome {}
}
