package dev.halfrate.processor.balance;

import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.LaneId;

/** What people call a lane. Several lanes may have one name: versions, betas and windows are not in it. */
public final class LaneName {
    private LaneName() {}

    /** Such as main/gpt-4o/v1/chat/completions, with #tag if it is one tag's, with @sync if its requests are sent at once. */
    public static String of(LaneId lane) {
        return lane.getAccount()
                + "/"
                + lane.getModel()
                + lane.getEndpoint()
                + (lane.getTag().isEmpty() ? "" : "#" + lane.getTag())
                + (AtOnce.is(lane) ? "@sync" : "");
    }
}
