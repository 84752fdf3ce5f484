package dev.halfrate.processor.ledger;

import dev.halfrate.processor.money.Pricing;
import dev.halfrate.processor.output.OutputRules;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What all partitions of a process share for their effects.
 *
 * @param gates by account
 * @param manifests of batches that are spooled or reported from
 * @param downloads of batches that are collected; apart, because a slow vendor may take hours over one
 * @param letterBytes of result lines that are published together
 * @param outputs what answers are held against
 * @param spoolKilobytes disk for spool files
 * @param turns of requests that are sent alone, by account
 * @param callKilobytes memory for such requests
 */
record Workshop(
        Map<String, AccountGate> gates,
        ManifestReader manifestReader,
        BodyReader bodies,
        Path spoolDir,
        ManifestRoom manifests,
        ManifestRoom downloads,
        int letterBytes,
        Pricing pricing,
        OutputRules outputs,
        Semaphore spoolKilobytes,
        int spoolKilobytesMax,
        Map<String, CallTurns> turns,
        Semaphore callKilobytes,
        int callKilobytesMax) {

    AccountGate gate(String account) {
        return configured(account, gates.get(account));
    }

    CallTurns turns(String account) {
        return configured(account, turns.get(account));
    }

    private static <T> T configured(String account, @Nullable T ofAccount) {
        if (ofAccount == null) {
            throw new IllegalStateException("account '" + account
                    + "' has batches under way but is not configured: configure it until they are settled");
        }
        return ofAccount;
    }
}
