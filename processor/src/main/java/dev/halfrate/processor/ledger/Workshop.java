package dev.halfrate.processor.ledger;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * What all partitions of a process share for their effects.
 *
 * @param gates by account
 * @param manifestsInMemory one permit per manifest that is spooled or reported from
 * @param downloads one permit per batch that is collected, which also has its manifest in memory; apart, because a slow
 *     vendor may take hours over one
 * @param spoolKilobytes disk for spool files
 */
record Workshop(
        Map<String, AccountGate> gates,
        ManifestReader manifests,
        BodyReader bodies,
        Path spoolDir,
        Semaphore manifestsInMemory,
        Semaphore downloads,
        Semaphore spoolKilobytes,
        int spoolKilobytesMax) {

    AccountGate gate(String account) {
        var gate = gates.get(account);
        if (gate == null) {
            throw new IllegalStateException("account '" + account
                    + "' has batches under way but is not configured: configure it until they are settled");
        }
        return gate;
    }
}
