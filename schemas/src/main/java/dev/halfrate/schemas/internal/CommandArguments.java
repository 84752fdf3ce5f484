package dev.halfrate.schemas.internal;

/** Names of commands' arguments. */
public final class CommandArguments {
    /** Which lane, by its name. */
    public static final String LANE = "lane";

    /** Whose lanes, by the account's name. */
    public static final String ACCOUNT = "account";

    /** How a hold is resolved: a word of a closed list. */
    public static final String RESOLUTION = "resolution";

    /** Of which attempt of the batch that is meant; of another one it is not. */
    public static final String ATTEMPT = "attempt";

    /** The vendor's id of the remote batch that an operator has found. */
    public static final String REMOTE_BATCH_ID = "remoteBatchId";

    private CommandArguments() {}
}
