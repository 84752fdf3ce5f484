package dev.halfrate.processor.batch;

/** What an operator can say of a batch on hold. */
public enum Resolution {
    /** It is to be looked for, or at, once more. */
    LOOK,
    /** This remote batch is to be taken for it; its lines have to prove it. */
    FOUND,
    /** There is no remote batch of it that could bring anything: what is open is to be bought, perhaps once more. */
    AGAIN
}
