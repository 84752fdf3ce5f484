package dev.halfrate.processor.ops;

/**
 * Why a start is refused.
 *
 * @param what is wrong, a sentence without its full stop
 * @param action what to do about it, often a line for a shell
 */
public record Fault(String what, String action) {
    @Override
    public String toString() {
        return what + "; " + action;
    }
}
