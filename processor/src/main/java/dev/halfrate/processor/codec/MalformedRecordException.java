package dev.halfrate.processor.codec;

/** A record of a public topic that is not of the documented format. The message never quotes it. */
public final class MalformedRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedRecordException(String message) {
        super(message);
    }
}
